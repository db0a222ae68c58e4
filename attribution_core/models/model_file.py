"""Model files from anywhere: read as data, never as code."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

MOST_CONFIG_BYTES = 32 * 2**20
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


def load_model_file(path: Path) -> keras.Model:
    """Load a ``.keras`` or ``.h5`` model whose layers are all Keras's own.

    Raises
    ------
    ValueError
        When there is no such file, it is not a whole Keras model, or it asks for code of its own (a
        Lambda layer, a custom class), which is never run.
    """
    if not path.is_file() or path.suffix not in (".keras", ".h5", ".hdf5"):
        raise ValueError(
            f"There is no model file {path}; name a built-in model or an existing .keras or .h5 "
            "file."
        )
    config = _read_config(path)
    if isinstance(config, dict):
        # Training settings are not read (compile=False), so a custom loss does no harm.
        config.pop("compile_config", None)
    for part in _parts(config):
        _refuse_code(part, path)
    import keras

    try:
        model = keras.models.load_model(path, compile=False, safe_mode=True)
    except Exception as error:
        # Damage can make Keras raise any type of error.
        raise ValueError(
            f"The model {path.name} cannot be loaded ({type(error).__name__}: "
            f"{str(error).splitlines()[0][:200] if str(error) else 'no reason given'}); "
            "it should be a whole model saved by Keras."
        ) from None
    if not isinstance(model, keras.Model):
        raise ValueError(f"The file {path.name} holds no model; save a whole model with Keras.")
    return model


def _read_config(path: Path) -> Any:
    try:
        if path.suffix == ".keras":
            with zipfile.ZipFile(path) as archive:
                entry = archive.getinfo("config.json")
                with archive.open(entry) as config:
                    return json.loads(config.read(MOST_CONFIG_BYTES))
        import h5py

        with h5py.File(path, "r") as file:
            return json.loads(file.attrs["model_config"])
    except Exception:
        # Damage can make the readers of zip, JSON and HDF5 raise any type of error.
        raise ValueError(
            f"The file {path.name} has no description of a model; it should be a whole model "
            "saved by Keras, not weights alone."
        ) from None


def _parts(config: Any) -> Iterator[dict[str, Any]]:
    unread = [config]
    while unread:
        part = unread.pop()
        if isinstance(part, dict):
            yield part
            unread.extend(part.values())
        elif isinstance(part, list):
            unread.extend(part)


def _refuse_code(part: dict[str, Any], path: Path) -> None:
    name, module = part.get("class_name"), part.get("module")
    custom = isinstance(module, str) and not (
        module == "builtins" or module == "keras" or module.startswith("keras.")
    )
    if name in _RUNS_CODE or custom:
        raise ValueError(
            f"The model {path.name} asks for code of its own ({name}), which is not run; "
            "it should consist of Keras's own layers."
        )
