"""The task of the table of measures: all measures of one picture's maps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from attribution_core.images import INPUT, Picture
from attribution_core.images.picture import digest
from attribution_core.measures.known_measures import MEASURES
from attribution_core.measures.map_curves import Players
from attribution_core.measures.measure import Effort
from attribution_core.measures.measure_table import Measured, measured_map
from attribution_core.measures.pointing import Region
from attribution_core.request import Request, evaluations_of
from pages.ui.faithfulness.tasks import of_class

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier


@dataclass(frozen=True, eq=False)
class Marked:
    """Where a picture shows the class; compared by content."""

    region: Region
    digest: str

    @classmethod
    def of(cls, region: Region) -> Marked:
        return cls(region, digest(region))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Marked) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)


@dataclass(frozen=True)
class PictureMeasures:
    """What has been measured of a picture's maps so far."""

    found: tuple[Measured, ...]
    done: int
    planned: int


@dataclass(frozen=True)
class MeasureMaps:
    """Measures of the maps of a class of a picture, one after another.

    Attributes
    ----------
    model, title : str
        ``title`` names the picture in the table.
    requests : tuple of Request
        Of the picture, for ``target``; where that is None, templates.
    players, measures, effort
        As in `measured_map`.
    marked : Marked or None
    target : int or None
        The class; None for the top class of ``shown``.
    shown : Picture or None
        Whose top class is explained: a mosaic's tile by itself; None for the picture.
    beside : tuple of Picture
        The mosaic's other tiles: nothing is measured where one of them has the same top class.
    """

    at_once: ClassVar[bool] = False

    model: str
    title: str
    requests: tuple[Request, ...]
    players: Players
    measures: tuple[str, ...]
    effort: Effort
    marked: Marked | None = None
    target: int | None = None
    shown: Picture | None = None
    beside: tuple[Picture, ...] = ()

    def steps(self, classifier: Classifier) -> Iterator[PictureMeasures]:
        from attribution_core.explanation import explain_request

        requests = self._of_its_class(classifier)
        planned = len(self.requests) * len(self.measures)
        found: tuple[Measured, ...] = ()
        if not requests:
            yield PictureMeasures((), planned, planned)
            return
        for number, request in enumerate(requests):
            attribution = explain_request(classifier, request)
            for place, measure in enumerate(self.measures):
                found += tuple(
                    measured_map(
                        classifier,
                        attribution,
                        (measure,),
                        picture=self.title,
                        players=self.players,
                        effort=self.effort,
                        region=None if self.marked is None else self.marked.region,
                    )
                )
                done = number * len(self.measures) + place + 1
                yield PictureMeasures(found, done, planned)

    def _of_its_class(self, classifier: Classifier) -> tuple[Request, ...]:
        """The requests for the class; none where another tile has it as well."""
        if self.target is not None:
            return self.requests
        first, second = _best(classifier, self.shown or self.requests[0].picture)
        if first in [_best(classifier, each)[0] for each in self.beside]:
            return ()
        return tuple(of_class(each, first, second) for each in self.requests)

    def multiplications(self, classifier: Classifier) -> float:
        whole = classifier.layer(INPUT).multiplications
        removal = classifier.layer(self.players.layer).multiplications
        chosen = [MEASURES[name] for name in self.measures]
        maps = 1 + sum(each.maps(self.effort) for each in chosen)
        passes = sum(
            each.passes(self.effort) * (whole if each.needs == "pixels" else removal)
            for each in chosen
        )
        # Each map of another picture takes a pass through the layers below its own, too.
        return sum(
            passes
            + maps
            * (
                whole
                + evaluations_of(classifier, request)
                * classifier.layer(request.layer).multiplications
            )
            for request in self.requests
        )


def _best(classifier: Classifier, picture: Picture) -> tuple[int, int]:
    """The top class and the runner-up; of a network of one class, that twice."""
    ranked = np.argsort(-classifier.scores(picture.pixels), kind="stable")[:2]
    return int(ranked[0]), int(ranked[-1])
