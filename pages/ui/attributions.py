"""The attributions that a scene asks for, and how they look in the grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from attribution_core.attribution import Attribution
from attribution_core.images import Picture
from attribution_core.references import reference_image
from attribution_core.registry import BFLOAT16, METHODS, unavailable
from attribution_core.request import ZEROS, Request
from attribution_core.scores import Contrast
from attribution_core.segmentations import Grid, Segmentation, Slic
from pages.ui.heatmap_grid import encode_values
from pages.ui.settings import Settings
from pages.ui.work import Explain, Predict, Work

MOST_TOGETHER = 4


@dataclass(frozen=True)
class Place:
    """A place in a table of maps: what to run for it, or why nothing can be."""

    row: int
    column: int
    work: Work | None
    reason: str = ""


@dataclass(frozen=True)
class MapTable:
    """Maps in rows and columns, as a page draws them and as they are taken home.

    Attributes
    ----------
    rows, columns : tuple of str
        Titles.
    places : tuple of Place
        One for each row and column.
    row_names, column_names : tuple of str
        What rows and columns are called in files: letters, digits, ``-`` and ``_``.
    column_help : mapping of title to str
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    places: tuple[Place, ...]
    row_names: tuple[str, ...]
    column_names: tuple[str, ...]
    column_help: Mapping[str, str] = field(default_factory=dict)


def classes_by_methods(
    settings: Settings, picture: Picture, classes: Sequence[int], labels: Sequence[str]
) -> MapTable:
    """A row a class, a column a method."""
    methods = [METHODS[name] for name in settings.methods]
    return MapTable(
        rows=tuple(labels[number] for number in classes),
        columns=tuple(method.title for method in methods),
        places=places(settings, picture, classes, labels),
        row_names=tuple(str(number) for number in classes),
        column_names=settings.methods,
        column_help={method.title: method.summary for method in methods},
    )


def places(
    settings: Settings, picture: Picture, classes: Sequence[int], labels: Sequence[str]
) -> tuple[Place, ...]:
    """A row a class, a column a method."""
    made = []
    for row, target in enumerate(classes):
        for column, method in enumerate(settings.methods):
            reason = unavailable(METHODS[method], at_input=settings.layer == "input")
            if not reason and settings.score == "contrast" and target == settings.against:
                reason = (
                    f"“{labels[target]}” is the class that the others are contrasted with: "
                    "choose another below “Score to explain”."
                )
            work = None
            if not reason:
                try:
                    request = request_for(settings, picture, method, target)
                    work = Explain(settings.model, request, _beside(settings, classes, target))
                except ValueError as error:
                    reason = str(error)
            made.append(Place(row, column, work, reason))
    return tuple(made)


def _beside(settings: Settings, classes: Sequence[int], target: int) -> tuple[int, ...]:
    """The other classes of the same few rows: gradients of all are held in memory together."""
    rival = settings.against if settings.score == "contrast" else None
    asked = [number for number in classes if number != rival]
    start = asked.index(target) // MOST_TOGETHER * MOST_TOGETHER
    return tuple(number for number in asked[start : start + MOST_TOGETHER] if number != target)


def request_for(settings: Settings, picture: Picture, method: str, target: int) -> Request:
    """The request for one map; ValueError where the settings do not fit together."""
    return Request.of(
        picture,
        method,
        target,
        layer=settings.layer,
        reference=settings.reference,
        score=score_for(settings),
        segmentation=segmentation_for(settings),
        seed=settings.seed,
        options=settings.options_of(method),
    )


def score_for(settings: Settings) -> str | Contrast:
    """The score to explain."""
    return Contrast(settings.against or 0) if settings.score == "contrast" else settings.score


def segmentation_for(settings: Settings) -> Segmentation:
    """The players of coalition methods."""
    if settings.layer != "input":
        return settings.count
    if settings.segmentation == "superpixels":
        return Slic(settings.count, settings.compactness)
    side = max(1, round(settings.count**0.5))
    return Grid(side, max(1, round(settings.count / side)))


def reference_of(settings: Settings, picture: Picture) -> Picture | None:
    """The reference picture; None where the reference is an inner layer's zeros."""
    if settings.reference == ZEROS:
        return None
    return Picture.of(reference_image(picture.pixels, settings.reference, settings.seed))


def predictions_for(settings: Settings, picture: Picture) -> list[Predict]:
    """What the model is asked before anything is explained: picture and reference."""
    reference = reference_of(settings, picture)
    return [
        Predict(settings.model, each, settings.layer)
        for each in (picture, reference)
        if each is not None
    ]


def drawn_values(attribution: Attribution) -> npt.NDArray[np.float32]:
    """What a map shows: each player's whole value where there are players, else the heatmap."""
    if attribution.player_values is None or attribution.segments is None:
        return attribution.heatmap
    return attribution.player_values[attribution.segments]


class DrawnMap:
    """What depends on one attribution alone: made once, whoever draws it and how often."""

    def __init__(self, attribution: Attribution) -> None:
        self.values = drawn_values(attribution)
        self.caption = caption(attribution)
        self._limits: dict[float, float] = {}

    def limit(self, clip: float) -> float:
        """The percentile of the values' sizes."""
        if clip not in self._limits:
            self._limits[clip] = float(np.percentile(np.abs(self.values), clip))
        return self._limits[clip]

    @cached_property
    def packed(self) -> dict[str, Any]:
        """The values as the browser gets them."""
        return encode_values(self.values)


_drawn_maps: WeakKeyDictionary[Attribution, DrawnMap] = WeakKeyDictionary()


def drawn_map(attribution: Attribution) -> DrawnMap:
    """What is drawn of an attribution, kept as long as the attribution is."""
    known = _drawn_maps.get(attribution)
    return known or _drawn_maps.setdefault(attribution, DrawnMap(attribution))


def limits(
    attributions: Mapping[tuple[int, int], Attribution], settings: Settings
) -> dict[tuple[int, int], float]:
    """Where colours saturate, by (row, column): the clip percentile of each map's |values|, or the
    largest of its method's maps where they share a scale."""
    own = {
        place: drawn_map(attribution).limit(settings.clip)
        for place, attribution in attributions.items()
    }
    if settings.scale == "map":
        return {place: limit or _largest(attributions[place]) for place, limit in own.items()}
    shared: dict[int, float] = {}
    for (_, column), limit in own.items():
        shared[column] = max(shared.get(column, 0.0), limit)
    return {place: shared[place[1]] or _largest(attributions[place]) for place in own}


def _largest(attribution: Attribution) -> float:
    return drawn_map(attribution).limit(100.0) or 1.0


def caption(attribution: Attribution) -> tuple[str, ...]:
    """Seconds, evaluations, and what the map sums to against what it should."""
    work = f"{_seconds(attribution.seconds)} · {attribution.evaluations} evaluations"
    if attribution.evaluations == 1:
        work = work.removesuffix("s")
    if (BFLOAT16.name, True) in attribution.request.options:
        work += f" in {BFLOAT16.name}"
    change = attribution.score - attribution.reference_score
    total = attribution.total
    sums = f"sums to {total:.3g}"
    if attribution.completeness_gap is None:
        return work, f"{sums} · f(x) − f(x′) = {change:.3g}"
    gap = attribution.completeness_gap / abs(change) if change else float("inf")
    shown = f"{100 * gap:.1f} %" if gap < 10 else f"{attribution.completeness_gap:.3g}"
    return work, f"{sums} · should sum to {change:.3g} · gap {shown}"


def _seconds(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
