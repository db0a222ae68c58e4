"""Weights of a network in an ``.npz`` file, as the small shipped ones are kept."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras


def read_npz_weights(network: keras.Model, path: Path, *, of: str, written_by: str) -> None:
    """Give a network the weights of a file. Reading it runs no code.

    Parameters
    ----------
    network : keras.Model
        Every layer that has weights has a kernel and a bias.
    path : pathlib.Path
        An ``.npz`` file with ``<layer>/kernel`` and ``<layer>/bias`` for each of these layers.
    of, written_by : str
        What the network is called, and which script writes such a file, for the error message.

    Raises
    ------
    ValueError
        If the file is missing, is no ``.npz`` file or holds the weights of another network.
    """
    if not path.is_file():
        raise ValueError(f"There is no weights file {path}; restore it, or name another file.")
    try:
        with np.load(path, allow_pickle=False) as arrays:
            for layer in network.layers:
                if layer.weights:
                    parts = (arrays[f"{layer.name}/{part}"] for part in ("kernel", "bias"))
                    layer.set_weights([part.astype(np.float32) for part in parts])
    except (OSError, KeyError, ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(
            f"{path} does not hold the weights of {of}; a file written by {written_by} is needed."
        ) from error
