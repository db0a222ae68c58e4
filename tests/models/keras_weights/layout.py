"""A file in Keras's layout, of as many parameters as a test wants."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np


def write_layout(path: Path, parameters: int) -> None:
    """Write a file in Keras's layout, of two arrays that take no space."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = np.array(["input_1", "layer"], "S")
        file.create_group("input_1").attrs["weight_names"] = np.array([], "S1")
        group = file.create_group("layer")
        group.attrs["weight_names"] = np.array(["layer_W:0", "layer_b:0"], "S")
        for name, length in (("layer_W:0", parameters - 1000), ("layer_b:0", 1000)):
            group.create_dataset(name, (length,), "f4", chunks=(1000,))
