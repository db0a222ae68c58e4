"""Two maps beside each other: where they differ, and how they correlate, whatever their planes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from attribution_core.arrays import FloatArray
from attribution_core.measures.class_correlation import class_correlation
from attribution_core.resampling import area_means, resampled


def difference(first: FloatArray, second: FloatArray) -> npt.NDArray[np.float64]:
    """The first map minus the second, on the finer of their planes.

    Parameters
    ----------
    first, second : float arrays ``(h, w)``
        Heatmaps of one picture, each at its own resolution.

    Returns
    -------
    float array ``(h, w)``
        Along each axis as many positions as the finer map has. Each map keeps its sum when it is
        resampled, so that the difference sums to that of the sums.
    """
    finer = (max(first.shape[0], second.shape[0]), max(first.shape[1], second.shape[1]))
    one, other = (_with_sum(each, finer) for each in (first, second))
    return np.asarray(one - other)


def correlation(first: FloatArray, second: FloatArray) -> float:
    """Pearson's correlation of two maps ``(h, w)`` on the coarser of their planes.

    Interpolated values would count as agreement that nobody computed. NaN where one is constant.
    """
    coarser = (min(first.shape[0], second.shape[0]), min(first.shape[1], second.shape[1]))
    return class_correlation(area_means(first, coarser), area_means(second, coarser))


def _with_sum(values: FloatArray, size: tuple[int, int]) -> npt.NDArray[np.float64]:
    """A map on a finer plane, with the sum that it had."""
    if values.shape == size:
        return np.asarray(values, np.float64)
    # Bilinear interpolation is constant beyond the outermost centres, and shifts the sum a little.
    spread = resampled(values, size) * (values.size / (size[0] * size[1]))
    return np.asarray(spread + (values.sum() - spread.sum()) / spread.size, np.float64)
