"""The attributions that a scene asks for, and how they look in the grid."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

from attribution_core import painting
from attribution_core.attribution import Attribution
from attribution_core.images import INPUT, Picture
from attribution_core.methods.options import BFLOAT16
from attribution_core.painting import drawn_values
from attribution_core.references import reference_image
from attribution_core.registry import METHODS
from attribution_core.request import ZEROS, Reason, Request, request_or_reason
from attribution_core.scores import Contrast
from attribution_core.segmentations import (
    Grid,
    Segmentation,
    Slic,
    counted,
    rows_and_columns,
)
from pages.ui.components.heatmap_grid import encode_values
from pages.ui.shell.scene import Scene
from pages.ui.shell.settings import Settings
from pages.ui.worker.tasks import Explain, Predict, Work

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


def classes_by_methods(scene: Scene, classes: Sequence[int]) -> MapTable:
    """A row a class, a column a method."""
    methods = [METHODS[name] for name in scene.settings.methods]
    return MapTable(
        rows=tuple(scene.labels[number] for number in classes),
        columns=tuple(method.title for method in methods),
        places=places(scene, classes),
        row_names=tuple(str(number) for number in classes),
        column_names=scene.settings.methods,
        column_help={method.title: method.help for method in methods},
    )


def places(scene: Scene, classes: Sequence[int]) -> tuple[Place, ...]:
    """A row a class, a column a method."""
    settings = scene.settings
    return tuple(
        place_of(
            scene,
            row,
            column,
            request_for(scene, method, target),
            beside=_beside(settings, classes, target),
        )
        for row, target in enumerate(classes)
        for column, method in enumerate(settings.methods)
    )


def place_of(
    scene: Scene, row: int, column: int, asked: Request | Reason, beside: tuple[int, ...] = ()
) -> Place:
    """The map that is asked for in its place, or why there is none."""
    if isinstance(asked, Reason):
        return Place(row, column, None, asked)
    return Place(row, column, Explain(scene.settings.model, asked, beside))


def _beside(settings: Settings, classes: Sequence[int], target: int) -> tuple[int, ...]:
    """The other classes of the same few rows: gradients of all are held in memory together."""
    rival = settings.against if settings.score == "contrast" else None
    asked = [number for number in classes if number != rival]
    if target == rival:
        return ()
    start = asked.index(target) // MOST_TOGETHER * MOST_TOGETHER
    return tuple(number for number in asked[start : start + MOST_TOGETHER] if number != target)


def request_for(scene: Scene, method: str, target: int) -> Request | Reason:
    """The request for one map of a scene, or why there is none."""
    settings = scene.settings
    return request_or_reason(
        scene.classifier,
        picture=scene.picture,
        method=method,
        target=target,
        layer=settings.layer,
        reference=settings.reference,
        score=score_for(settings),
        segmentation=segmentation_for(settings),
        seed=settings.seed,
        options=settings.options_of(method),
        labels=scene.labels,
    )


def score_for(settings: Settings) -> str | Contrast:
    """The score to explain."""
    return Contrast(settings.against or 0) if settings.score == "contrast" else settings.score


def segmentation_for(settings: Settings) -> Segmentation:
    """The players of coalition methods."""
    if settings.layer != INPUT:
        return settings.count
    if settings.segmentation == "superpixels":
        return Slic(settings.count, settings.compactness)
    side = max(1, round(settings.count**0.5))
    return Grid(side, max(1, round(settings.count / side)))


def players_given(settings: Settings, height: int, width: int) -> str:
    """What the settings cut a layer's plane into, in words."""
    segmentation = segmentation_for(settings)
    too_many = f"More than the picture's {height}×{width} pixels allow: choose fewer."
    if isinstance(segmentation, Slic):
        if settings.count > height * width:
            return too_many
        return f"Gives {counted(settings.count, 'superpixel')}, each in one piece."
    if isinstance(segmentation, Grid):
        rows, columns = segmentation.rows, segmentation.columns
        if rows > height or columns > width:
            return too_many
    else:
        rows, columns = rows_and_columns(height, width, settings.count)
        if (rows, columns) == (height, width):
            return f"Gives {counted(rows * columns, 'position')}: the layer's {height}×{width}."
    cells = counted(rows * columns, "grid cell")
    return f"Gives {cells}: {rows}×{columns} over {height}×{width} positions."


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


class DrawnMap:
    """What depends on one attribution alone: made once, whoever draws it and how often."""

    def __init__(self, attribution: Attribution) -> None:
        self.values = drawn_values(attribution)
        self.caption = caption(attribution)
        self._limits: dict[float, float] = {}

    def limit(self, clip: float) -> float:
        """The percentile of the values' sizes."""
        if clip not in self._limits:
            self._limits[clip] = painting.percentile_of(self.values, clip)
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
    drawn = {place: drawn_map(attribution) for place, attribution in attributions.items()}
    shared = settings.scale == "method"
    return painting.limits(drawn, settings.clip, shared=shared, percentile=DrawnMap.limit)


def unit_of(request: Request) -> str:
    """The unit of a map's values: that of the score, or the score's change per unit for a slope."""
    unit = "probability" if request.score == "probability" else "logits"
    slope = request.method == "gradient" or dict(request.options).get("of") == "gradient"
    return f"{unit} per unit" if slope else unit


def caption(attribution: Attribution) -> tuple[str, ...]:
    """Players, seconds, evaluations, and what the map sums to against what it should."""
    evaluations = counted(attribution.evaluations, "evaluation")
    parts = (attribution.players, _seconds(attribution.seconds), evaluations)
    work = " · ".join(filter(None, parts))
    if (BFLOAT16, True) in attribution.request.options:
        work += f" in {BFLOAT16}"
    change = attribution.score - attribution.reference_score
    total = attribution.total
    sums = f"sums to {total:.3g}"
    if attribution.completeness_gap is None:
        return work, f"{sums} · f(x) − f(x′) = {change:.3g}"
    gap = attribution.completeness_gap / abs(change) if change else float("inf")
    shown = f"{100 * gap:.1f} %" if gap < 10 else f"{attribution.completeness_gap:.3g}"
    return work, f"{sums} · should sum to {change:.3g} · gap {shown}"


def titles_of(precision: str) -> str:
    """The titles of the methods whose numbers have a precision, as part of a sentence."""
    titles = [each.title for each in METHODS.values() if each.precision == precision]
    return " and ".join([", ".join(titles[:-1]), titles[-1]] if len(titles) > 1 else titles)


def _seconds(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
