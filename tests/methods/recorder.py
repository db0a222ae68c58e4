"""Σ x³, which keeps a record of how it was asked."""

from __future__ import annotations

from attribution_core.arrays import FloatArray


class Recorder:
    """Σ x³ and its gradient, and how many points each call had."""

    def __init__(self, batch_size: int) -> None:
        self.batch_size = batch_size
        self.calls: list[int] = []

    def values(self, points: FloatArray) -> FloatArray:
        raise AssertionError("Scores come with the gradients; they need no calls of their own.")

    def values_and_gradients(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        self.calls.append(len(points))
        return (points**3).sum(axis=-1), 3 * points**2
