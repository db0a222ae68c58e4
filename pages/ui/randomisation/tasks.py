"""The tasks of the randomisation page: maps, predictions and curves of randomised networks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from attribution_core.attribution import Attribution
from attribution_core.images import Picture
from attribution_core.measures.similarity import similarity
from attribution_core.request import Request, evaluations_of
from pages.ui.worker.tasks import Prediction

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier
    from attribution_core.network.randomisation import Randomisation


@dataclass(frozen=True)
class Draw:
    """Which parameters are re-initialised: the arguments of `Randomisation.at`."""

    depth: int
    seed: int
    alone: bool

    def of(self, classifier: Classifier) -> Classifier:
        """The classifier's one randomised copy, with these parameters until the next draw."""
        return randomisation_of(classifier).at(self.depth, self.seed, alone=self.alone)


def randomisation_of(classifier: Classifier) -> Randomisation:
    """The copy that all sessions share: only the worker's thread uses it, a step at a time."""
    from attribution_core.network.randomisation import Randomisation

    return classifier.keep("randomisation", lambda: Randomisation(classifier))


def refined(classifier: Classifier, draw: Draw, request: Request) -> Iterator[Attribution]:
    """Attributions of the randomised network, as `attribution_core.refine` gives them."""
    from attribution_core.explanation import refine_request

    estimates = refine_request(draw.of(classifier), request)
    while True:
        # Between two steps, another task may have re-initialised the copy differently.
        draw.of(classifier)
        attribution = next(estimates, None)
        if attribution is None:
            return
        yield attribution


@dataclass(frozen=True)
class FindStages:
    """The names of the stages that can be randomised, from the top down."""

    at_once: ClassVar[bool] = True

    model: str

    def steps(self, classifier: Classifier) -> Iterator[tuple[str, ...]]:
        from attribution_core.network.randomisation import stages

        yield tuple(stage.name for stage in stages(classifier.network))

    def multiplications(self, classifier: Classifier) -> float:
        return 0


@dataclass(frozen=True)
class PredictRandomised:
    """A randomised network's prediction for a picture."""

    at_once: ClassVar[bool] = True

    model: str
    picture: Picture
    draw: Draw

    def steps(self, classifier: Classifier) -> Iterator[Prediction]:
        logits = self.draw.of(classifier).scores(self.picture.pixels)
        yield Prediction.of(logits, classifier.link)

    def multiplications(self, classifier: Classifier) -> float:
        return classifier.layer("input").multiplications


@dataclass(frozen=True)
class ExplainRandomised:
    """An attribution by a randomised network."""

    at_once: ClassVar[bool] = False

    model: str
    request: Request
    draw: Draw

    def steps(self, classifier: Classifier) -> Iterator[Attribution]:
        return refined(classifier, self.draw, self.request)

    def multiplications(self, classifier: Classifier) -> float:
        return (
            evaluations_of(classifier, self.request)
            * classifier.layer(self.request.layer).multiplications
        )


@dataclass(frozen=True, eq=False)
class SimilarityCurves:
    """How alike the maps of randomised networks are to the original's.

    Attributes
    ----------
    values : float64 array ``(measures, seeds, stages)``
        In the order of `Similarity`'s fields; NaN where not measured yet, or not measurable.
    done, planned : int
        Maps.
    """

    values: npt.NDArray[np.float64]
    done: int
    planned: int


@dataclass(frozen=True)
class CompareRandomised:
    """Similarity curves of one request: every depth, for several seeds."""

    at_once: ClassVar[bool] = False

    model: str
    request: Request
    seeds: tuple[int, ...]
    alone: bool

    def steps(self, classifier: Classifier) -> Iterator[SimilarityCurves]:
        from attribution_core.explanation import explain_request, refine_request

        count = len(randomisation_of(classifier).stages)
        values = np.full((4, len(self.seeds), count), np.nan)
        planned = 1 + len(self.seeds) * count
        for _ in refine_request(classifier, self.request):
            yield SimilarityCurves(values.copy(), 0, planned)
        original = explain_request(classifier, self.request).heatmap
        done = 1
        for row, seed in enumerate(self.seeds):
            for column in range(count):
                draw = Draw(column + 1, seed, self.alone)
                for attribution in refined(classifier, draw, self.request):
                    if not attribution.finished:
                        yield SimilarityCurves(values.copy(), done, planned)
                        continue
                    values[:, row, column] = astuple(similarity(original, attribution.heatmap))
                    done += 1
                    yield SimilarityCurves(values.copy(), done, planned)

    def multiplications(self, classifier: Classifier) -> float:
        # An upper bound: networks of more stages are randomised a block at a time.
        draws = 20 * len(self.seeds)
        layer = classifier.layer(self.request.layer)
        return draws * evaluations_of(classifier, self.request) * layer.multiplications
