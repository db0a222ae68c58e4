"""Agreement: does the map come out the same with other random numbers, or a few pixels aside?"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle, islice

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.images import Picture, Pixels
from attribution_core.measures.measure import Measure, Measurement, Subject
from attribution_core.measures.similarity import spearman
from attribution_core.resampling import area_means, resampled

SHIFTS = ((0, 4), (4, 0), (0, -4), (-4, 0), (3, 3), (-3, -3), (3, -3), (-3, 3))
"""In pixels down and to the right, of a picture of 224."""

_SIDE = 224


def agreement(heatmap: FloatArray, others: Sequence[FloatArray]) -> float:
    """The mean rank correlation (Spearman) of a map with others of its plane, in [−1, 1].

    NaN where a map is constant.
    """
    return float(np.mean([spearman(heatmap, other) for other in others]))


def shifted(picture: Pixels, down: int, right: int) -> Pixels:
    """The picture ``(h, w, 3)`` moved by whole pixels, its border repeated where it leaves."""
    height, width = picture.shape[:2]
    rows = np.clip(np.arange(height) - down, 0, height - 1)
    columns = np.clip(np.arange(width) - right, 0, width - 1)
    return np.asarray(picture[np.ix_(rows, columns)])


def brought_back(
    heatmap: FloatArray, moved: FloatArray, size: tuple[int, int], down: int, right: int
) -> tuple[FloatArray, FloatArray]:
    """The parts of two maps that show the same, of a picture and of its shifted copy.

    Both maps ``(h, w)`` are spread over the picture's pixels ``size``, cut to what both pictures
    show, and averaged over as many areas as the maps have positions.
    """
    plane = heatmap.shape[0], heatmap.shape[1]
    height, width = size
    own = slice(max(0, -down), height - max(0, down)), slice(max(0, -right), width - max(0, right))
    there = (
        slice(max(0, down), height - max(0, -down)),
        slice(max(0, right), width - max(0, -right)),
    )
    return (
        area_means(resampled(heatmap, size)[own], plane),
        area_means(resampled(moved, size)[there], plane),
    )


def _between_seeds(subject: Subject) -> Measurement:
    own = subject.explained()
    others = [subject.explained(seed=1 + number) for number in range(subject.effort.others)]
    return Measurement(
        agreement(own, others), tuple(agreement(each, [own]) for each in subject.shuffles())
    )


def _between_shifts(subject: Subject) -> Measurement:
    picture = subject.request.picture.pixels
    size = picture.shape[0], picture.shape[1]
    own = subject.explained()
    found = []
    for down, right in islice(cycle(SHIFTS), min(subject.effort.others, len(SHIFTS))):
        by = tuple(_at_least_one(each * min(size) / _SIDE) for each in (down, right))
        moved = subject.explained(Picture.of(shifted(picture, *by)))
        found.append(spearman(*brought_back(own, moved, size, *by)))
    return Measurement(
        float(np.mean(found)), tuple(agreement(each, [own]) for each in subject.shuffles())
    )


def _at_least_one(pixels: float) -> int:
    """Whole pixels, not 0 where there is a shift at all."""
    return int(np.sign(pixels) * max(1, round(abs(pixels)))) if pixels else 0


SEEDS = Measure(
    name="seed_agreement",
    title="Agreement between seeds",
    summary="The mean rank correlation of the map with maps that differ in nothing but the seed of "
    "their random numbers.",
    cannot_say="Methods that draw nothing have exactly 1, right or wrong; others reach it with a "
    "larger budget.",
    better="higher",
    unit="",
    random="the map's values dealt to other places",
    paper="Visani et al. 2022",
    needs="maps",
    of=_between_seeds,
    maps=lambda effort: effort.others,
)

SHIFT = Measure(
    name="shift_agreement",
    title="Agreement between shifts",
    summary="The mean rank correlation of the map with those of the picture moved by three or "
    "four of 224 pixels, brought back to its place.",
    cannot_say="Networks with strides do not see the same picture a few pixels aside: what moves "
    "may be the network's answer and not the method's.",
    better="higher",
    unit="",
    random="the map's values dealt to other places",
    paper="Crabbé and van der Schaar 2023",
    needs="maps",
    of=_between_shifts,
    maps=lambda effort: min(effort.others, len(SHIFTS)),
)
