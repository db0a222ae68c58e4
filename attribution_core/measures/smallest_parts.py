"""The fewest parts of a picture that keep the network's answer, and the fewest that change it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from attribution_core.arrays import BoolArray, FloatArray
from attribution_core.games.smallest_set import SmallestSet, smallest_set
from attribution_core.request import Request

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier

Aim = Literal["keep", "change"]


@dataclass(frozen=True, eq=False)
class SmallestParts:
    """The fewest parts found so far.

    Attributes
    ----------
    aim : "keep" or "change"
        Whether these parts alone keep the answer, all others being at the reference; or whether the
        answer changes when these are set to the reference.
    answer : int
        The class that the network says of the whole picture.
    becomes : int or None
        The class that it says of what is left, where parts were found.
    found : SmallestSet
        The parts, whether there can be fewer, and the evaluations that it took.
    planned : int
        Evaluations at most.
    """

    aim: Aim
    answer: int
    becomes: int | None
    found: SmallestSet
    planned: int

    @property
    def done(self) -> int:
        """Evaluations so far."""
        return self.found.evaluations


def smallest_parts(
    classifier: Classifier, request: Request, aim: Aim, *, budget: int = 4096
) -> Iterator[SmallestParts]:
    """Look for the fewest parts that keep the network's answer, or that change it by their absence.

    In the literature a sufficient reason, or minimal sufficient set of pixels, and a counterfactual
    set (Ribeiro et al. 2018; Dabkowski and Gal 2017; Carter et al. 2019). Here the answer is the
    class of the largest logit, whatever its probability.

    Parameters
    ----------
    classifier : Classifier
    request : Request
        Its picture, layer, reference and segmentation are taken. Coalitions come from the same
        table as every other method's.
    aim : {"keep", "change"}
    budget : int
        Coalitions at most; see `smallest_set`.

    Yields
    ------
    SmallestParts
        After each step of the search.

    Raises
    ------
    ValueError
        When the network has one output and so no other answer, or as `pose` does.
    """
    from attribution_core.explanation import pose

    if classifier.classes < 2:
        raise ValueError("The network has one output, and so no other answer that it could change.")
    game = pose(classifier, request).game()
    (whole,) = game.logits(np.ones((1, game.players), bool))
    answer = int(np.argmax(whole))

    def left_of(parts: BoolArray) -> BoolArray:
        return parts if aim == "keep" else ~parts

    def worth(parts: BoolArray) -> FloatArray:
        """By how much the answer leads, or is behind."""
        logits = np.asarray(game.logits(left_of(parts)), np.float64)
        own = logits[:, answer].copy()
        logits[:, answer] = -np.inf
        lead = own - logits.max(axis=1)
        return np.asarray(lead if aim == "keep" else -lead)

    for found in smallest_set(game.players, worth, budget=budget, batch_size=game.batch_size):
        becomes = None
        if found.members is not None:
            (logits,) = game.logits(left_of(found.members)[None])
            becomes = int(np.argmax(logits))
        yield SmallestParts(aim, answer, becomes, found, budget)
