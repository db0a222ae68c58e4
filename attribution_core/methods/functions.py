"""What gradient methods need of a function: its score and its gradient at many points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np

from attribution_core.arrays import FloatArray


@runtime_checkable
class Differentiable(Protocol):
    """A scalar score of a point, evaluated in batches.

    ``batch_size`` is the best number of points for one call; methods never pass more.
    """

    @property
    def batch_size(self) -> int: ...

    def values(self, points: FloatArray) -> FloatArray:
        """Scores of points ``(n, *shape)``, shape ``(n,)``."""
        ...

    def values_and_gradients(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Scores ``(n,)`` and their gradients at the points, ``(n, *shape)``."""
        ...


@runtime_checkable
class SeveralScores(Differentiable, Protocol):
    """Several scores of a point, ``(n, scores)`` with gradients ``(n, scores, *shape)``, of which
    some can be asked for without the cost of the others."""

    def only(self, kept: Sequence[int]) -> Differentiable:
        """The scores of these numbers, in their order."""
        ...


class _Some:
    """Some of several scores that only come together."""

    def __init__(self, function: Differentiable, kept: Sequence[int]) -> None:
        self._function = function
        self._kept = list(kept)

    @property
    def batch_size(self) -> int:
        return self._function.batch_size

    def values(self, points: FloatArray) -> FloatArray:
        return self._function.values(points)[:, self._kept]

    def values_and_gradients(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        values, gradients = self._function.values_and_gradients(points)
        return values[:, self._kept], gradients[:, self._kept]


def only(function: Differentiable, kept: Sequence[int]) -> Differentiable:
    """Some of several scores, alone where the function can be asked so."""
    return function.only(kept) if isinstance(function, SeveralScores) else _Some(function, kept)


class TensorFunction:
    """A TensorFlow function of a batch of points, ``(n, *shape) -> (n,)``, as `Differentiable`.

    Computed in float64, so that closed forms can be matched to rounding.
    """

    def __init__(self, function: Callable[[Any], Any], batch_size: int = 32) -> None:
        self._function = function
        self._batch_size = batch_size

    @property
    def batch_size(self) -> int:
        return self._batch_size

    def values(self, points: FloatArray) -> FloatArray:
        return self.values_and_gradients(points)[0]

    def values_and_gradients(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        import tensorflow as tf

        batch = tf.convert_to_tensor(np.asarray(points, np.float64))
        with tf.GradientTape() as tape:
            tape.watch(batch)
            values = self._function(batch)
        if values.shape != batch.shape[:1]:
            raise ValueError(
                f"The function maps points of shape {tuple(batch.shape)} to shape "
                f"{tuple(values.shape)}; it should give one score a point, shape "
                f"{tuple(batch.shape[:1])}."
            )
        gradients = tape.gradient(values, batch, unconnected_gradients="zero")
        return values.numpy(), gradients.numpy()


def as_differentiable(function: Differentiable | Callable[[Any], Any]) -> Differentiable:
    """Take a `Differentiable` as it is and wrap a TensorFlow function of a batch of points."""
    if isinstance(function, Differentiable):
        return function
    return TensorFunction(function)


def points_like(point: FloatArray, reference: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Both points as float arrays of one shape; ValueError where their shapes differ."""
    point, reference = _floating(point), _floating(reference)
    if point.shape != reference.shape:
        raise ValueError(
            f"The reference point has shape {reference.shape}; "
            f"it should have the point's shape, {point.shape}."
        )
    return point, reference


def _floating(array: FloatArray) -> FloatArray:
    """Floats as they are, whole numbers as floats: differences of the latter would wrap around."""
    array = np.asarray(array)
    return array if np.issubdtype(array.dtype, np.floating) else array.astype(np.float64)
