"""The plain path: a network's own layers called one after another, on points masked by numpy.

It knows nothing of graphs, heads, windows or linear prefixes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from attribution_core import (
    FunctionGame,
    banzhaf_values,
    blur_integrated_gradients,
    class_activation,
    expected_gradients,
    grad_cam,
    gradient,
    gradient_times_input,
    integrated_gradients,
    kernel_shap,
    lime,
    linear_attribution,
    owen_values,
    rise,
    shapley_values,
    smoothgrad,
    xrai,
)
from attribution_core.arrays import BoolArray, FloatArray, IntArray
from attribution_core.methods.owen_values import tree_of
from attribution_core.region_merging import merging_order
from attribution_core.segmentations import segments_of

OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "integrated_gradients": {"steps": 9, "rule": "midpoint"},
    "expected_gradients": {"references": "black and white", "samples": 8},
    "blur_integrated_gradients": {"steps": 8, "widest": 0.2},
    "xrai": {"steps": 9, "tolerance": 0.0},
    "smoothgrad": {"samples": 6, "sigma": 0.1},
    "occlusion": {"window": 5, "stride": 3},
    "rise": {"samples": 30},
    "lime": {"samples": 30},
    "kernel_shap": {"budget": 20},
    # LayerCAM's map is 0 where all gradients are below 0.
    "class_activation": {"variant": "XGrad-CAM"},
}
GAMES: Mapping[str, Callable[..., Any]] = {
    "kernel_shap": kernel_shap,
    "lime": lime,
    "rise": rise,
    "shapley_values": shapley_values,
    "banzhaf_values": banzhaf_values,
}
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "gradient": gradient,
    "gradient_times_input": gradient_times_input,
    "linear": linear_attribution,
    "integrated_gradients": integrated_gradients,
    "smoothgrad": smoothgrad,
    "grad_cam": grad_cam,
    "class_activation": class_activation,
}
BETWEEN = ("linear", "integrated_gradients")


def through(ordered: Sequence[Callable[[Any], Any]], points: Any) -> Any:
    for layer in ordered:
        points = layer(points)
    return points


class PlainPath:
    """What a network makes of points at one of its layers, and what the methods say of that.

    Parameters
    ----------
    below, above : sequences of callables
        The layers up to this one, and the rest up to the logits ``(n, classes)``.
    ends : float array ``(2, h, w, c)``
        A picture and a reference.
    target : int
    """

    def __init__(
        self,
        below: Sequence[Callable[[Any], Any]],
        above: Sequence[Callable[[Any], Any]],
        ends: FloatArray,
        target: int,
    ) -> None:
        self._above, self._target = above, target
        self._input_height = ends.shape[1]
        self._at_input = not below
        reached = through(below, tf.constant(ends, tf.float32))
        self.point, self.reference = np.asarray(tf.cast(reached, tf.float32))
        extremes = np.stack([np.zeros_like(ends[0]), np.full_like(ends[0], 255)])
        reached = through(below, tf.constant(extremes, tf.float32))
        self.black_and_white = np.asarray(tf.cast(reached, tf.float32))

    def logit(self, points: Any) -> Any:
        """Of the target, ``(n,)``."""
        return tf.cast(through(self._above, tf.cast(points, tf.float32)), tf.float32)[
            :, self._target
        ]

    def masked(self, present: BoolArray) -> FloatArray:
        """Logits ``(n,)`` of points with the reference where ``present`` ``(n, h, w)`` is False."""
        points = np.where(present[..., None], self.point, self.reference)
        return np.asarray(self.logit(points), np.float64)

    def cells(self) -> IntArray:
        """Labels ``(h, w)`` of a grid of two by three."""
        height, width, _ = self.point.shape
        rows, columns = np.arange(height) * 2 // height, np.arange(width) * 3 // width
        return np.asarray(rows[:, None] * 3 + columns)

    def game(self) -> FunctionGame:
        """The two by three cells of a grid as players."""
        labels = self.cells()
        return FunctionGame(6, lambda coalitions: self.masked(coalitions[:, labels]))

    def occlusion(self, window: int, stride: int) -> FloatArray:
        """Drops of the logit, spread over squares and averaged over those that cover a point."""
        plane = self.point.shape[:2]
        scale = plane[0] / self._input_height
        side = min(max(1, round(window * scale)), *plane)
        step = min(max(1, round(stride * scale)), side)
        tops, lefts = (
            sorted({min(start, length - side) for start in range(0, length + step, step)})
            for length in plane
        )
        squares = [(top, left) for top in tops for left in lefts]
        present = np.ones((len(squares) + 1, *plane), bool)
        for number, (top, left) in enumerate(squares, start=1):
            present[number, top : top + side, left : left + side] = False
        logits = self.masked(present)
        hidden = ~present[1:]
        drops = np.tensordot((logits[0] - logits[1:]) / side**2, hidden, 1)
        return np.asarray(drops / hidden.sum(axis=0))

    def regions(self) -> FloatArray:
        """XRAI over the superpixels of the picture, or over cells of grids at an inner layer."""
        height, width, _ = self.point.shape
        path = integrated_gradients(self.logit, self.point, self.reference, steps=9)
        counts = [4 * 2**power for power in range(7) if 16 * 2**power <= height * width]
        cut = [
            segments_of(count, self.point, height, width, at_input=self._at_input)
            for count in counts or [1]
        ]
        return np.asarray(xrai(path.values.sum(axis=2), cut))

    def values(self, method: str) -> FloatArray:
        """What the method says: a value a player, or of each channel, or of each position."""
        options = dict(OPTIONS.get(method, {}))
        if method == "occlusion":
            return self.occlusion(**options)
        if method == "owen_values":
            tree = tree_of(merging_order(self.cells(), self.point.astype(np.float64)))
            return np.asarray(owen_values(self.game(), tree, **options).values)
        if method == "expected_gradients":
            samples = options["samples"]
            found = expected_gradients(
                self.logit, self.point, [*self.black_and_white], samples=samples
            )
            return np.asarray(found.values)
        if method == "blur_integrated_gradients":
            widest = options["widest"] * min(self.point.shape[:2])
            blurs = blur_integrated_gradients(self.logit, self.point, steps=8, widest=widest)
            return np.asarray(blurs.values)
        if method == "xrai":
            return self.regions()
        if method in GAMES:
            return np.asarray(GAMES[method](self.game(), **options).values)
        ends = (self.point, self.reference) if method in BETWEEN else (self.point,)
        return np.asarray(FUNCTIONS[method](self.logit, *ends, **options).values)
