"""The task of the table of measures: all measures of one picture's maps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
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
        Templates, of the picture; their targets are set to the class.
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

        target = self._class(classifier)
        planned = len(self.requests) * len(self.measures)
        found: tuple[Measured, ...] = ()
        if target is None:
            yield PictureMeasures((), planned, planned)
            return
        for number, template in enumerate(self.requests):
            attribution = explain_request(classifier, replace(template, target=target))
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

    def _class(self, classifier: Classifier) -> int | None:
        if self.target is not None:
            return self.target
        own = _top(classifier, self.shown or self.requests[0].picture)
        return None if own in [_top(classifier, each) for each in self.beside] else own

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


def _top(classifier: Classifier, picture: Picture) -> int:
    return int(np.argmax(classifier.scores(picture.pixels)))
