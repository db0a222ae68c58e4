"""What every two parts of a picture are worth together: all Shapley interactions in one call."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy.typing as npt

from attribution_core.arrays import FloatArray
from attribution_core.images import INPUT, Picture, Pixels
from attribution_core.methods.estimate import Estimate, last_of
from attribution_core.methods.shapley_interactions import (
    AROUND,
    CONTEXTS,
    MOST_PLAYERS,
    refine_interactions,
    strongest_pairs,
)
from attribution_core.request import Request, granted, request_or_reason
from attribution_core.scores import Contrast
from attribution_core.segmentations import Segmentation, Segments, segmentation_of

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier

ROUNDING = 1e-5
"""Networks compute in single precision: smaller interactions may be rounding."""


@dataclass(frozen=True, eq=False)
class PairInteractions:
    """The Shapley interactions of all pairs of players, in units of the score.

    Attributes
    ----------
    request : Request
        The settings that made them; its method and options are without meaning.
    model, model_fingerprint, label : str
        As in `Attribution`.
    segments : int array ``(h, w)``
        The player that each position of the layer belongs to.
    values : float64 array ``(players, players)``
        Symmetric with a zero diagonal; positive where two are worth more together than apart.
    standard_error : float64 array ``(players, players)`` or None
        Of sampled values; None where they are exact, or are too few contexts' to tell.
    contexts : int
        Random coalitions around which all pairs were tried; 0 where the values are exact.
    evaluations : int
        Coalitions that the values are based on.
    done, planned : int
        Coalitions.
    seconds : float
    """

    request: Request
    model: str
    model_fingerprint: str
    label: str
    segments: Segments
    values: FloatArray
    standard_error: FloatArray | None
    contexts: int
    evaluations: int
    done: int
    planned: int
    seconds: float

    @property
    def exact(self) -> bool:
        """Whether the values are exact up to rounding, once all is done."""
        return not self.contexts

    @property
    def pairs(self) -> int:
        """How many there are."""
        return len(self.values) * (len(self.values) - 1) // 2

    def strongest(self, most: int) -> list[tuple[int, int]]:
        """The pairs told apart from nothing, the largest |interaction| first, at most so many."""
        known = Estimate(
            self.values, self.done, self.planned, self.evaluations, self.standard_error
        )
        return strongest_pairs(known, most, ROUNDING)


def pair_interactions(
    classifier: Classifier,
    image: Pixels,
    *,
    target: int,
    layer: str = INPUT,
    reference: str = "black",
    score: str | Contrast | None = None,
    superpixels: Segmentation | npt.ArrayLike = None,
    contexts: int = CONTEXTS,
    seed: int = 0,
) -> PairInteractions:
    """The Shapley interactions of all pairs of players (Grabisch and Roubens 1999).

    Parameters
    ----------
    classifier, image, target, layer, reference, score, superpixels, seed
        As in `explain`.
    contexts : int
        Of more than 16 players whose head is not local, all pairs are tried around so many random
        coalitions, each of which takes 1 + l + l(l−1)/2 evaluations of l players: 1276 of 50.
        Standard errors are known from six on. Up to 16 players, all coalitions are evaluated.

    Returns
    -------
    PairInteractions

    Raises
    ------
    ValueError
        When something asked for does not exist or does not fit, or there is one player only; one
        sentence says what would.
    """
    asked = request_or_reason(
        classifier,
        picture=Picture.given(image),
        method="kernel_shap",
        target=target,
        layer=layer,
        reference=reference,
        score=score,
        segmentation=segmentation_of(superpixels),
        seed=seed,
    )
    return last_of(refine_pair_interactions(classifier, granted(asked), contexts=contexts))


def refine_pair_interactions(
    classifier: Classifier,
    request: Request,
    *,
    most_exact: int = MOST_PLAYERS,
    contexts: int = CONTEXTS,
) -> Iterator[PairInteractions]:
    """`pair_interactions`, after each batch; ``most_exact`` as in `refine_interactions`."""
    from attribution_core.explanation import pose

    began = time.perf_counter()
    problem = pose(classifier, request)
    segments = problem.segments_of(None)
    for estimate in refine_interactions(problem, most_exact=most_exact, contexts=contexts):
        yield PairInteractions(
            request=request,
            model=classifier.name,
            model_fingerprint=classifier.fingerprint,
            label=classifier.labels[request.target],
            segments=segments,
            values=estimate.values,
            standard_error=estimate.standard_error,
            contexts=int(estimate.diagnostics.get(AROUND, 0)),
            evaluations=estimate.evaluations,
            done=estimate.done,
            planned=estimate.planned,
            seconds=time.perf_counter() - began,
        )
