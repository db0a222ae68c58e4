"""The game whose players are the parts of a picture, or of a layer's activations."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt

from attribution_core.arrays import BoolArray, FloatArray, Logits
from attribution_core.games.coalition_table import CoalitionTable
from attribution_core.head import Head
from attribution_core.scores import Score, score_values
from attribution_core.segmentations import Segments


class FastCoalitions(Protocol):
    """Another way from coalitions ``(n, players)`` to logits ``(n, classes)``."""

    @property
    def batch_size(self) -> int: ...

    def logits(self, coalitions: BoolArray) -> Logits: ...


class HeadGame:
    """A `Game` on a head: present players keep the point's values, absent ones the reference's.

    Parameters
    ----------
    head : Head
    point, reference : float arrays ``(h, w, c)``
    segments : int array ``(h, w)``
        The player that each position belongs to, 0..players−1.
    score : Score
    table : CoalitionTable
        Of this head, point, reference and segmentation.
    grown : callable
        Called after coalitions were added to the table.
    fast : FastCoalitions, optional
        A quicker way to the same logits than through the head.
    """

    def __init__(
        self,
        head: Head,
        point: FloatArray,
        reference: FloatArray,
        segments: Segments,
        score: Score,
        table: CoalitionTable,
        grown: Callable[[], None] = lambda: None,
        fast: FastCoalitions | None = None,
    ) -> None:
        self.segments = segments
        self._head = head
        self._point = point
        self._reference = reference
        self._score = score
        self._table = table
        self._grown = grown
        self._fast = fast
        self._players = int(segments.max()) + 1

    @property
    def players(self) -> int:
        return self._players

    @property
    def batch_size(self) -> int:
        return self._head.batch_size if self._fast is None else self._fast.batch_size

    @property
    def score(self) -> Score:
        """The score that `values` gives."""
        return self._score

    def values(self, coalitions: BoolArray) -> npt.NDArray[np.float64]:
        """Scores ``(n,)`` of coalitions ``(n, players)``."""
        return score_values(self.logits(coalitions), self._score)

    def logits(self, coalitions: BoolArray) -> Logits:
        """Logits ``(n, classes)`` of coalitions ``(n, players)``, each evaluated once."""
        before = len(self._table)
        logits = self._table.logits(coalitions, self._evaluate)
        if len(self._table) > before:
            self._grown()
        return logits

    def seconds_per_coalition(self) -> float:
        """What a coalition takes in a full batch, evaluated for the clock and not remembered."""
        coalitions = np.random.default_rng(0).random((2, self.batch_size, self.players)) < 0.5
        # The first batch may compile, and what depends on the game alone is computed with it.
        self._evaluate(coalitions[0])
        started = time.perf_counter()
        self._evaluate(coalitions[1])
        return (time.perf_counter() - started) / self.batch_size

    def _evaluate(self, coalitions: BoolArray) -> Logits:
        if self._fast is not None:
            return self._fast.logits(coalitions)
        return self._head.masked_logits(self._point, self._reference, self.segments, coalitions)
