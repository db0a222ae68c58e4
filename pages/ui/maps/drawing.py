"""How attributions look in a grid: values, colour limits and captions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from attribution_core import painting
from attribution_core.attribution import Attribution
from attribution_core.images import Picture
from attribution_core.measures.whereabouts import shares_of, told_by
from attribution_core.methods.estimate import TOTAL_ERROR
from attribution_core.methods.kernel_shap import GRADIENTS, WITHOUT_ERRORS
from attribution_core.methods.options import BFLOAT16
from attribution_core.methods.owen_values import UNDIVIDED
from attribution_core.methods.semivalues import LOCAL
from attribution_core.painting import drawn_values
from attribution_core.registry import METHODS
from attribution_core.segmentations import counted
from pages.ui.components.heatmap_grid import encode_values
from pages.ui.shell.numbers import three_digits, written
from pages.ui.shell.settings import Settings


class DrawnMap:
    """What depends on the attribution alone: computed once, however often it is drawn."""

    def __init__(self, attribution: Attribution) -> None:
        self.values = drawn_values(attribution)
        self.caption = caption(attribution)
        self._heatmap = self.values if attribution.blank else attribution.heatmap
        self._limits: dict[float, float] = {}

    def limit(self, clip: float) -> float:
        """A percentile of the absolute values."""
        if clip not in self._limits:
            self._limits[clip] = painting.percentile_of(self.values, clip)
        return self._limits[clip]

    @cached_property
    def shares(self) -> tuple[float, ...]:
        """What of the positive values lies in each part of the picture, as `shares_of` gives it."""
        return shares_of(self._heatmap)

    @cached_property
    def where(self) -> str:
        """Where the positive values lie, in words, for those who do not see the map."""
        found = told_by([self.shares])
        if found.part is None:
            return "no value is positive"
        percent = f"{100 * found.shares[0]:.0f} %"
        if found.spread:
            return f"positive values spread over the picture, {percent} in {found.part.name}"
        return f"{percent} of the positive values in {found.part.name}"

    @cached_property
    def packed(self) -> dict[str, Any]:
        """The values as they are sent to the browser."""
        return encode_values(self.values)


_drawn_maps: WeakKeyDictionary[Attribution, DrawnMap] = WeakKeyDictionary()


def drawn_map(attribution: Attribution) -> DrawnMap:
    """How an attribution is drawn, kept as long as the attribution is."""
    known = _drawn_maps.get(attribution)
    return known or _drawn_maps.setdefault(attribution, DrawnMap(attribution))


def limits(
    attributions: Mapping[tuple[int, int], Attribution], settings: Settings
) -> dict[tuple[int, int], float]:
    """Where colours saturate, by (row, column): the clip percentile of each map's |values|, or the
    largest of its method's maps where they share a scale."""
    drawn = {at: drawn_map(attribution) for at, attribution in attributions.items()}
    shared = settings.scale == "method"
    return painting.limits(drawn, settings.clip, shared=shared, percentile=DrawnMap.limit)


def caption(attribution: Attribution) -> tuple[str, ...]:
    """Variant, players, seconds, evaluations, and the map's sum beside the sum it should have.

    An estimate says so, with its largest standard error or why there is none, and whether it is
    mostly noise, or the same for every picture; where its sum is one too, that has its own.
    """
    evaluations = counted(attribution.evaluations, "evaluation")
    if gradients := attribution.diagnostics.get(GRADIENTS):
        evaluations += f" + {gradients:.0f} gradients"
    if LOCAL in attribution.diagnostics and attribution.done == attribution.planned:
        evaluations = f"exact: {evaluations}, the head is local"
    elif attribution.standard_error is not None and (
        most := float(attribution.standard_error.max())
    ):
        evaluations = f"estimated from {evaluations}, ± {written(most, '.2g')}"
    elif reason := no_error_bars(attribution):
        evaluations = f"estimated from {evaluations}, {reason}"
    if undivided := attribution.diagnostics.get(UNDIVIDED):
        evaluations += f", {100 * undivided:.0f} % in groups not divided"
    request = attribution.request
    variant = METHODS[request.method].variant_of(dict(request.options))
    parts = (variant, attribution.players, in_seconds(attribution.seconds), evaluations)
    cost = " · ".join(filter(None, parts))
    if (BFLOAT16, True) in request.options:
        cost += f" in {BFLOAT16}"
    change = attribution.score - attribution.reference_score
    total = attribution.total
    sums = f"sums to {three_digits(total)}"
    if error := attribution.diagnostics.get(TOTAL_ERROR):
        sums += f" ± {written(error, '.2g')}"
    if attribution.completeness_gap is None:
        return cost, f"{sums} · f(x) − f(x′) = {three_digits(change)}", *attribution.notices
    of_score = METHODS[request.method].splits_score
    aim, named = (attribution.score, "f(x) = ") if of_score else (change, "")
    gap = attribution.completeness_gap / abs(aim) if aim else float("inf")
    shown = f"{100 * gap:.1f} %" if gap < 10 else three_digits(attribution.completeness_gap)
    told = f"{sums} · should be {named}{three_digits(aim)} · gap {shown}"
    return cost, told, *attribution.notices


def no_error_bars(attribution: Attribution) -> str:
    """Why an estimate has no standard errors, as its method says; empty where it does not."""
    templates = METHODS[attribution.request.method].diagnostics
    return next(
        (
            templates[reason].format(attribution.diagnostics[reason])
            for reason in WITHOUT_ERRORS
            if reason in attribution.diagnostics
        ),
        "",
    )


def picture_beneath(picture: Picture, attribution: Attribution) -> npt.NDArray[np.uint8] | None:
    """The picture that was explained, where it is another than the grid's."""
    explained = attribution.request.picture
    return None if explained == picture else explained.pixels.astype(np.uint8)


def titles_of(precision: str) -> str:
    """The titles of the methods whose numbers have a precision, as part of a sentence."""
    titles = [each.title for each in METHODS.values() if each.precision == precision]
    return " and ".join([", ".join(titles[:-1]), titles[-1]] if len(titles) > 1 else titles)


def in_seconds(seconds: float) -> str:
    """A time that was measured, in words."""
    return f"{1000 * seconds:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
