"""Small networks of every kind, each with its plain path: what it is made of, in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import keras
from keras import layers

from attribution_core.scores import Link, Quantity

Flow = Callable[[Any], Any]

SHAPE = (12, 10, 3)
CLASSES = 5


@dataclass(frozen=True)
class Made:
    """A network and what it is made of.

    Attributes
    ----------
    network : keras.Model
        As its owner has it.
    planes : mapping of name to callable
        The layers to look at, each from the one before, channels last; the first one from pictures
        in colour.
    logits : callable
        From the last of them to what the probabilities are made of.
    tolerance : float
        Of its number type, as a share of the largest value.
    link : Link
        From logits, or log-probabilities, to its outputs.
    quantity : Quantity
        What its outputs are made of.
    input_size : (height, width) or None
        To be asked for, of a network that takes any size.
    """

    network: keras.Model
    planes: Mapping[str, Flow]
    logits: Flow
    tolerance: float = 1e-5
    link: Link = "softmax"
    input_size: tuple[int, int] | None = None
    quantity: Quantity = "logit"


def drawn(seed: int, spread: float = 0.4) -> keras.initializers.Initializer:
    return keras.initializers.RandomNormal(stddev=spread, seed=seed)


def convolution(name: str, seed: int, filters: int = 4, size: int = 3, **settings: Any) -> Any:
    settings = {"padding": "same", "activation": "relu", **settings}
    return layers.Conv2D(filters, size, kernel_initializer=drawn(seed), name=name, **settings)


def dense(seed: int, units: int = CLASSES, activation: Any = None) -> layers.Dense:
    return layers.Dense(
        units,
        activation,
        kernel_initializer=drawn(seed),
        bias_initializer=drawn(seed + 50),
        name=f"dense_{seed}",
    )


def chain(*flows: Flow) -> Flow:
    def through(points: Any) -> Any:
        for flow in flows:
            points = flow(points)
        return points

    return through


def low() -> Flow:
    """From pictures to a plane of four channels."""
    return chain(layers.Rescaling(1 / 255, name="scaled"), convolution("low", 1))


# The blocks, each from four channels to a layer "block".


def separable() -> Flow:
    return layers.SeparableConv2D(
        5,
        3,
        activation="relu",
        depthwise_initializer=drawn(2),
        pointwise_initializer=drawn(3),
        name="block",
    )


def depthwise() -> Flow:
    return layers.DepthwiseConv2D(
        3, depth_multiplier=2, depthwise_initializer=drawn(2), name="block"
    )


def residual() -> Flow:
    inner, add = convolution("inner", 2), layers.Add(name="block")
    return lambda plane: add([plane, inner(plane)])


def squeeze_and_excite() -> Flow:
    mean, few = layers.GlobalAveragePooling2D(keepdims=True), convolution("few", 2, 2, 1)
    gates = convolution("gates", 3, 4, 1, activation="sigmoid")
    times = layers.Multiply(name="block")
    return lambda plane: times([plane, gates(few(mean(plane)))])


def branches() -> Flow:
    left, right = convolution("left", 2, 3, 1), convolution("right", 3, 3, 5)
    joined = layers.Concatenate(name="block")
    return lambda plane: joined([left(plane), right(plane)])


def attention() -> Flow:
    """As in a vision transformer: patches, layer norm, self-attention, a plane again."""
    patches = convolution("patches", 2, 8, 2, strides=2, padding="valid", activation="gelu")
    row, norm = layers.Reshape((30, 8)), layers.LayerNormalization()
    attend = layers.MultiHeadAttention(2, 4, kernel_initializer=drawn(3))
    add, plane_again = layers.Add(), layers.Reshape((6, 5, 8), name="block")

    def flow(plane: Any) -> Any:
        tokens = row(patches(plane))
        known = norm(tokens)
        return plane_again(add([tokens, attend(known, known)]))

    return flow


def convnext() -> Flow:
    deep = layers.DepthwiseConv2D(5, padding="same", depthwise_initializer=drawn(2))
    wide, narrow = dense(3, 16, "gelu"), dense(4, 4)
    norm, add = layers.LayerNormalization(), layers.Add(name="block")
    return lambda plane: add([plane, narrow(wide(norm(deep(plane))))])


def normalised() -> Flow:
    norm = layers.BatchNormalization(
        beta_initializer=drawn(3),
        moving_mean_initializer=drawn(4),
        moving_variance_initializer="ones",
        name="normalised",
    )
    return chain(convolution("inner", 2, activation=None), norm, layers.ReLU(name="block"))


def reused() -> Flow:
    relu, first = layers.ReLU(), convolution("first", 2, activation=None)
    second = convolution("second", 3, activation=None)
    return chain(first, relu, second, relu, layers.MaxPooling2D(name="block"))


def augmented() -> Flow:
    """Random layers, which do nothing but in training."""
    random = [
        layers.RandomFlip(),
        layers.RandomRotation(0.1),
        layers.GaussianNoise(0.3),
        layers.SpatialDropout2D(0.5),
    ]
    end, none = convolution("block", 2), chain(*random)
    return lambda plane: end(none(plane) if keras.backend.is_keras_tensor(plane) else plane)


def operations() -> Flow:
    inner = convolution("inner", 2)
    end = convolution("block", 3)
    return lambda plane: end(keras.ops.maximum(inner(plane) * 2.0 - 0.3, 0.1) + plane)


BLOCKS: Mapping[str, Callable[[], Flow]] = {
    "depthwise": depthwise,
    "separable": separable,
    "residual": residual,
    "squeeze and excite": squeeze_and_excite,
    "branches": branches,
    "dilated": lambda: convolution("block", 2, dilation_rate=2),
    "grouped": lambda: convolution("block", 2, groups=2),
    "strided": lambda: convolution("block", 2, strides=2, padding="valid"),
    "transposed": lambda: layers.Conv2DTranspose(
        4, 3, 2, kernel_initializer=drawn(2), activation="relu", name="block"
    ),
    "upsampled": lambda: chain(
        layers.MaxPooling2D(), layers.UpSampling2D(interpolation="bilinear", name="block")
    ),
    "attention": attention,
    "convnext": convnext,
    "batch norm": normalised,
    "group norm": lambda: layers.GroupNormalization(2, name="block"),
    "layer norm": lambda: layers.LayerNormalization(axis=(1, 2, 3), name="block"),
    "leaky relu": lambda: chain(
        convolution("inner", 2, activation=None), layers.LeakyReLU(0.2, name="block")
    ),
    "prelu": lambda: chain(
        convolution("inner", 2, activation=None),
        layers.PReLU(drawn(3), shared_axes=(1, 2), name="block"),
    ),
    "swish": lambda: convolution("block", 2, activation="swish"),
    "reused relu": reused,
    "augmentation": augmented,
    "operations": operations,
    "mean pooling": lambda: layers.AveragePooling2D((2, 2), name="block"),
}


def through_block(block: Flow, *, flat: bool = False, end: str | None = None) -> Made:
    """Pictures, a plane, a block, and a dense layer with softmax at the end."""
    first, classes = low(), dense(9)
    level = layers.Flatten() if flat else layers.GlobalAveragePooling2D()
    entry = keras.Input(SHAPE)
    softmax = layers.Softmax(dtype=end)(classes(level(block(first(entry)))))
    return Made(keras.Model(entry, softmax), {"low": first, "block": block}, chain(level, classes))


# Networks within networks.


def base(channels: int = 3) -> tuple[keras.Model, Flow, Flow]:
    """A pretrained model to build on, and the two planes that it consists of."""
    conv = convolution("conv", 5, 6)
    norm = layers.BatchNormalization(moving_mean_initializer=drawn(6), name="norm")
    deep = convolution("deep", 7, channels)
    entry = keras.Input((*SHAPE[:2], channels))
    return keras.Model(entry, deep(norm(conv(entry))), name="base"), conv, chain(norm, deep)


def transferred() -> Made:
    model, conv, deep = base()
    model.trainable = False
    scaled, mean = layers.Rescaling(1 / 255, name="scaled"), layers.GlobalAveragePooling2D()
    classes = dense(9, activation="softmax")
    network = keras.Sequential([keras.Input(SHAPE), scaled, model, mean, classes])
    planes = {"base/conv": chain(scaled, conv), "base/deep": deep}
    return Made(network, planes, chain(mean, without_activation(classes)))


def not_trained() -> Made:
    """As Keras's guide to transfer learning has it, with augmentation in front."""
    model, conv, deep = base()
    entry = keras.Input(SHAPE)
    augmentation = keras.Sequential([layers.RandomFlip(), layers.RandomRotation(0.1)])
    classes = dense(9)
    scaled = augmentation(entry) / 255.0
    flat = layers.Dropout(0.2)(layers.Flatten()(model(scaled, training=False)))
    network = keras.Model(entry, layers.Softmax()(classes(flat)))
    planes = {"base/conv": chain(lambda pictures: pictures / 255.0, conv), "base/deep": deep}
    return Made(network, planes, chain(layers.Flatten(), classes))


def nested_twice() -> Made:
    model, conv, deep = base()
    first, classes = convolution("low", 1, 3), dense(9)
    entry = keras.Input(SHAPE)
    outer = keras.Model(entry, model(first(entry / 255.0)), name="outer")
    network = keras.Sequential([outer, layers.Flatten(), classes, layers.Softmax()])
    planes = {
        "outer/low": chain(lambda pictures: pictures / 255.0, first),
        "outer/base/conv": conv,
        "outer/base/deep": deep,
    }
    return Made(network, planes, chain(layers.Flatten(), classes))


def of_sequentials() -> Made:
    """As Teachable Machine makes them: all layers are in models of models, the end too."""
    model, conv, deep = base()
    classes = dense(9)
    features = keras.Sequential([model, layers.GlobalAveragePooling2D()], name="features")
    hidden = dense(8, 7, "relu")
    ends = keras.Sequential([hidden, classes, layers.Softmax()], name="ends")
    network = keras.Sequential([keras.Input(SHAPE), features, ends])
    planes = {"features/base/conv": conv, "features/base/deep": deep}
    return Made(network, planes, chain(layers.GlobalAveragePooling2D(), hidden, classes))


def called_twice() -> Made:
    """The same model after itself: each call's layers have a name of their own."""
    model, conv, deep = base()
    classes = dense(9)
    entry = keras.Input(SHAPE)
    end = layers.Softmax()(classes(layers.Flatten()(model(model(entry / 255.0)))))
    planes = {
        "base/conv": chain(lambda pictures: pictures / 255.0, conv),
        "base/deep": deep,
        "base:2/conv": conv,
        "base:2/deep": deep,
    }
    return Made(keras.Model(entry, end), planes, chain(layers.Flatten(), classes))


def siamese() -> Made:
    """The same model on two pictures made of one; only what stands above both is a cut."""
    model, conv, deep = base()
    classes, joined = dense(9), layers.Concatenate(name="joined")
    entry = keras.Input(SHAPE)

    def both(features: Flow) -> Flow:
        return lambda pictures: joined([features(pictures / 255.0), features(pictures / -255.0)])

    end = layers.Softmax()(classes(layers.Flatten()(both(model)(entry))))
    planes = {"joined": both(chain(conv, deep))}
    return Made(keras.Model(entry, end), planes, chain(layers.Flatten(), classes))


def of_two_outputs() -> Made:
    """A base whose two planes are both taken on."""
    conv, deep = convolution("conv", 5, 6), convolution("deep", 7, 6)
    inside = keras.Input(SHAPE)
    plane = conv(inside)
    model = keras.Model(inside, {"low": plane, "high": deep(plane)}, name="base")
    classes, add, entry = dense(9), layers.Add(name="sum"), keras.Input(SHAPE)
    scaled = layers.Rescaling(1 / 255)
    found = model(scaled(entry))
    total = add([found["low"], found["high"]])
    network = keras.Model(entry, layers.Softmax()(classes(layers.Flatten()(total))))
    planes = {
        "base/conv": chain(scaled, conv),
        "sum": lambda plane: add([plane, deep(plane)]),
    }
    return Made(network, planes, chain(layers.Flatten(), classes))


class OfItsOwn(keras.Model):
    """A model that computes its outputs in its own way stays one layer."""

    def __init__(self, conv: Flow, **settings: Any) -> None:
        super().__init__(**settings)
        self.conv = conv

    def call(self, inputs: Any) -> Any:
        return self.conv(inputs) * 2.0

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "conv": keras.saving.serialize_keras_object(self.conv)}

    @classmethod
    def from_config(cls, config: dict[str, Any], **_: Any) -> OfItsOwn:
        conv = keras.saving.deserialize_keras_object(config.pop("conv"))
        return cls(conv, **config)


def of_its_own() -> Made:
    conv, classes = convolution("conv", 5, 6), dense(9)
    scaled = layers.Rescaling(1 / 255)
    network = keras.Sequential(
        [
            keras.Input(SHAPE),
            scaled,
            OfItsOwn(conv, name="own"),
            layers.Flatten(),
            classes,
            layers.Softmax(),
        ]
    )
    own = chain(scaled, conv, lambda plane: plane * 2.0)
    return Made(network, {"own": own}, chain(layers.Flatten(), classes))


def without_activation(layer: layers.Dense) -> Flow:
    return lambda points: keras.ops.matmul(points, layer.kernel) + layer.bias


NESTED: Mapping[str, Callable[[], Made]] = {
    "transfer learning": transferred,
    "a base not trained": not_trained,
    "nested in nested": nested_twice,
    "sequentials of sequentials": of_sequentials,
    "a base called twice": called_twice,
    "siamese": siamese,
    "a base of two outputs": of_two_outputs,
    "a model of its own": of_its_own,
}

# Number types.


def of_type(policy: str, tolerance: float, end: str | None = "float32") -> Made:
    """A residual network in a type, its softmax in float32 as Keras advises."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        made = through_block(residual(), flat=True, end=end)
    finally:
        keras.config.set_dtype_policy(before)
    return replace(made, tolerance=tolerance)


def quantised() -> Made:
    """Dense layers of 8-bit weights, which Keras differentiates as if they were not rounded."""
    made = through_block(residual(), flat=True)
    made.network.quantize("int8")
    return replace(made, tolerance=0.01)


def of_bytes() -> Made:
    """A network that asks for whole numbers."""
    first, classes, block = low(), dense(9), residual()
    entry = keras.Input(SHAPE, dtype="uint8")
    end = layers.Softmax()(classes(layers.Flatten()(block(first(entry)))))
    planes = {"low": first, "block": block}
    return Made(keras.Model(entry, end), planes, chain(layers.Flatten(), classes))


TYPES: Mapping[str, Callable[[], Made]] = {
    "mixed float16": lambda: of_type("mixed_float16", 0.004),
    "mixed bfloat16": lambda: of_type("mixed_bfloat16", 0.04),
    "float16": lambda: of_type("float16", 0.004, end=None),
    "bfloat16": lambda: of_type("bfloat16", 0.04, end=None),
    "float64": lambda: of_type("float64", 1e-5, end=None),
    "int8": quantised,
    "uint8 pictures": of_bytes,
}

# Endings and inputs.


def ending_in(activation: Any, units: int, link: Link) -> Made:
    first, block, end = low(), residual(), dense(9, units, activation)
    entry, level = keras.Input(SHAPE), layers.Flatten()
    network = keras.Model(entry, end(level(block(first(entry)))))
    logits = chain(level, without_activation(end))
    if units == 1 and link == "softmax":
        # Of two classes, the first has the logit 0.
        logits = chain(logits, lambda z: keras.ops.concatenate([0 * z, z], axis=-1))
    return Made(network, {"low": first, "block": block}, logits, link=link)


def grey() -> Made:
    conv, block, classes = convolution("low", 1), residual(), dense(9)
    entry, level = keras.Input((*SHAPE[:2], 1)), layers.Flatten()
    network = keras.Model(entry, layers.Softmax()(classes(level(block(conv(entry / 255.0))))))

    def first(pictures: Any) -> Any:
        red, green, blue = keras.ops.split(pictures / 255.0, 3, axis=-1)
        return conv(0.299 * red + 0.587 * green + 0.114 * blue)

    return Made(network, {"low": first, "block": block}, chain(level, classes))


def of_any_size() -> Made:
    first, block, classes = low(), residual(), dense(9)
    entry, mean = keras.Input((None, None, 3)), layers.GlobalAveragePooling2D()
    network = keras.Model(entry, layers.Softmax()(classes(mean(block(first(entry))))))
    planes = {"low": first, "block": block}
    return Made(network, planes, chain(mean, classes), input_size=SHAPE[:2])


def channels_first() -> Made:
    """The plain path computes with the same kernels, channels last."""

    def made(data_format: str) -> tuple[layers.Layer, ...]:
        axis = 1 if data_format == "channels_first" else -1
        return (
            convolution("low", 1, data_format=data_format),
            layers.BatchNormalization(axis, beta_initializer=drawn(3), name="norm"),
            layers.MaxPooling2D(data_format=data_format, name="pooled"),
            convolution("deep", 2, strides=2, data_format=data_format),
            layers.GlobalAveragePooling2D(data_format=data_format),
        )

    classes, entry = dense(9), keras.Input((3, *SHAPE[:2]))
    network = keras.Model(entry, layers.Softmax()(classes(chain(*made("channels_first"))(entry))))
    conv, norm, pooled, deep, mean = made("channels_last")
    planes = {"low": conv, "pooled": chain(norm, pooled), "deep": deep}
    return Made(network, planes, chain(mean, classes))


def permuted() -> Made:
    """Channels first at the input alone."""
    first, block, classes = low(), residual(), dense(9)
    entry, turned, level = keras.Input((3, *SHAPE[:2])), layers.Permute((2, 3, 1)), layers.Flatten()
    end = layers.Softmax()(classes(level(block(first(turned(entry))))))
    planes = {"low": first, "block": block}
    return Made(keras.Model(entry, end), planes, chain(level, classes))


def flattened_channels_first() -> Made:
    """As networks of PyTorch flatten their planes: one channel after the other."""
    first, block, classes = low(), residual(), dense(9)
    turned, level = layers.Permute((3, 1, 2), name="turned"), layers.Flatten()
    entry = keras.Input(SHAPE)
    end = layers.Softmax()(classes(level(turned(block(first(entry))))))
    planes = {"low": first, "block": block}
    return Made(keras.Model(entry, end), planes, chain(turned, level, classes))


def of_probabilities(end: Flow, link: Link = "softmax", *, both: bool = False) -> Made:
    """An end from features to probabilities that come from no logits: their logarithm is explained.

    Of ``both`` classes where the one output is the second's.
    """
    first, block, level = low(), convolution("block", 2), layers.GlobalAveragePooling2D()
    entry = keras.Input(SHAPE)
    network = keras.Model(entry, end(level(block(first(entry)))))

    def logarithm(points: Any) -> Any:
        probabilities = end(level(points))
        if both:
            probabilities = keras.ops.concatenate([1 - probabilities, probabilities], axis=-1)
        return keras.ops.log(probabilities)

    planes = {"low": first, "block": block}
    return Made(network, planes, logarithm, link=link, quantity="log-probability")


def averaged(activation: str, units: int = CLASSES) -> Flow:
    """As an ensemble of networks answers."""
    first, second = (dense(seed, units, activation) for seed in (9, 10))
    mean = layers.Average()
    return lambda features: mean([first(features), second(features)])


def weighted() -> Flow:
    first, second = (dense(seed, activation="softmax") for seed in (9, 10))
    return lambda features: 0.3 * first(features) + 0.7 * second(features)


def softmax_twice() -> Flow:
    return chain(dense(9, activation="softmax"), layers.Softmax())


def shares() -> Flow:
    """Positive numbers over their sum."""
    positive = dense(9, activation="softplus")

    def flow(features: Any) -> Any:
        found = positive(features)
        return found / keras.ops.sum(found, axis=-1, keepdims=True)

    return flow


def one_by_one() -> Flow:
    """Sigmoids of layers of their own, side by side."""
    units = [dense(seed, 1, "sigmoid") for seed in range(7, 12)]
    joined = layers.Concatenate()
    return lambda features: joined([unit(features) for unit in units])


OF_PROBABILITIES: Mapping[str, Callable[[], Made]] = {
    "a mean of softmaxes": lambda: of_probabilities(averaged("softmax")),
    "a weighted mean of softmaxes": lambda: of_probabilities(weighted()),
    "a softmax of a softmax": lambda: of_probabilities(softmax_twice()),
    "shares of a sum": lambda: of_probabilities(shares()),
    "a mean of sigmoids": lambda: of_probabilities(averaged("sigmoid"), "exp"),
    "sigmoids side by side": lambda: of_probabilities(one_by_one(), "exp"),
    "a mean of single sigmoids": lambda: of_probabilities(averaged("sigmoid", 1), both=True),
}
ENDINGS: Mapping[str, Callable[[], Made]] = {
    "logits": lambda: ending_in(None, 5, "softmax"),
    "one sigmoid": lambda: ending_in("sigmoid", 1, "softmax"),
    "five sigmoids": lambda: ending_in("sigmoid", 5, "sigmoid"),
    "one number": lambda: ending_in(None, 1, "none"),
}
INPUTS: Mapping[str, Callable[[], Made]] = {
    "grey": grey,
    "any size": of_any_size,
    "channels first": channels_first,
    "channels first at the input": permuted,
    "channels first at the end": flattened_channels_first,
}

NETWORKS: Mapping[str, Callable[[], Made]] = {
    **{name: lambda block=block: through_block(block()) for name, block in BLOCKS.items()},
    "dense end": lambda: through_block(residual(), flat=True),
    **NESTED,
    **TYPES,
    **ENDINGS,
    **OF_PROBABILITIES,
    **INPUTS,
}
