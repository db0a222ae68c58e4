"""How alike two maps are: the measures of sanity checks for attributions.

Adebayo et al. 2018, "Sanity Checks for Saliency Maps": rank correlation with and without signs,
structural similarity, and correlation of histograms of oriented gradients.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution_core.arrays import FloatArray
from attribution_core.measures.class_correlation import class_correlation
from attribution_core.resampling import resampled

_SMALLEST_WINDOW, _WINDOW = 3, 7
_CELLS, _PIXELS_A_CELL = 8, 8
_SIDE = _CELLS * _PIXELS_A_CELL
_ORIENTATIONS = 9


@dataclass(frozen=True)
class Similarity:
    """How alike two maps are, each measure in [−1, 1] and 1 for equal maps.

    NaN where a measure has nothing to compare: a constant map, or, for `ssim`, one narrower than
    three positions.

    Attributes
    ----------
    spearman : float
        Rank correlation of the signed values.
    spearman_absolute : float
        Rank correlation of |values|: do both maps mark the same places?
    ssim : float
        Structural similarity (Wang et al. 2004) of the maps, each scaled to a largest |value| of 1
        and then moved to 0..1: it is made for brightness, and around zero a map and its negative
        would count as similar.
    hog : float
        Pearson's correlation of the histograms of oriented gradients (Dalal and Triggs 2005) of the
        maps, brought to 64 x 64 positions.
    """

    spearman: float
    spearman_absolute: float
    ssim: float
    hog: float


def similarity(first: FloatArray, second: FloatArray) -> Similarity:
    """Compare two maps of one plane.

    Parameters
    ----------
    first, second : float arrays ``(h, w)``
        Signed heatmaps.

    Returns
    -------
    Similarity

    Raises
    ------
    ValueError
        When the shapes differ, or a map is not a plane of finite numbers.
    """
    maps = [np.asarray(each, np.float64) for each in (first, second)]
    if maps[0].shape != maps[1].shape or maps[0].ndim != 2 or not np.isfinite(maps).all():
        raise ValueError(
            f"Maps of shapes {maps[0].shape} and {maps[1].shape} cannot be compared; give two "
            "planes (height, width) of finite numbers, of one shape."
        )
    return Similarity(
        spearman=spearman(*maps),
        spearman_absolute=spearman(*map(np.abs, maps)),
        ssim=_structural_similarity(*maps),
        hog=_histogram_similarity(*maps),
    )


def average_ranks(values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Ranks from 0 of all values, flattened; equal values share the mean of their ranks."""
    from scipy.stats import rankdata

    return np.asarray(rankdata(np.ravel(values)) - 1, np.float64)


def spearman(first: FloatArray, second: FloatArray) -> float:
    """Pearson's correlation of average ranks; NaN where all values of one side are equal."""
    return class_correlation(average_ranks(first), average_ranks(second))


def _structural_similarity(first: FloatArray, second: FloatArray) -> float:
    from skimage.metrics import structural_similarity

    narrowest = min(first.shape)
    window = min(_WINDOW, narrowest - 1 + narrowest % 2)
    if window < _SMALLEST_WINDOW or not _varied(first, second):
        return float("nan")
    compare: Any = structural_similarity
    bright = ((_scaled(each) + 1) / 2 for each in (first, second))
    return float(compare(*bright, win_size=window, data_range=1.0))


def _histogram_similarity(first: FloatArray, second: FloatArray) -> float:
    from skimage.feature import hog

    if not _varied(first, second):
        return float("nan")
    features = [
        hog(
            resampled(_scaled(each), (_SIDE, _SIDE)),
            orientations=_ORIENTATIONS,
            pixels_per_cell=(_PIXELS_A_CELL, _PIXELS_A_CELL),
            cells_per_block=(1, 1),
        )
        for each in (first, second)
    ]
    return class_correlation(*features)


def _varied(first: FloatArray, second: FloatArray) -> bool:
    return bool(np.ptp(first) > 0 and np.ptp(second) > 0)


def _scaled(values: FloatArray) -> FloatArray:
    return np.asarray(values / np.abs(values).max())
