"""Layers with a kernel, as a linear function of values and kernel, and a bias."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import tensorflow as tf
from keras import layers, ops

from attribution_core.network.walk.kinds import is_keras_own


@dataclass(frozen=True, eq=False)
class Product:
    """One product with a kernel.

    Attributes
    ----------
    linear : callable
        From values and kernel to their product.
    kernel, bias : callable
        The parameters as they are now.
    axis : int
        Of the channels that it makes.
    dense : bool
    """

    linear: Callable[[Any, Any], Any]
    kernel: Callable[[], Any]
    bias: Callable[[], Any]
    axis: int = -1
    dense: bool = False
    scaled: Callable[[Any, Any], Any] = lambda kernel, scale: kernel * scale
    """From a kernel and factors of its output channels to the kernel times these."""

    def __call__(self, values: Any) -> Any:
        return self.linear(values, self.kernel()) + self.bias()


def products_of(layer: Any) -> tuple[Product, ...]:
    """The products that a layer computes one after the other, its activation left out; none where
    it has no kernel that is known here."""
    if not is_keras_own(layer):
        return ()
    make = _MAKERS.get(type(layer))
    return (
        () if make is None else tuple(_of_type(each, layer.compute_dtype) for each in make(layer))
    )


def _of_type(product: Product, dtype: str) -> Product:
    """The same product, computed in a number type."""
    return replace(
        product,
        linear=lambda values, kernel: product.linear(tf.cast(values, dtype), kernel),
        kernel=lambda: tf.cast(product.kernel(), dtype),
        bias=lambda: tf.cast(product.bias(), dtype),
    )


def folded(product: Product, layer: layers.BatchNormalization) -> Product:
    """A product followed by a normalisation of its channels, as one product."""

    def kernel() -> Any:
        plain = product.kernel()
        return product.scaled(plain, tf.cast(scale_and_shift(layer)[0], plain.dtype))

    def bias() -> Any:
        scale, shift = (_along(each, product.axis) for each in scale_and_shift(layer))
        plain = product.bias()
        return plain * tf.cast(scale, plain.dtype) + tf.cast(shift, plain.dtype)

    return replace(product, kernel=kernel, bias=bias)


def normalisation(layer: layers.BatchNormalization, rank: int) -> Product:
    """A normalisation by itself: a kernel of one number a channel."""
    axis = layer.axis % rank - rank
    product = Product(
        lambda values, kernel: values * kernel,
        lambda: _along(scale_and_shift(layer)[0], axis),
        lambda: _along(scale_and_shift(layer)[1], axis),
        axis,
    )
    return _of_type(product, layer.compute_dtype)


def scale_and_shift(layer: layers.BatchNormalization) -> tuple[Any, Any]:
    """s and t of y = s x + t, which a batch normalisation computes outside training."""
    mean, variance = _tensor(layer.moving_mean), _tensor(layer.moving_variance)
    scale = tf.math.rsqrt(variance + tf.cast(layer.epsilon, variance.dtype))
    if layer.scale:
        scale *= _tensor(layer.gamma)
    shift = -scale * mean
    return scale, shift + _tensor(layer.beta) if layer.center else shift


def _tensor(parameter: Any) -> Any:
    return ops.convert_to_tensor(parameter)


def _along(values: Any, axis: int) -> Any:
    """Values of channels, to be multiplied with what has its channels at an axis from the end."""
    return tf.reshape(values, (-1, *[1] * (-1 - axis)))


def _axis(layer: Any) -> int:
    return -3 if layer.data_format == "channels_first" else -1


def _bias(layer: Any, axis: int) -> Callable[[], Any]:
    if getattr(layer, "bias", None) is None:
        return lambda: tf.zeros((), layer.compute_dtype)
    return lambda: _along(_tensor(layer.bias), axis)


def _dense(layer: Any) -> tuple[Product, ...]:
    return (Product(ops.matmul, lambda: _tensor(layer.kernel), _bias(layer, -1), dense=True),)


def _convolution(layer: Any) -> tuple[Product, ...]:
    axis = _axis(layer)
    return (Product(layer.convolution_op, lambda: _tensor(layer.kernel), _bias(layer, axis), axis),)


def _transposed(layer: Any) -> tuple[Product, ...]:
    axis = _axis(layer)

    def linear(values: Any, kernel: Any) -> Any:
        return ops.conv_transpose(
            values,
            kernel,
            strides=list(layer.strides),
            padding=layer.padding,
            output_padding=layer.output_padding,
            dilation_rate=layer.dilation_rate,
            data_format=layer.data_format,
        )

    return (
        Product(
            linear,
            lambda: _tensor(layer.kernel),
            _bias(layer, axis),
            axis,
            scaled=lambda kernel, scale: kernel * scale[:, None],
        ),
    )


def _depthwise(layer: Any) -> tuple[Product, ...]:
    axis = _axis(layer)
    return (
        Product(
            _by_channel(layer),
            lambda: _tensor(layer.kernel),
            _bias(layer, axis),
            axis,
            scaled=lambda kernel, scale: kernel * tf.reshape(scale, tf.shape(kernel)[2:]),
        ),
    )


def _separable(layer: Any) -> tuple[Product, ...]:
    axis = _axis(layer)

    def pointwise(values: Any, kernel: Any) -> Any:
        return ops.conv(values, kernel, strides=1, padding="valid", data_format=layer.data_format)

    return (
        Product(
            _by_channel(layer),
            lambda: _tensor(layer.depthwise_kernel),
            lambda: tf.zeros((), layer.compute_dtype),
            axis,
        ),
        Product(pointwise, lambda: _tensor(layer.pointwise_kernel), _bias(layer, axis), axis),
    )


def _by_channel(layer: Any) -> Callable[[Any, Any], Any]:
    def linear(values: Any, kernel: Any) -> Any:
        return ops.depthwise_conv(
            values,
            kernel,
            strides=layer.strides,
            padding=layer.padding,
            dilation_rate=layer.dilation_rate,
            data_format=layer.data_format,
        )

    return linear


_MAKERS: dict[type, Callable[[Any], tuple[Product, ...]]] = {
    layers.Dense: _dense,
    layers.Conv2D: _convolution,
    layers.Conv2DTranspose: _transposed,
    layers.DepthwiseConv2D: _depthwise,
    layers.SeparableConv2D: _separable,
}
