"""EfficientNet-Lite0, the ImageNet classifier that is shipped with the project.

The architecture is the one of M. Tan and Q. Le, "EfficientNet: Rethinking Model Scaling for
Convolutional Neural Networks" (2019), in the "lite" variant that Google published in 2020: no
squeeze-and-excitation, ReLU6 instead of swish. ``assets/models/README.md`` says where the
weights come from.

Layers are named as in EfficientNet: ``block3b`` is the second block of the third stage. A block
consists of ``…_expand``, ``…_expand_bn``, ``…_expand_relu`` (not in ``block1a``),
``…_depthwise``, ``…_depthwise_bn``, ``…_depthwise_relu``, ``…_project``, ``…_project_bn`` and,
where there is a skip connection, ``…_add``. Before them come ``input``, ``stem_conv``,
``stem_bn`` and ``stem_relu``, after them ``top_conv``, ``top_bn``, ``top_relu``, ``pool`` and
``logits``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attribution_core.assets import ASSETS
from attribution_core.models.initializers import carry_initializers
from attribution_core.models.pixels import as_floating

if TYPE_CHECKING:
    import keras

INPUT_SIZE = 224
"""Height and width of the input, in pixels."""

CLASSES = 1000
"""Number of classes, in the order of ILSVRC 2012."""

WEIGHTS = ASSETS / "models" / "efficientnet_lite0.weights.h5"
"""The shipped weights."""


@dataclass(frozen=True)
class Stage:
    """A stage of inverted residual blocks.

    Attributes
    ----------
    expansion : int
        Channels inside a block, as a multiple of the channels that enter it.
    filters : int
        Channels that leave each block.
    repeats : int
        Number of blocks.
    kernel : int
        Side of the depthwise kernel.
    stride : int
        Stride of the first block; that of the others is 1.
    """

    expansion: int
    filters: int
    repeats: int
    kernel: int
    stride: int


STAGES = (
    Stage(expansion=1, filters=16, repeats=1, kernel=3, stride=1),
    Stage(expansion=6, filters=24, repeats=2, kernel=3, stride=2),
    Stage(expansion=6, filters=40, repeats=2, kernel=5, stride=2),
    Stage(expansion=6, filters=80, repeats=3, kernel=3, stride=2),
    Stage(expansion=6, filters=112, repeats=3, kernel=5, stride=1),
    Stage(expansion=6, filters=192, repeats=4, kernel=5, stride=2),
    Stage(expansion=6, filters=320, repeats=1, kernel=3, stride=1),
)
"""The body of the network, from the input to the top."""


def preprocess(images: Any) -> Any:
    """Scale pixels to the range that the network was trained on, (x - 127) / 128.

    Parameters
    ----------
    images : numpy.ndarray or tensor
        RGB in 0..255, any shape. Integers become float32, floating types are kept.

    Returns
    -------
    numpy.ndarray or tensor
        The same shape, in [-0.9922, 1]; differentiable where ``images`` is a tensor.
    """
    return (as_floating(images) - 127.0) / 128.0


def build() -> keras.Model:
    """Build the network with all its weights at zero.

    Its kernels have the initialisers of M. Tan's and Q. Le's own code, as in `keras.applications`:
    normal with variance 2 / fan-out for convolutions, uniform with variance 1 / (3 fan-out) for the
    dense layer.

    Returns
    -------
    keras.Model
        Functional, float32 (n, 224, 224, 3) as :func:`preprocess` returns it -> float32
        (n, 1000), the logits. 4,694,024 parameters, the moving statistics of the batch
        normalisation included.
    """
    from keras import Input, Model, initializers, layers

    inputs = Input((INPUT_SIZE, INPUT_SIZE, 3), name="input")
    flow = layers.Conv2D(
        32,
        3,
        2,
        padding="same",
        use_bias=False,
        kernel_initializer="zeros",
        name="stem_conv",
    )(inputs)
    flow = _normalised(flow, "stem_bn")
    flow = layers.ReLU(6.0, name="stem_relu")(flow)
    for number, stage in enumerate(STAGES, start=1):
        for repeat in range(stage.repeats):
            name = f"block{number}{'abcdefgh'[repeat]}"
            flow = _block(flow, stage, stage.stride if repeat == 0 else 1, name)
    flow = _pointwise(flow, 1280, "top_conv")
    flow = _normalised(flow, "top_bn")
    flow = layers.ReLU(6.0, name="top_relu")(flow)
    flow = layers.GlobalAveragePooling2D(name="pool")(flow)
    logits = layers.Dense(CLASSES, kernel_initializer="zeros", name="logits")(flow)
    network = Model(inputs, logits, name="efficientnet_lite0")
    carry_initializers(
        network,
        convolutions=initializers.VarianceScaling(2.0, "fan_out", "truncated_normal"),
        dense=initializers.VarianceScaling(1 / 3, "fan_out", "uniform"),
    )
    return network


def load(weights: Path | None = None) -> keras.Model:
    """Build the network and read its weights.

    Parameters
    ----------
    weights : pathlib.Path, optional
        A ``.weights.h5`` file; by default the shipped one.

    Returns
    -------
    keras.Model
        As :func:`build` describes it.

    Raises
    ------
    ValueError
        If the file is missing, is no HDF5 file or holds the weights of another network.
    """
    path = WEIGHTS if weights is None else weights
    if not path.is_file():
        raise ValueError(f"There is no weights file {path}; restore it, or name another file.")
    model = build()
    try:
        model.load_weights(path)
    except (OSError, KeyError, ValueError) as error:
        raise ValueError(
            f"{path} does not hold the weights of EfficientNet-Lite0; "
            "a file written by assets/models/convert_efficientnet_lite0.py is needed."
        ) from error
    return model


def _block(flow: Any, stage: Stage, stride: int, name: str) -> Any:
    from keras import layers

    entering = flow
    channels = int(flow.shape[-1])
    if stage.expansion != 1:
        flow = _pointwise(flow, channels * stage.expansion, f"{name}_expand")
        flow = _normalised(flow, f"{name}_expand_bn")
        flow = layers.ReLU(6.0, name=f"{name}_expand_relu")(flow)
    flow = layers.DepthwiseConv2D(
        stage.kernel,
        stride,
        padding="same",
        use_bias=False,
        depthwise_initializer="zeros",
        name=f"{name}_depthwise",
    )(flow)
    flow = _normalised(flow, f"{name}_depthwise_bn")
    flow = layers.ReLU(6.0, name=f"{name}_depthwise_relu")(flow)
    flow = _pointwise(flow, stage.filters, f"{name}_project")
    flow = _normalised(flow, f"{name}_project_bn")
    if stride == 1 and channels == stage.filters:
        flow = layers.Add(name=f"{name}_add")([flow, entering])
    return flow


def _pointwise(flow: Any, filters: int, name: str) -> Any:
    from keras import layers

    return layers.Conv2D(filters, 1, use_bias=False, kernel_initializer="zeros", name=name)(flow)


def _normalised(flow: Any, name: str) -> Any:
    from keras import layers

    return layers.BatchNormalization(epsilon=1e-3, name=name)(flow)
