"""What a model file holds, looked at as data before Keras is asked to make anything of it."""

from __future__ import annotations

import io
import json
import math
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MOST_CONFIG_BYTES = 32 * 2**20
_TRIFLE_BYTES = 2**26
MOST_LAYERS = 5000
MOST_ARRAYS = 50_000
"""In the file of the parameters, groups included."""

MODEL_FILES = (".keras", ".h5", ".hdf5")

_CONFIG, _PARAMETERS = "config.json", "model.weights.h5"

_RUNS_CODE = (
    "Lambda",
    "TFOpLambda",
    "SlicingOpLambda",
    "TFSMLayer",
    "TorchModuleWrapper",
    "JaxLayer",
    "FlaxLayer",
    "__lambda__",
    "function",
)
_READS_FILES = ("StringLookup", "IntegerLookup", "TextVectorization")
"""Layers of text, whose vocabulary may be the name of a file on this machine."""

_MODULES = ("builtins", "keras")


@dataclass(frozen=True)
class Limits:
    """What a model file may ask for.

    Attributes
    ----------
    file_bytes : int
        Of the file, and of what it unpacks to.
    parameter_bytes : int
        Of the network's parameters.
    activation_bytes : int
        Of one layer's activations of one picture.
    """

    file_bytes: int = 8 * 2**30
    parameter_bytes: int = 8 * 2**30
    activation_bytes: int = 2**30


@dataclass(frozen=True)
class Description:
    """What a file says of a model.

    Attributes
    ----------
    config : dict
        As Keras writes it, without the settings of training.
    parameter_bytes : int
        Of all arrays in the file.
    """

    config: dict[str, Any]
    parameter_bytes: int

    @property
    def input_size(self) -> tuple[int, int] | None:
        """Height and width of the pictures that it takes; None where the first layer is silent."""
        for part, _ in _parts(self.config):
            inner = part.get("config")
            if not isinstance(inner, dict):
                continue
            shape = inner.get("batch_shape") or inner.get("batch_input_shape")
            if isinstance(shape, list) and len(shape) == 4:
                height, width = shape[1:3]
                if isinstance(height, int) and isinstance(width, int):
                    return height, width
        return None


def inspect(path: Path, name: str, limits: Limits) -> Description:
    """The description of a model in a file, once all of it is known to be data within limits.

    Neither Keras nor TensorFlow is imported, and no array is read.

    Parameters
    ----------
    path : pathlib.Path
    name : str
        The file's, for the sentence; what it ends in says how it is read.
    limits : Limits

    Returns
    -------
    Description

    Raises
    ------
    ValueError
        When it is no whole model, asks for code of its own, or for more than is allowed; one
        sentence says which, and names the layer.
    """
    size = path.stat().st_size
    if size > limits.file_bytes:
        raise ValueError(
            f"The file {name} has {size / 1e6:.0f} MB; at most {limits.file_bytes / 1e6:.0f} MB "
            "can be taken."
        )
    config, held = _read(path, name, limits)
    if not isinstance(config, dict) or not isinstance(config.get("config"), dict | list):
        raise ValueError(
            f"The model {name} cannot be loaded: its description is of no model; it should be a "
            "whole model saved by Keras."
        )
    # Training settings are not read, so a custom loss does no harm.
    config.pop("compile_config", None)
    for part, layer in _parts(config):
        _refuse_code(part, layer, name)
    layers = sum(1 for _ in layers_of(config))
    if layers > MOST_LAYERS:
        raise ValueError(f"The model {name} has {layers} layers; at most {MOST_LAYERS} are taken.")
    if held > limits.parameter_bytes:
        raise ValueError(
            f"The model {name} declares {held / 1e6:.0f} MB of parameters; at most "
            f"{limits.parameter_bytes / 1e6:.0f} MB can be taken."
        )
    return Description(config, held)


def layers_of(config: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The kind and the name of each layer in a description, those in networks within it too."""
    for part, _ in _parts(config):
        layers = part.get("layers")
        for layer in layers if isinstance(layers, list) else ():
            if isinstance(layer, dict) and isinstance(layer.get("class_name"), str):
                yield layer["class_name"], _layer_called(layer)


def _read(path: Path, name: str, limits: Limits) -> tuple[Any, int]:
    """The description in a file, and the bytes of all arrays that it declares."""
    try:
        with _opened(path, name, limits) as (config, parameters):
            read = json.loads(config)
            return read, _declared(parameters, name)
    except _Refused as refusal:
        raise ValueError(str(refusal)) from None
    except Exception:
        # Damage can make the readers of ZIP, JSON and HDF5 raise any type of error.
        raise ValueError(
            f"The file {name} has no description of a model; it should be a whole model saved by "
            "Keras, not weights alone."
        ) from None


@contextmanager
def _opened(path: Path, name: str, limits: Limits) -> Iterator[tuple[Any, Any]]:
    """The text of the description, and the open HDF5 file of the parameters."""
    import h5py

    if Path(name).suffix != ".keras":
        with h5py.File(path, "r") as file:
            yield file.attrs["model_config"], file
        return
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
        if unpacked > limits.file_bytes:
            raise _Refused(
                f"The file {name} unpacks to {unpacked / 1e6:.0f} MB; at most "
                f"{limits.file_bytes / 1e6:.0f} MB can be taken."
            )
        if unpacked > 100 * path.stat().st_size and unpacked > _TRIFLE_BYTES:
            # Trained parameters hardly become smaller when they are packed.
            raise _Refused(
                f"The file {name} unpacks to {unpacked / 1e6:.0f} MB, a hundred times what it "
                "holds; it should be a whole model saved by Keras."
            )
        with archive.open(_CONFIG) as entry:
            config = entry.read(MOST_CONFIG_BYTES + 1)
        if len(config) > MOST_CONFIG_BYTES:
            raise _Refused(
                f"The description of the model {name} is longer than "
                f"{MOST_CONFIG_BYTES // 2**20} MB."
            )
        if _PARAMETERS not in archive.namelist():
            yield config, None
            return
        with h5py.File(io.BytesIO(archive.read(_PARAMETERS)), "r") as file:
            yield config, file


def _declared(parameters: Any, name: str) -> int:
    """Bytes of all arrays of an open HDF5 file, which should hold nothing but arrays of its own."""
    import h5py

    if parameters is None:
        return 0
    total = met = 0
    groups = [parameters]
    while groups:
        group = groups.pop()
        for key in group:
            met += 1
            link = group.get(key, getlink=True)
            if not isinstance(link, h5py.HardLink) or met > MOST_ARRAYS:
                raise _Refused(
                    f"The file {name} refers to other files, or holds more than {MOST_ARRAYS} "
                    "arrays; it should be a whole model saved by Keras."
                )
            found = group[key]
            if isinstance(found, h5py.Group):
                groups.append(found)
            elif isinstance(found, h5py.Dataset):
                total += _bytes_of(found, name)
    return total


def _bytes_of(array: Any, name: str) -> int:
    """What an array takes in memory; refused where the file does not hold so much."""
    declared = math.prod(array.shape) * array.dtype.itemsize
    if array.external or array.is_virtual:
        raise _Refused(f"The file {name} refers to other files; it should be a whole model.")
    # Compressed parameters take half of the room, not a hundredth of it.
    if declared > 2**20 and declared > 100 * array.id.get_storage_size():
        raise _Refused(
            f"The model {name} declares an array of shape {tuple(array.shape)} that the file does "
            "not hold; it should be a whole model saved by Keras."
        )
    return int(declared)


class _Refused(Exception):
    """A sentence of why a file is not taken."""


def _parts(config: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """Each object of a description, with the name of the layer that it belongs to."""
    unread: list[tuple[Any, str]] = [(config, "")]
    while unread:
        part, layer = unread.pop()
        if isinstance(part, dict):
            layer = _layer_called(part) or layer
            yield part, layer
            unread.extend((each, layer) for each in part.values())
        elif isinstance(part, list):
            unread.extend((each, layer) for each in part)


def _layer_called(part: dict[str, Any]) -> str:
    """The name that an object gives itself as a layer; empty where it is none."""
    inner = part.get("config")
    named = inner.get("name") if isinstance(inner, dict) else None
    name = part.get("name") if named is None else named
    return name if isinstance(name, str) and isinstance(part.get("class_name"), str) else ""


def _refuse_code(part: dict[str, Any], layer: str, name: str) -> None:
    kind, module = part.get("class_name"), part.get("module")
    where = f", in its layer “{layer[:60]}”" if layer else ""
    shown = str(kind)[:60]
    foreign = isinstance(module, str) and module.split(".")[0] not in _MODULES
    custom = part.get("registered_name") not in (None, kind) and module is None
    if kind in _RUNS_CODE or foreign or custom:
        raise ValueError(
            f"The model {name} asks for code of its own ({shown}){where}, which is not run; it "
            "should consist of Keras's own layers."
        )
    if kind in _READS_FILES:
        raise ValueError(
            f"The model {name} reads text ({shown}){where}; it should classify pictures."
        )
