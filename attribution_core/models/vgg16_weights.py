"""VGG16's ImageNet weights: find them, download them, check them.

The file is Keras's ``vgg16_weights_tf_dim_ordering_tf_kernels.h5``, about 553 MB. It is looked
for where Keras keeps it, so that other programs share it, and it is never moved or removed. Its
address and its checksum are those in ``keras.applications.vgg16``. Environment variables:

``ATTRIBUTION_VGG16_WEIGHTS``
    The file to use instead of the one in Keras's cache.
``ATTRIBUTION_VGG16_URL``
    The address to download from instead of Keras's, such as a mirror's.
``ATTRIBUTION_VGG16_MD5``
    The checksum to expect instead of that of Keras's file.
``KERAS_HOME``
    Keras's own: the folder of its cache, instead of ``~/.keras``.
"""

from __future__ import annotations

import os
import re
from collections.abc import Generator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from attribution_core.models.download import (
    DownloadError,
    DownloadProgress,
    download,
    md5_steps,
)

__all__ = [
    "FILE_NAME",
    "KERAS_MD5",
    "LAYER_SHAPES",
    "MAXIMUM_BYTES",
    "DownloadError",
    "DownloadProgress",
    "check_structure",
    "check_weights",
    "download_weights",
    "expected_md5",
    "find_weights",
    "weights_destination",
    "weights_url",
]

FILE_NAME = "vgg16_weights_tf_dim_ordering_tf_kernels.h5"
"""The name of the file in Keras's cache."""

KERAS_MD5 = "64373286793e3c8b2b4e3219cbf3544b"
"""The file's MD5, as in ``keras.applications.vgg16``."""

MAXIMUM_BYTES = 600_000_000
"""No more than this is ever downloaded; the file has about 553 MB."""

_CHANNELS = (3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512)

LAYER_SHAPES: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = (
    *(((3, 3, entering, leaving), (leaving,)) for entering, leaving in pairwise(_CHANNELS)),
    ((7 * 7 * 512, 4096), (4096,)),
    ((4096, 4096), (4096,)),
    ((4096, 1000), (1000,)),
)
"""Shapes of kernel and bias of the 16 layers with weights, from the input to the classes.

K. Simonyan and A. Zisserman, "Very Deep Convolutional Networks for Large-Scale Image
Recognition" (2014), table 1, column D.
"""


def weights_destination(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where Keras's cache keeps the file, whether it is there or not.

    Parameters
    ----------
    environment : mapping
        ``KERAS_HOME`` is read.

    Returns
    -------
    pathlib.Path
        ``$KERAS_HOME/models/<file>``, else ``~/.keras/models/<file>``.
    """
    home = environment.get("KERAS_HOME")
    folder = Path(home).expanduser() if home else Path.home() / ".keras"
    return folder / "models" / FILE_NAME


def find_weights(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Find the file on this machine.

    Parameters
    ----------
    environment : mapping
        ``ATTRIBUTION_VGG16_WEIGHTS`` and ``KERAS_HOME`` are read.

    Returns
    -------
    pathlib.Path or None
        The file that the environment names, else the one in Keras's cache, else None. Its
        content has not been checked; see `check_weights`.

    Raises
    ------
    ValueError
        If ``ATTRIBUTION_VGG16_WEIGHTS`` names something that is not a file.
    """
    named = environment.get("ATTRIBUTION_VGG16_WEIGHTS")
    if named:
        path = Path(named).expanduser()
        if not path.is_file():
            raise ValueError(
                f"ATTRIBUTION_VGG16_WEIGHTS names {path}, which is not a file; "
                "name the weights file, or unset the variable."
            )
        return path
    path = weights_destination(environment)
    return path if path.is_file() else None


def expected_md5(environment: Mapping[str, str] = os.environ) -> str:
    """Return the checksum that the file must have.

    Parameters
    ----------
    environment : mapping
        ``ATTRIBUTION_VGG16_MD5`` is read.

    Returns
    -------
    str
        32 hexadecimal digits in lower case.

    Raises
    ------
    ValueError
        If the variable is set to anything else.
    """
    md5 = environment.get("ATTRIBUTION_VGG16_MD5") or KERAS_MD5
    if re.fullmatch(r"[0-9a-fA-F]{32}", md5) is None:
        raise ValueError(
            f"ATTRIBUTION_VGG16_MD5 is {md5!r}; it must be an MD5 of 32 hexadecimal digits."
        )
    return md5.lower()


def weights_url(environment: Mapping[str, str] = os.environ) -> str:
    """Return the address to download the file from.

    Parameters
    ----------
    environment : mapping
        ``ATTRIBUTION_VGG16_URL`` is read.

    Returns
    -------
    str
        The address that the environment names, else Keras's own, for which Keras is imported.
    """
    named = environment.get("ATTRIBUTION_VGG16_URL")
    if named:
        return named
    from keras.src.applications.vgg16 import WEIGHTS_PATH

    return str(WEIGHTS_PATH)


def download_weights(
    url: str | None = None,
    destination: Path | None = None,
    md5: str | None = None,
    *,
    environment: Mapping[str, str] = os.environ,
    maximum_bytes: int = MAXIMUM_BYTES,
    connect_seconds: float = 5.0,
    stall_seconds: float = 15.0,
) -> Generator[DownloadProgress]:
    """Download the file in steps, resumably; see `attribution_core.models.download.download`.

    Parameters
    ----------
    url, destination, md5 : optional
        By default what `weights_url`, `weights_destination` and `expected_md5` say.
    environment : mapping
        What those three read.
    maximum_bytes : int
        Larger files are refused.
    connect_seconds, stall_seconds : float
        How long to wait for the server's answer, and for more data once it flows.

    Returns
    -------
    generator of DownloadProgress
        One entry a step. Closing it stops the download and keeps the part for the next attempt;
        it raises `DownloadError` where the download fails.

    Raises
    ------
    ValueError
        If the address is not http or https or the checksum is not an MD5; at once.
    """
    return download(
        weights_url(environment) if url is None else url,
        weights_destination(environment) if destination is None else destination,
        expected_md5(environment) if md5 is None else md5,
        maximum_bytes=maximum_bytes,
        connect_seconds=connect_seconds,
        stall_seconds=stall_seconds,
    )


def check_weights(path: Path, md5: str | None = None) -> None:
    """Refuse a file that is truncated, corrupted or of another network.

    The checksum of the whole file takes about a second; it alone sees a wrong value inside.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    md5 : str, optional
        The checksum to expect; by default what `expected_md5` says.

    Raises
    ------
    ValueError
        If the file does not have VGG16's layout, or another checksum.
    """
    check_structure(path)
    expected = expected_md5() if md5 is None else md5.lower()
    *_, found = md5_steps(path)
    if found != expected:
        raise ValueError(
            f"{path} is corrupted, or not the file that is expected: its MD5 is {found} instead "
            f"of {expected}; download it again, or set ATTRIBUTION_VGG16_MD5 to trust it."
        )


def check_structure(path: Path) -> None:
    """Refuse a file that does not have VGG16's layout; takes milliseconds.

    Parameters
    ----------
    path : pathlib.Path
        The file, as Keras 1 to 3 write ``.h5`` weights: the attribute ``layer_names`` lists the
        groups, and each group's ``weight_names`` lists the arrays in it.

    Raises
    ------
    ValueError
        If the file is missing, truncated, not HDF5, or holds arrays of other shapes.
    """
    import h5py

    if not path.is_file():
        raise ValueError(f"There is no file {path}; name the file with VGG16's weights.")
    try:
        with h5py.File(path, "r") as file:
            shapes = _shapes(file)
    except OSError as error:
        problem = "is truncated" if "truncated" in str(error) else "is not a readable HDF5 file"
        raise ValueError(f"{path} {problem}; download VGG16's weights again.") from error
    except (KeyError, AttributeError, TypeError, ValueError, RuntimeError) as error:
        raise ValueError(
            f"{path} does not hold weights in Keras's .h5 layout; "
            f"Keras's own file {FILE_NAME} is needed."
        ) from error
    if shapes != LAYER_SHAPES:
        raise ValueError(
            f"{path} holds the weights of another network than VGG16 with 1000 classes; "
            f"Keras's own file {FILE_NAME} is needed."
        )


def _shapes(file: Any) -> tuple[tuple[tuple[int, ...], ...], ...]:
    layers = (file[_text(name)] for name in file.attrs["layer_names"])
    found = (
        tuple(tuple(layer[_text(name)].shape) for name in layer.attrs["weight_names"])
        for layer in layers
    )
    return tuple(shapes for shapes in found if shapes)


def _text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)
