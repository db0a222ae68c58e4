"""Which layers and operations of Keras do what: by their class, if that is Keras's own."""

from __future__ import annotations

from typing import Any

import keras

from attribution_core.methods.walked_layers import Family

_ELEMENTWISE_LAYERS = ("LeakyReLU", "PReLU", "ELU")

_SIGMOIDS = ("sigmoid", "hard_sigmoid", "sparse_sigmoid")

_ACTIVATIONS = (
    *_SIGMOIDS,
    *("celu", "elu", "exponential", "gelu", "hard_shrink", "hard_silu", "hard_tanh", "leaky_relu"),
    *("log_sigmoid", "mish", "selu", "silu", "soft_shrink", "softplus", "softsign", "sparse_plus"),
    *("squareplus", "tanh", "tanh_shrink", "threshold"),
)
"""Functions of Keras that bend each value by itself, rectifiers not among them."""

_BENDING = (
    *("Celu", "Elu", "Exp", "Gelu", "HardShrink", "HardSigmoid", "HardSilu", "HardTanh"),
    *("LeakyRelu", "LogSigmoid", "Mish", "Selu", "Sigmoid", "Silu", "SoftShrink", "Softplus"),
    *("Softsign", "SparsePlus", "SparseSigmoid", "Squareplus", "Tanh", "TanhShrink", "Threshold"),
)
_MOVING = (
    *("Reshape", "Flatten", "Permute", "Transpose", "Squeeze", "ExpandDims", "GetItem", "Split"),
    *("Cropping2D", "CenterCrop", "ZeroPadding2D", "Pad", "Concatenate", "Identity", "Cast"),
    *("Dropout", "SpatialDropout2D", "GaussianDropout", "GaussianNoise", "AlphaDropout"),
    *("ActivityRegularization", "StochasticDepth", "RandomFlip", "RandomRotation", "RandomZoom"),
    *("RandomTranslation", "RandomContrast", "RandomBrightness", "RandomCrop"),
)
"""Outside training, those that are random leave values as they are."""

_SUMMING = (
    *("AveragePooling2D", "GlobalAveragePooling2D", "AveragePool", "Average", "Mean", "Sum"),
    "Resizing",
)

_OPERATIONS: dict[str, Family] = {
    **dict.fromkeys(_BENDING, "elementwise"),
    **dict.fromkeys(_MOVING, "movement"),
    **dict.fromkeys(_SUMMING, "sum"),
    **dict.fromkeys(("MaxPooling2D", "GlobalMaxPooling2D", "MaxPool"), "maximum"),
    **dict.fromkeys(("Rescaling", "Normalization", "LayerScale", "Negative"), "scaling"),
}

_ARITHMETIC: dict[str, tuple[Family, Family]] = {
    "Add": ("scaling", "sum"),
    "Subtract": ("scaling", "sum"),
    "Multiply": ("scaling", "product"),
    "Divide": ("scaling", "unknown"),
    "TrueDivide": ("scaling", "unknown"),
    "Maximum": ("elementwise", "unknown"),
    "Minimum": ("elementwise", "unknown"),
}
"""What stands between a value and a number, and between two values."""


def kind_of(operation: Any) -> str:
    """The class of a layer or operation, such as ``Conv2D``."""
    return type(operation).__name__


def is_keras_own(operation: Any) -> bool:
    """Whether a layer computes as its class in Keras does, with parameters that are not
    quantised."""
    known = type(operation).__module__.startswith("keras.")
    return known and not getattr(operation, "quantization_mode", None)


def family_of(operation: Any, tensors: int, positional: int) -> Family:
    """What a layer or operation without kernel and activation does.

    Parameters
    ----------
    operation : Keras layer or operation
    tensors : int
        How many values it is given.
    positional : int
        Which of its arguments is the first value: a number divided by a value is no scaling.
    """
    kind = kind_of(operation)
    if not is_keras_own(operation):
        return "unknown"
    if kind == "ReLU":
        plain = not operation.negative_slope and not operation.threshold
        return "rectifier" if plain else "elementwise"
    if kind in ("Relu", "Relu6"):
        return "rectifier"
    if kind in _ELEMENTWISE_LAYERS:
        return "elementwise"
    if kind == "Activation":
        return family_of_activation(operation.activation)
    if kind == "UpSampling2D":
        return "movement" if operation.interpolation == "nearest" else "sum"
    if kind in _ARITHMETIC:
        alone, several = _ARITHMETIC[kind]
        if tensors > 1:
            return several if several != "product" or tensors == 2 else "unknown"
        return "unknown" if "Divide" in kind and positional else alone
    return _OPERATIONS.get(kind, "unknown")


def family_of_activation(activation: Any) -> Family:
    """What an activation does: a function of Keras, or a layer in its place."""
    if isinstance(activation, keras.layers.Layer):
        return family_of(activation, 1, 0)
    if activation in (None, keras.activations.linear):
        return "movement"
    if activation in (keras.activations.relu, keras.activations.relu6):
        return "rectifier"
    known = getattr(activation, "__module__", "").startswith("keras.")
    named = getattr(activation, "__name__", "") in _ACTIVATIONS
    return "elementwise" if known and named else "unknown"


def most_of(operation: Any) -> float:
    """The largest value of a rectifier: a layer, an operation or an activation."""
    if kind_of(operation) == "Relu6" or operation is keras.activations.relu6:
        return 6.0
    most = getattr(operation, "max_value", None)
    return float("inf") if most is None else float(most)


def is_sigmoid(operation: Any) -> bool:
    """Whether a layer or operation ends in a sigmoid, or in Keras's piecewise linear one."""
    if kind_of(operation) in ("Sigmoid", "HardSigmoid", "SparseSigmoid"):
        return True
    return getattr(getattr(operation, "activation", None), "__name__", "") in _SIGMOIDS


def is_never_negative(operation: Any, family: Family) -> bool:
    """Whether what a layer gives cannot be below 0, whatever it is given."""
    return family == "rectifier" or (family == "elementwise" and is_sigmoid(operation))
