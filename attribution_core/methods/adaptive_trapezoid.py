"""The trapezoid rule along a straight path, with its nodes where the gradient changes most."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from attribution_core.arrays import FloatArray, IntArray
from attribution_core.methods.estimate import Estimate
from attribution_core.methods.functions import Differentiable, only
from attribution_core.methods.paths import points_on_path

_FEWEST_ROUNDS = 8
_TOLERANT_ROUND = 8
"""More gradients at once would be placed before it is known where the path is rough, or whether any
more are needed."""
_BYTES_OF_OPEN_STRETCHES = 256 * 2**20


def adaptive_trapezoid(
    function: Differentiable,
    point: FloatArray,
    reference: FloatArray,
    steps: int,
    tolerance: float,
) -> Iterator[Estimate]:
    """What `integrated_gradients` says of its adaptive rule; its parameters, at least two steps."""
    difference = point - reference
    asked = function
    at_once = _at_once(asked, steps, tolerance)

    def measured(alphas: Sequence[float]) -> Iterator[_Node]:
        for first in range(0, len(alphas), at_once):
            chosen = np.array(alphas[first : first + at_once])
            scores, gradients = asked.values_and_gradients(
                points_on_path(chosen, reference, difference)
            )
            for place, score, gradient in zip(chosen, scores, gradients, strict=True):
                values = gradient * difference
                score = np.asarray(score, np.float64)
                yield _Node(float(place), score, values, _sums(values, score.ndim))

    done = min(steps, max(2, at_once))
    path = _TrapezoidSum(list(measured(np.linspace(0, 1, done).tolist())))
    # Scores that are good enough keep their values.
    values, gaps, errors = path.total.copy(), np.zeros_like(path.gap), np.zeros_like(path.gap)
    followed: Any = np.arange(len(path.change)) if path.change.ndim else ()
    while True:
        error, expected_gap = path.errors()
        values[followed] = path.total
        gaps[followed] = expected_gap
        errors[followed] = error / _or_one(path.norm)
        yield Estimate(
            values=values.copy(),
            done=done,
            planned=steps,
            evaluations=done,
            diagnostics={
                "expected_gap": float(np.max(gaps)),
                "map_error": float(np.max(errors)),
            },
        )
        good = np.maximum(path.gap, expected_gap) <= tolerance * np.abs(path.change)
        if done == steps or np.all(good):
            return
        if np.any(good):
            staying = np.flatnonzero(~good)
            followed = followed[staying]
            path.keep(staying)
            asked = only(function, followed.tolist())
            at_once = _at_once(asked, steps, tolerance)
        worst = path.take_worst(min(at_once, steps - done))
        if not worst:
            return
        for stretch, node in zip(worst, measured([s.middle for s in worst]), strict=True):
            path.halve(stretch, node)
        done += len(worst)


def _at_once(function: Differentiable, steps: int, tolerance: float) -> int:
    """Nodes of one round, which are one call of the function."""
    fewest = min(function.batch_size, steps // _FEWEST_ROUNDS)
    return max(1, min(fewest, _TOLERANT_ROUND) if tolerance else fewest)


@dataclass(frozen=True, eq=False)
class _Node:
    """A place on the path: the scores there, and (x − x′) times their gradients, with their sums.

    ``score`` and ``total`` have the shape of one point's scores, ``()`` or ``(scores,)``.
    """

    place: float
    score: FloatArray
    values: FloatArray
    total: FloatArray

    def only(self, kept: IntArray) -> _Node:
        return _Node(self.place, self.score[kept], self.values[kept], self.total[kept])


@dataclass(frozen=True, eq=False)
class _Stretch:
    """A stretch of the path.

    ``errors`` are those of the trapezoid of its nodes' values, for each score: the Euclidean norm
    that is to be expected, and the change of the score that the sum is known to leave out.
    """

    start: _Node
    end: _Node
    errors: FloatArray

    @classmethod
    def between(cls, start: _Node, end: _Node) -> _Stretch:
        width = end.place - start.place
        error = width * _norms(end.values - start.values, start.score.ndim) / np.sqrt(12)
        left_out = end.score - start.score - width * (start.total + end.total) / 2
        return cls(start, end, np.array([error, left_out]))

    @property
    def width(self) -> float:
        return self.end.place - self.start.place

    @property
    def middle(self) -> float:
        return (self.start.place + self.end.place) / 2

    @property
    def mean(self) -> FloatArray:
        return (self.start.values + self.end.values) / 2


class _TrapezoidSum:
    """The trapezoid rule over the stretches of a path, which can be halved one by one.

    Attributes
    ----------
    total : float array, of the shape of the nodes' values
        The sum.
    change : float array ``()`` or ``(scores,)``
        f(x) − f(x′).
    variation : float array ``()`` or ``(scores,)``
        The sum of |change of f| over the stretches that the path begins with.
    """

    def __init__(self, nodes: Sequence[_Node]) -> None:
        self.change = nodes[-1].score - nodes[0].score
        self.variation = np.abs(np.diff([node.score for node in nodes], axis=0)).sum(axis=0)
        # Stretches beyond this many are settled and their nodes let go, so that memory does not
        # grow with the number of steps.
        self._most_open = max(2, _BYTES_OF_OPEN_STRETCHES // max(1, 2 * nodes[0].values.nbytes))
        self._settled = np.zeros((2, *self.change.shape))
        self._stretches = [_Stretch.between(start, end) for start, end in pairwise(nodes)]
        self.total = np.zeros_like(nodes[0].values)
        for stretch in self._stretches:
            self.total += stretch.width * stretch.mean

    @property
    def norm(self) -> FloatArray:
        return _norms(self.total, self.change.ndim)

    @property
    def gap(self) -> FloatArray:
        """|sum of the values − (f(x) − f(x′))|."""
        return np.asarray(np.abs(_sums(self.total, self.change.ndim) - self.change))

    def errors(self) -> tuple[FloatArray, FloatArray]:
        """Expected error of the values, in Euclidean norm, and of their sum."""
        error, gap = np.sqrt(self._settled + sum(s.errors**2 for s in self._stretches))
        return error, gap

    def keep(self, kept: IntArray) -> None:
        """Follow these of several scores alone."""
        nodes = {node: node.only(kept) for s in self._stretches for node in (s.start, s.end)}
        self._stretches = [
            _Stretch(nodes[s.start], nodes[s.end], s.errors[:, kept]) for s in self._stretches
        ]
        self.total, self.change = self.total[kept], self.change[kept]
        self.variation, self._settled = self.variation[kept], self._settled[:, kept]

    def take_worst(self, most: int) -> list[_Stretch]:
        """Take out the stretches to be halved next; none where more nodes would not help."""
        scales = _or_one(np.array([self.norm, self.variation]))
        badness = {s: float(np.sqrt(np.square(s.errors / scales).sum())) for s in self._stretches}
        self._stretches.sort(key=badness.__getitem__, reverse=True)
        settled = (s.errors**2 for s in self._stretches[self._most_open :])
        self._settled += sum(settled, np.zeros_like(self._settled))
        del self._stretches[self._most_open :]
        # Halving those nearly as bad as the worst fills a batch without wasting gradients on
        # stretches that are straight already.
        least = badness[self._stretches[0]] / 16
        worst = [s for s in self._stretches[:most] if badness[s] > least]
        del self._stretches[: len(worst)]
        return worst

    def halve(self, stretch: _Stretch, node: _Node) -> None:
        """Put both halves of a stretch that was taken out in its place; the node is its middle."""
        self.total += stretch.width / 2 * (node.values - stretch.mean)
        self._stretches += (
            _Stretch.between(stretch.start, node),
            _Stretch.between(node, stretch.end),
        )


def _sums(values: FloatArray, scores: int) -> FloatArray:
    """Sums over the axes of the point, which come after ``scores`` axes of scores."""
    return np.asarray(values.sum(axis=tuple(range(scores, values.ndim)), dtype=np.float64))


def _norms(values: FloatArray, scores: int) -> FloatArray:
    # Without BLAS, whose threads would contend with TensorFlow's.
    return np.asarray(np.sqrt(np.square(values).sum(axis=tuple(range(scores, values.ndim)))))


def _or_one(values: FloatArray) -> FloatArray:
    """The values, with 1 in place of 0, to divide by."""
    return np.where(values == 0, 1.0, values)
