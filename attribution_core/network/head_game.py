"""The game whose players are the parts of a picture, or of a layer's activations."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from dataclasses import replace
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from attribution_core.arrays import BoolArray, FloatArray, Logits
from attribution_core.games.coalition_table import MOST_TABLE_BYTES, CoalitionTable
from attribution_core.games.window_fits import Keep
from attribution_core.images import digest
from attribution_core.network.evaluators import Evaluator, Masking, WholeHead, evaluator_of
from attribution_core.network.finite import check_logits
from attribution_core.network.head import Head
from attribution_core.scores import Score, score_values
from attribution_core.segmentations import Segments

T = TypeVar("T")
EXAMPLES = 4
"""Likeliest classes, by which windows are chosen for all classes: their own are no better."""


class HeadGame:
    """A `Game` on a head: present players keep the point's values, absent ones the reference's.

    Parameters
    ----------
    evaluator : Evaluator
        Of these players' coalitions.
    segments : int array ``(h, w)``
        The player that each position belongs to, 0..players−1.
    score : Score
    table : CoalitionTable
        Of what the evaluator gives.
    grown : callable
        Called after coalitions were added to the table.
    keep : Keep, optional
        Keeps what all scores of the game share; computed anew each time where not given.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        segments: Segments,
        score: Score,
        table: CoalitionTable,
        grown: Callable[[], None] = lambda: None,
        keep: Keep = lambda key, compute: compute(),
    ) -> None:
        self.segments = segments
        self._keep = keep
        self.evaluator = evaluator
        self._score = score
        self._table = table
        self._grown = grown
        self._players = int(segments.max()) + 1

    @property
    def players(self) -> int:
        return self._players

    @property
    def batch_size(self) -> int:
        return self.evaluator.batch_size

    @property
    def score(self) -> Score:
        """The score that `values` gives."""
        return self._score

    def values(self, coalitions: BoolArray) -> npt.NDArray[np.float64]:
        """Scores ``(n,)`` of coalitions ``(n, players)``."""
        return score_values(self.logits(coalitions), self._score)

    def logits(self, coalitions: BoolArray) -> Logits:
        """Logits ``(n, classes)`` of coalitions ``(n, players)``, each evaluated once.

        Raises
        ------
        ValueError
            When the network gives a logit that is not finite.
        """
        before = len(self._table)
        logits = self._table.logits(coalitions, self._evaluate)
        if len(self._table) > before:
            self._grown()
        return logits

    @cached_property
    def example_scores(self) -> tuple[Score, ...]:
        """Scores of the classes with the largest logits of all players together.

        Their logits, or their probabilities where the score is one: the same whichever class is
        asked about.
        """
        (logits,) = self.logits(np.ones((1, self.players), bool))
        likeliest = np.argsort(-logits, kind="stable")[:EXAMPLES].tolist()
        # Not a contrast, whose other class would be one of the likeliest itself.
        score = replace(self._score, against=None, also=(), weight=1.0)
        return tuple(replace(score, target=target) for target in likeliest)

    def examples(self, coalitions: BoolArray) -> npt.NDArray[np.float64]:
        """What coalitions ``(n, players)`` are worth by the example scores, ``(n, scores)``."""
        logits = self.logits(coalitions)
        return np.stack([score_values(logits, each) for each in self.example_scores], axis=1)

    def keep(self, key: Hashable, compute: Callable[[], T]) -> T:
        """What a key names, the same for the scores of all classes; computed once."""
        return self._keep((key, self._score.probability), compute)

    def seconds_per_coalition(self) -> float:
        """Time per coalition in a full batch, evaluated for the measurement and not remembered."""
        coalitions = np.random.default_rng(0).random((2, self.batch_size, self.players)) < 0.5
        # The first batch may compile, and what depends on the game alone is computed with it.
        self._evaluate(coalitions[0])
        started = time.perf_counter()
        self._evaluate(coalitions[1])
        return (time.perf_counter() - started) / self.batch_size

    def _evaluate(self, coalitions: BoolArray) -> Logits:
        logits = self.evaluator.logits(coalitions)
        head = self.evaluator.head
        check_logits(logits, head.network, head.layer, head.quantity)
        return logits


def shared_game(
    masking: Masking, score: Score, segments: Segments, *, bfloat16: bool = False
) -> HeadGame:
    """The game that all methods, classes and pages play on these players.

    What it evaluates is kept in the classifier's cache, separately for each precision.

    Parameters
    ----------
    masking : Masking
    score : Score
    segments : int array ``(h, w)``
    bfloat16 : bool
        Whether coalitions are evaluated in it.

    Raises
    ------
    ValueError
        When bfloat16 is asked for and the network cannot be computed in it.
    """
    cache = masking.classifier.cache
    key = ("coalitions", *masking.key, digest(segments), bfloat16)
    table = cache.get_or_compute(key, lambda: CoalitionTable(masking.classifier.classes))
    evaluator = evaluator_of(masking, segments, bfloat16=bfloat16)

    def keep(name: Hashable, compute: Callable[[], T]) -> T:
        return cache.get_or_compute((*key, name), compute)

    return HeadGame(evaluator, segments, score, table, lambda: cache.refresh(key), keep)


def private_game(
    head: Head,
    point: FloatArray,
    reference: FloatArray,
    score: Score,
    segments: Segments,
    *,
    most_bytes: int = MOST_TABLE_BYTES,
) -> HeadGame:
    """A game through a whole head that shares its coalitions with no other game.

    Parameters
    ----------
    head : Head
    point, reference : float arrays ``(h, w, c)``
    score : Score
    segments : int array ``(h, w)``
    most_bytes : int
        Of logits that it remembers itself; 0 for none.
    """
    evaluator = WholeHead(head, point, reference, segments)
    return HeadGame(evaluator, segments, score, CoalitionTable(head.classes, most_bytes))
