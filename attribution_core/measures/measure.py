"""The description of a measure: what it says of a map, what it cannot say, and its baseline."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import numpy as np

from attribution_core.arrays import BoolArray, FloatArray
from attribution_core.images import INPUT, Picture
from attribution_core.images.picture import digest
from attribution_core.measures.map_curves import Players, values_on
from attribution_core.request import ZEROS, Request
from attribution_core.scores import Score

if TYPE_CHECKING:
    from attribution_core.attribution import Attribution
    from attribution_core.network.classifier import Classifier

T = TypeVar("T")

Better = Literal["higher", "lower"]

Needs = Literal["map", "scores", "pixels", "maps", "parameters", "region"]
"""What a measure asks for beside the map: nothing, scores with parts removed, scores of pictures
with pixels painted over, maps of changed pictures or with other seeds, maps of a network with new
parameters, or the region where the thing is."""

_DEALT, _ORDERED = 4, 5


@dataclass(frozen=True)
class Effort:
    """How much is computed for each map.

    Attributes
    ----------
    steps : int
        Points of a removal curve after the first.
    coalitions : int
        Of parts that infidelity removes.
    others : int
        Further maps that a measure asks for: of changed pictures, or with other seeds.
    randoms : int
        Maps without information, for the baseline.
    """

    steps: int = 16
    coalitions: int = 64
    others: int = 4
    randoms: int = 5


@dataclass(frozen=True)
class Measurement:
    """A measure of one map, and of maps without information in its place.

    Attributes
    ----------
    value : float
        NaN where the map has nothing to measure, as one of zeros.
    random : tuple of float
        One number for each map without information, or the one number that is their mean.
    """

    value: float
    random: tuple[float, ...]

    @property
    def baseline(self) -> float:
        """The mean of `random`."""
        return float(np.mean(self.random))


@dataclass(frozen=True)
class Subject:
    """A map to be measured.

    Attributes
    ----------
    classifier : Classifier
    attribution : Attribution
        Of this classifier.
    players : Players
        What is removed, where parts are.
    effort : Effort
    region : bool array ``(height, width)`` or None
        Where the picture shows the class, of any size with the picture's proportions.
    """

    classifier: Classifier
    attribution: Attribution
    players: Players = field(default_factory=Players)
    effort: Effort = field(default_factory=Effort)
    region: BoolArray | None = None

    @property
    def request(self) -> Request:
        """Of the map."""
        return self.attribution.request

    @property
    def heatmap(self) -> FloatArray:
        """The map ``(h, w)``."""
        return np.asarray(self.attribution.heatmap, np.float64)

    @property
    def removal(self) -> Request:
        """The request whose reference removed parts take: black, where zeros are no pixels."""
        if self.players.layer == INPUT and self.request.reference == ZEROS:
            return replace(self.request, reference="black")
        return self.request

    @property
    def shown_score(self) -> Score:
        """The class's probability; of a network that has none, what the map explains."""
        from attribution_core.explanation import score_of

        if self.classifier.link == "none":
            return score_of(self.classifier, self.request)
        return Score(self.request.target, probability=True, link=self.classifier.link)

    def shuffled(self, number: int) -> FloatArray:
        """The map ``(h, w)`` with its values dealt anew: those of its players, or its positions."""
        random = np.random.default_rng((self.request.seed, _DEALT, number))
        segments, values = self.attribution.segments, self.attribution.player_values
        if segments is None or values is None:
            return random.permutation(self.heatmap.ravel()).reshape(self.heatmap.shape)
        spread = np.asarray(values, np.float64) / np.bincount(segments.ravel())
        return np.asarray(random.permutation(spread)[segments])

    def shuffles(self) -> Iterator[FloatArray]:
        """As many shuffled maps as the effort says, each dealt by itself."""
        return (self.shuffled(number) for number in range(self.effort.randoms))

    def random_orders(self) -> Iterator[FloatArray]:
        """Maps ``(h, w)`` that rank this one's players, or positions, in random orders."""
        segments, shape = self.attribution.segments, self.heatmap.shape
        places = np.arange(self.heatmap.size).reshape(shape) if segments is None else segments
        for number in range(self.effort.randoms):
            random = np.random.default_rng((self.request.seed, _ORDERED, number))
            yield np.asarray(random.permutation(int(places.max()) + 1)[places], np.float64)

    def explained(
        self, picture: Picture | None = None, *, classifier: Classifier | None = None, seed: int = 0
    ) -> FloatArray:
        """A map ``(h, w)`` by the same settings, of another picture, network, or seed counted on.

        What else the request's seed draws, such as a noise reference, is drawn anew with it.
        """
        from attribution_core.explanation import explain_request

        asked = replace(
            self.request, picture=picture or self.request.picture, seed=self.request.seed + seed
        )
        found = explain_request(classifier or self.classifier, asked)
        return np.asarray(found.heatmap, np.float64)

    def remembered(self, name: str, compute: Callable[[], T]) -> T:
        """What depends on everything but the method and the map's values, computed once.

        Baselines of random orders are such: they are the same for every map of one plane.
        """
        request, segments = self.request, self.attribution.segments
        plane: Any = self.heatmap.shape if segments is None else digest(segments)
        key = (
            *(self.classifier.fingerprint, "measure", name, self.players, self.effort, plane),
            *(request.picture, request.target, request.reference, request.seed),
            self.shown_score,
        )
        return self.classifier.cache.get_or_compute(key, compute)

    def on_players(self, heatmap: FloatArray, labels: Any) -> FloatArray:
        """A map's value for each player of labels ``(h, w)``, as `values_on` gives it."""
        return values_on(heatmap, labels)[0]


def _always(subject: Subject) -> str:
    return ""


def _none(effort: Effort) -> int:
    return 0


@dataclass(frozen=True, eq=False, kw_only=True)
class Measure:
    """A measure of maps; each is made at the end of its file.

    Attributes
    ----------
    name : str
        In tables, links and on the command line; never to be changed.
    title, summary : str
        The summary is one full sentence.
    cannot_say : str
        What nobody should read into it, one full sentence.
    better : {"higher", "lower"}
    unit : str
        Of its values, such as "share"; empty for a number without one.
    random : str
        What stands for a map without information, a noun phrase.
    paper : str
    needs : Needs
    of : callable
        From a `Subject` to its `Measurement`.
    unavailable : callable
        From a `Subject` to the reason why it has no value there, one sentence; empty where it has.
    maps, passes : callable
        From an `Effort` to about how many further maps it explains, and how many pictures or
        coalitions it scores.
    """

    name: str
    title: str
    summary: str
    cannot_say: str
    better: Better
    unit: str
    random: str
    paper: str
    needs: Needs
    of: Callable[[Subject], Measurement]
    unavailable: Callable[[Subject], str] = _always
    maps: Callable[[Effort], int] = _none
    passes: Callable[[Effort], int] = _none

    @property
    def sign(self) -> int:
        """1 where higher is better, else −1."""
        return 1 if self.better == "higher" else -1

    @property
    def help(self) -> str:
        """Summary, what it cannot say, and the literature."""
        return f"{self.summary} {self.cannot_say} {self.paper}."
