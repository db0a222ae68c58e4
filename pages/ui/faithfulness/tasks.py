"""The tasks of the faithfulness page: curves of maps, of random orders, of whole pictures."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from attribution_core.images import INPUT, Picture
from attribution_core.measures.curves import FaithfulnessCurve, random_curves
from attribution_core.measures.map_curves import Players, curves_of, pose_curve, values_on
from attribution_core.request import ZEROS, Request, evaluations_of
from attribution_core.scores import Contrast

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier


@dataclass(frozen=True)
class Curves:
    """Deletion and insertion of one map.

    ``step_map`` says for each position ``(h, w)`` of the players' plane the point of both curves
    from which on it has left or come.
    """

    deletion: FaithfulnessCurve
    insertion: FaithfulnessCurve
    step_map: npt.NDArray[np.int64]

    def of(self, direction: str) -> FaithfulnessCurve:
        """The deletion, or else the insertion."""
        return self.deletion if direction == "deletion" else self.insertion

    def present(self, direction: str, point: int) -> npt.NDArray[np.bool_]:
        """The positions ``(h, w)`` that take part at a point of a curve."""
        passed = self.step_map <= point
        return ~passed if direction == "deletion" else passed


@dataclass(frozen=True)
class RandomCurves:
    """Deletions and insertions in random orders, one for each seed so far."""

    deletions: tuple[FaithfulnessCurve, ...]
    insertions: tuple[FaithfulnessCurve, ...]
    done: int
    planned: int


@dataclass(frozen=True)
class PictureCurves:
    """A picture's top class, runner-up, and curves by method; the last two are for random order."""

    target: int
    runner_up: int
    curves: tuple[tuple[str, FaithfulnessCurve, FaithfulnessCurve], ...]
    done: int
    planned: int


@dataclass(frozen=True)
class Waiting:
    """The map that curves wait for is under way."""

    done: int
    planned: int


def masked_request(request: Request, players: Players) -> Request:
    """The request with a reference that the players can take: black, where zeros are no pixels."""
    if players.layer == INPUT and request.reference == ZEROS:
        return replace(request, reference="black")
    return request


def of_class(template: Request, target: int, runner_up: int) -> Request:
    """The template for a class; where it was to be contrasted with that, with the runner-up."""
    score = template.score
    if isinstance(score, Contrast) and target in score.classes:
        score = Contrast(runner_up, score.of)
    return replace(template, target=target, score=score)


@dataclass(frozen=True)
class DrawCurves:
    """Both curves of the map that a request asks for."""

    at_once: ClassVar[bool] = False

    model: str
    request: Request
    players: Players
    points: int

    def steps(self, classifier: Classifier) -> Iterator[Waiting | Curves]:
        from attribution_core.explanation import explain_request, refine_request

        whole = self.multiplications(classifier) / max(self._of_map(classifier), 1)
        for attribution in refine_request(classifier, self.request):
            yield Waiting(attribution.done, math.ceil(whole * attribution.planned))
        heatmap = explain_request(classifier, self.request).heatmap
        request = masked_request(self.request, self.players)
        deletion, insertion = curves_of(
            classifier, request, heatmap, self.players, steps=self.points
        )
        _, segments = pose_curve(classifier, request, self.players)
        yield Curves(deletion, insertion, deletion.step_of[segments])

    def multiplications(self, classifier: Classifier) -> float:
        curve_layer = classifier.layer(self.players.layer).multiplications
        return self._of_map(classifier) + 2 * self.points * curve_layer

    def _of_map(self, classifier: Classifier) -> float:
        """The map's part of the multiplications."""
        layer = classifier.layer(self.request.layer)
        return evaluations_of(classifier, self.request) * layer.multiplications


@dataclass(frozen=True)
class DrawRandomCurves:
    """Curves of random orders; their logits serve every class."""

    at_once: ClassVar[bool] = False

    model: str
    request: Request
    players: Players
    points: int
    orders: int

    def steps(self, classifier: Classifier) -> Iterator[RandomCurves]:
        deletions: tuple[FaithfulnessCurve, ...] = ()
        insertions: tuple[FaithfulnessCurve, ...] = ()
        game, segments = pose_curve(
            classifier, masked_request(self.request, self.players), self.players
        )
        _, sizes = values_on(np.zeros(segments.shape), segments)
        for order in range(self.orders):
            deletion, insertion = random_curves(
                game, self.request.seed + order, sizes=sizes, steps=self.points
            )
            deletions, insertions = (*deletions, deletion), (*insertions, insertion)
            yield RandomCurves(deletions, insertions, order + 1, self.orders)

    def multiplications(self, classifier: Classifier) -> float:
        layer = classifier.layer(self.players.layer)
        return self.orders * self.points * layer.multiplications


@dataclass(frozen=True)
class DrawPictureCurves:
    """Curves of a picture's own top class, by each of several methods and one random order.

    The requests are templates: their targets are set to the top class.
    """

    at_once: ClassVar[bool] = False

    model: str
    picture: Picture
    requests: tuple[Request, ...]
    players: Players
    points: int

    def steps(self, classifier: Classifier) -> Iterator[PictureCurves]:
        from attribution_core.explanation import explain_request

        ranked = np.argsort(-classifier.scores(self.picture.pixels), kind="stable")
        target, runner_up = int(ranked[0]), int(ranked[:2][-1])
        curves: tuple[tuple[str, FaithfulnessCurve, FaithfulnessCurve], ...] = ()
        planned = len(self.requests) + 1
        for template in self.requests:
            request = of_class(template, target, runner_up)
            heatmap = explain_request(classifier, request).heatmap
            deletion, insertion = curves_of(
                classifier,
                masked_request(request, self.players),
                heatmap,
                self.players,
                steps=self.points,
            )
            curves = (*curves, (request.method, deletion, insertion))
            yield PictureCurves(target, runner_up, curves, len(curves), planned)
        first = masked_request(self.requests[0], self.players)
        game, segments = pose_curve(classifier, first, self.players)
        _, sizes = values_on(np.zeros(segments.shape), segments)
        deletion, insertion = random_curves(game, first.seed, sizes=sizes, steps=self.points)
        curves = (*curves, (RANDOM, deletion, insertion))
        yield PictureCurves(target, runner_up, curves, planned, planned)

    def multiplications(self, classifier: Classifier) -> float:
        curve_layer = classifier.layer(self.players.layer).multiplications
        return sum(
            evaluations_of(classifier, request) * classifier.layer(request.layer).multiplications
            + 2 * self.points * curve_layer
            for request in self.requests
        )


RANDOM = "random"
"""What random order is called among the methods."""
