"""Pointing: does the map's maximum, or its positive part, lie where the thing is?"""

from __future__ import annotations

import numpy as np

from attribution_core.arrays import BoolArray, FloatArray
from attribution_core.images import Pixels
from attribution_core.measures.localisation import share_inside
from attribution_core.measures.measure import Measure, Measurement, Subject

TOLERANCE = 15.0
"""In pixels of a picture of 224: a maximum so near the region counts as in it."""

Region = BoolArray
"""``(height, width)``, True where the picture shows the class."""

_SIDE = 224


def region_of(mask: Pixels) -> Region:
    """The bright part of a mask: pixels ``(h, w, 3)``, 0..255, whose mean is above the middle.

    ValueError where there is none, or nothing else: in a region that is all of the picture, every
    map points.
    """
    region = np.asarray(np.mean(mask, axis=2) > 127.5)
    if not region.any():
        raise ValueError(
            "The mask is dark everywhere; make it white where the picture shows the class, and "
            "black elsewhere."
        )
    if region.all():
        raise ValueError(
            "The mask is bright everywhere, as what is transparent is taken to be; make it black "
            "where the picture does not show the class."
        )
    return region


def near(region: BoolArray, tolerance: float) -> BoolArray:
    """The region ``(h, w)`` with all pixels no farther than so many from it.

    ValueError where the region is empty.
    """
    from scipy.ndimage import distance_transform_edt

    check_region(region)
    distance: FloatArray = distance_transform_edt(~region)
    return np.asarray(distance <= tolerance)


def pointing_game(heatmap: FloatArray, region: BoolArray, tolerance: float = 0.0) -> float:
    """Whether the map's maximum lies in the region, or near it (Zhang et al. 2018).

    Parameters
    ----------
    heatmap : float array ``(h, w)``
        On any plane: its maximum stands at the centre of its position.
    region : bool array ``(height, width)``
    tolerance : float
        In pixels of the region.

    Returns
    -------
    float
        1 or 0; of several equal maxima, the share that hits. NaN for a map of zeros.

    Raises
    ------
    ValueError
        When the region is empty.
    """
    heatmap = np.asarray(heatmap, np.float64)
    if not heatmap.any():
        return float("nan")
    hits = at_centres(near(region, tolerance), heatmap.shape)[heatmap == heatmap.max()]
    return int(np.count_nonzero(hits)) / len(hits)


def at_centres(region: BoolArray, plane: tuple[int, ...]) -> BoolArray:
    """The region's pixels ``plane`` under the centres of a plane's positions."""
    rows, columns = (
        ((2 * np.arange(count) + 1) * side) // (2 * count)
        for count, side in zip(plane, region.shape, strict=True)
    )
    return np.asarray(region[np.ix_(rows, columns)])


def check_region(region: BoolArray) -> None:
    """ValueError where a region is not a plane, or has no pixel."""
    if region.ndim != 2 or not region.any():
        raise ValueError("The region is empty; mark where the picture shows the class.")


def _tolerance(region: BoolArray) -> float:
    return float(TOLERANCE * min(region.shape) / _SIDE)


def _points(subject: Subject) -> Measurement:
    region = _region(subject)
    tolerance = _tolerance(region)
    anywhere = float(at_centres(near(region, tolerance), subject.heatmap.shape).mean())
    return Measurement(pointing_game(subject.heatmap, region, tolerance), (anywhere,))


def _holds(subject: Subject) -> Measurement:
    region = _region(subject)
    return Measurement(
        share_inside(subject.heatmap, region),
        tuple(share_inside(each, region) for each in subject.shuffles()),
    )


def _region(subject: Subject) -> BoolArray:
    if subject.region is None:
        raise ValueError(_without_region(subject))
    check_region(subject.region)
    return subject.region


def _without_region(subject: Subject) -> str:
    if subject.region is None:
        return "It needs a region: mark or upload where the picture shows the class."
    return ""


POINTING = Measure(
    name="pointing_game",
    title="Pointing game",
    summary="Whether the map's maximum lies where the picture shows the class, 15 of 224 pixels "
    "beside it at most.",
    cannot_say="It sees one position of the map, and takes for granted that the network looks at "
    "the thing: a map that rightly shows the background is counted as a miss.",
    better="higher",
    unit="share",
    random="a position at random: the share of positions that hit",
    paper="Zhang et al. 2018",
    needs="region",
    of=_points,
    unavailable=_without_region,
)

ENERGY = Measure(
    name="energy_inside",
    title="Energy inside",
    summary="The share of the map's positive values that lies where the picture shows the class.",
    cannot_say="It takes for granted that the network looks at the thing; and where that fills the "
    "picture, any map has nearly all of its values inside.",
    better="higher",
    unit="share",
    random="the map's values dealt to other places",
    paper="Wang et al. 2020",
    needs="region",
    of=_holds,
    unavailable=_without_region,
)
