"""A head whose gradients are what rules send back, and not derivatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution_core.arrays import FloatArray
from attribution_core.network.head import Head
from attribution_core.network.walk import deeplift_multipliers, rectifier_gates
from attribution_core.network.walk.relevance_presets import PRESETS, relevance, starting
from attribution_core.network.walk.replay import Rules, Walk
from attribution_core.scores import Score, score_values

RULES: dict[str, Rules] = {
    "guided": rectifier_gates.guided,
    "deconvnet": rectifier_gates.deconvnet,
    "rescale": deeplift_multipliers.rescale,
}
"""By name; the presets of relevance propagation come beside them."""


def logits_by_rules(walk: Walk, rules: str, *, at_input: bool) -> Callable[[Any], Any]:
    """Points ``(n, *shape)`` -> logits ``(n, classes)``, with the named rules for derivatives.

    Parameters
    ----------
    walk : Walk
    rules : str
        ``"guided"``, ``"deconvnet"``, ``"rescale"`` or the name of a preset of `PRESETS`.
    at_input : bool
        Whether the walk starts at the input.

    Raises
    ------
    ValueError
        When there are no such rules.
    """
    if rules in RULES:
        return walk.logits(RULES[rules])
    if rules not in PRESETS:
        raise ValueError(f"The rules '{rules}' are not known; use {', '.join((*RULES, *PRESETS))}.")
    replayed = walk.logits(relevance(PRESETS[rules], at_input=at_input))
    return lambda points: starting(replayed(points))


class Replayed:
    """Whether the network, computed step by step, gives the scores that it gives as a whole: found
    out once for a walk, at the first point.

    Parameters
    ----------
    plain : Head
        The network as a whole.
    tolerance : float
        Up to which both agree, as a share of the largest logit.
    """

    def __init__(self, plain: Head, tolerance: float) -> None:
        self.plain = plain
        self._tolerance = tolerance
        self._agrees = False

    def check(self, points: FloatArray, values: FloatArray, score: Score) -> None:
        """Compare scores ``(n,)`` of points ``(n, h, w, c)``; ValueError where they differ."""
        if self._agrees:
            return
        logits = self.plain.logits(points[:1])
        missed = np.abs(score_values(logits, score) - values[:1]).max()
        if missed > self._tolerance * np.abs(logits).max():
            raise ValueError(
                f"The network {self.plain.network}, computed layer by layer from "
                f"{self.plain.layer} on, gives other scores than as a whole, so that no rules can "
                "be followed through its layers; choose Integrated Gradients."
            )
        self._agrees = True


class WalkedHead(Head):
    """A head whose `values_and_gradients` gives the scores and what rules send back.

    Parameters
    ----------
    replayed : Replayed
        Compares it with the head as a whole.
    logits : callable
        As `logits_by_rules` makes it.
    reproducible : bool
        As of a `Head`.
    """

    def __init__(
        self, replayed: Replayed, logits: Callable[[Any], Any], *, reproducible: bool = False
    ) -> None:
        plain = replayed.plain
        super().__init__(
            plain.layer,
            plain.shape,
            plain.classes,
            logits,
            plain.batch_size,
            network=plain.network,
            reproducible=reproducible,
        )
        self._replayed = replayed

    def values_and_gradients(
        self, points: FloatArray, score: Score
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """The score ``(n,)`` of points ``(n, h, w, c)``, and what comes back, of their shape.

        Raises
        ------
        ValueError
            When the replayed network gives other scores than the network.
        """
        values, sent_back = super().values_and_gradients(points, score)
        self._replayed.check(points, values, score)
        return values, sent_back

    def values_and_gradients_of(
        self, points: FloatArray, scores: Sequence[Score], kept: Sequence[int] | None = None
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Several scores ``(n, scores)``, and what comes back, ``(n, scores, h, w, c)``,
        of those kept.

        ValueError as in `values_and_gradients`.
        """
        values, sent_back = super().values_and_gradients_of(points, scores, kept)
        first = 0 if kept is None else kept[0]
        self._replayed.check(points, values[:, 0], scores[first])
        return values, sent_back
