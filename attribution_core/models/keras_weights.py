"""The weights of Keras Applications: find them, download them, check them.

The files are Keras's own ``.h5`` files. They are looked for where Keras keeps them, so that other
programs share them, and they are never moved or removed. Addresses and checksums are those in
`KERAS_APPLICATIONS`. Environment variables, where ``NAME`` is the network's in capitals, such as
``VGG16`` or ``RESNET50``:

``ATTRIBUTION_WEIGHTS_URL``
    The address of a folder, such as a mirror's, that has all the files under their names.
``ATTRIBUTION_NAME_WEIGHTS``
    The file to use for one network instead of the one in Keras's cache.
``ATTRIBUTION_NAME_URL``
    The address to download one network's file from.
``ATTRIBUTION_NAME_MD5``
    The checksum to expect instead of that of Keras's file.
``KERAS_HOME``
    Keras's own: the folder of its cache, instead of ``~/.keras``.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Generator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from attribution_core.known_networks import KerasApplication
from attribution_core.models.checksums import checksum_name, checksum_steps
from attribution_core.models.download import DownloadProgress, download
from attribution_core.models.download_task import DownloadError

__all__ = [
    "DownloadError",
    "DownloadProgress",
    "check_structure",
    "check_weights",
    "download_weights",
    "expected_checksum",
    "find_weights",
    "maximum_bytes_of",
    "weights_destination",
    "weights_url",
]


def weights_destination(
    network: KerasApplication, environment: Mapping[str, str] = os.environ
) -> Path:
    """Return where Keras's cache keeps the file, whether it is there or not.

    Parameters
    ----------
    network : KerasApplication
    environment : mapping
        ``KERAS_HOME`` is read.

    Returns
    -------
    pathlib.Path
        ``$KERAS_HOME/models/<file>``, else ``~/.keras/models/<file>``.
    """
    home = environment.get("KERAS_HOME")
    folder = Path(home).expanduser() if home else Path.home() / ".keras"
    return folder / "models" / network.file


def find_weights(
    network: KerasApplication, environment: Mapping[str, str] = os.environ
) -> Path | None:
    """Find the file on this machine.

    Parameters
    ----------
    network : KerasApplication
    environment : mapping
        ``ATTRIBUTION_NAME_WEIGHTS`` and ``KERAS_HOME`` are read.

    Returns
    -------
    pathlib.Path or None
        The file that the environment names, else the one in Keras's cache, else None. Its
        content has not been checked; see `check_weights`.

    Raises
    ------
    ValueError
        If ``ATTRIBUTION_NAME_WEIGHTS`` names something that is not a file.
    """
    variable = _variable(network, "WEIGHTS")
    named = environment.get(variable)
    if named:
        path = Path(named).expanduser()
        if not path.is_file():
            raise ValueError(
                f"{variable} names {path}, which is not a file; "
                "name the weights file, or unset the variable."
            )
        return path
    path = weights_destination(network, environment)
    return path if path.is_file() else None


def expected_checksum(
    network: KerasApplication, environment: Mapping[str, str] = os.environ
) -> str:
    """Return the checksum that the file must have.

    Parameters
    ----------
    network : KerasApplication
    environment : mapping
        ``ATTRIBUTION_NAME_MD5`` is read.

    Returns
    -------
    str
        32 hexadecimal digits in lower case, an MD5, or 64, a SHA-256; empty where Keras has none.

    Raises
    ------
    ValueError
        If the variable is set to anything but an MD5.
    """
    variable = _variable(network, "MD5")
    md5 = environment.get(variable)
    if not md5:
        return network.checksum
    if re.fullmatch(r"[0-9a-fA-F]{32}", md5) is None:
        raise ValueError(f"{variable} is {md5!r}; it must be an MD5 of 32 hexadecimal digits.")
    return md5.lower()


def weights_url(network: KerasApplication, environment: Mapping[str, str] = os.environ) -> str:
    """Return the address to download the file from.

    Parameters
    ----------
    network : KerasApplication
    environment : mapping
        ``ATTRIBUTION_NAME_URL`` and ``ATTRIBUTION_WEIGHTS_URL`` are read.

    Returns
    -------
    str
        The address that the environment names, else the file in the folder that it names, else
        Keras's own.
    """
    named = environment.get(_variable(network, "URL"))
    folder = environment.get("ATTRIBUTION_WEIGHTS_URL")
    return named or (f"{folder.rstrip('/')}/{network.file}" if folder else network.url)


def maximum_bytes_of(network: KerasApplication) -> int:
    """No more than this is ever downloaded: the parameters, and what HDF5 may need besides."""
    return network.parameters * 4 * 11 // 10 + 5_000_000


def download_weights(
    network: KerasApplication,
    url: str | None = None,
    destination: Path | None = None,
    checksum: str | None = None,
    *,
    environment: Mapping[str, str] = os.environ,
    maximum_bytes: int | None = None,
    connect_seconds: float = 5.0,
    stall_seconds: float = 15.0,
) -> Generator[DownloadProgress]:
    """Download the file in steps, resumably; see `attribution_core.models.download.download`.

    Where Keras has no checksum, the file must hold as many parameters as the network has.

    Parameters
    ----------
    network : KerasApplication
    url, destination, checksum : optional
        By default what `weights_url`, `weights_destination` and `expected_checksum` say.
    environment : mapping
        What those three read.
    maximum_bytes : int, optional
        Larger files are refused; by default as `maximum_bytes_of` says.
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
        If the address is not http or https or the checksum is none; at once.
    """
    return download(
        weights_url(network, environment) if url is None else url,
        weights_destination(network, environment) if destination is None else destination,
        expected_checksum(network, environment) if checksum is None else checksum,
        wrong_with=partial(_wrong_with, network),
        maximum_bytes=maximum_bytes_of(network) if maximum_bytes is None else maximum_bytes,
        connect_seconds=connect_seconds,
        stall_seconds=stall_seconds,
    )


def check_weights(
    network: KerasApplication, path: Path, environment: Mapping[str, str] = os.environ
) -> None:
    """Refuse a file that is truncated, corrupted or of another network.

    The checksum of the whole file takes up to a second; it alone sees a wrong value inside.

    Parameters
    ----------
    network : KerasApplication
    path : pathlib.Path
        The file.
    environment : mapping
        What `expected_checksum` reads.

    Raises
    ------
    ValueError
        If the file does not have the network's layout, or another checksum.
    """
    check_structure(network, path)
    expected = expected_checksum(network, environment)
    if not expected:
        return
    *_, found = checksum_steps(path, expected)
    if found != expected:
        raise ValueError(
            f"{path} is corrupted, or not the file that is expected: its {checksum_name(expected)} "
            f"is {found} instead of {expected}; download it again, or set "
            f"{_variable(network, 'MD5')} to trust it."
        )


def check_structure(network: KerasApplication, path: Path) -> None:
    """Refuse a file that cannot hold the network's weights; takes milliseconds.

    Parameters
    ----------
    network : KerasApplication
    path : pathlib.Path
        The file, as Keras 1 to 3 write ``.h5`` weights: the attribute ``layer_names`` lists the
        groups, and each group's ``weight_names`` lists the arrays in it.

    Raises
    ------
    ValueError
        If the file is missing, truncated, not HDF5, or holds another number of parameters.
    """
    if not path.is_file():
        raise ValueError(f"There is no file {path}; name the file with {network.title}'s weights.")
    wrong = _wrong_with(network, path)
    if wrong:
        raise ValueError(f"{path} {wrong}; Keras's own file {network.file} is needed.")


def _wrong_with(network: KerasApplication, path: Path) -> str:
    """What is wrong with a file, after the words of which file it is; empty where nothing is."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            found = _parameters(file)
    except OSError as error:
        return "is truncated" if "truncated" in str(error) else "is not a readable HDF5 file"
    except (KeyError, AttributeError, TypeError, ValueError, RuntimeError):
        return "does not hold weights in Keras's .h5 layout"
    if found != network.parameters:
        return f"holds {found:,} parameters, and {network.title} has {network.parameters:,}"
    return ""


def _parameters(file: Any) -> int:
    layers = (file[_text(name)] for name in file.attrs["layer_names"])
    return sum(
        math.prod(layer[_text(name)].shape)
        for layer in layers
        for name in layer.attrs["weight_names"]
    )


def _text(name: str | bytes) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)


def _variable(network: KerasApplication, what: str) -> str:
    return f"ATTRIBUTION_{network.name.upper()}_{what}"
