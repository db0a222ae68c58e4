"""Maps resampled from one plane to another: area means and bilinear interpolation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from attribution_core.arrays import FloatArray

Matrix = npt.NDArray[np.float64]


def area_means(values: FloatArray, size: tuple[int, int]) -> Matrix:
    """Means ``size`` of a map ``(h, w)`` over the areas that the new positions cover.

    Old and new positions divide the same rectangle evenly; an old position that straddles several
    new ones counts in each by the area that they share.
    """
    height, width = values.shape
    return np.asarray(_overlaps(height, size[0]) @ values @ _overlaps(width, size[1]).T)


def resampled(values: FloatArray, size: tuple[int, int]) -> Matrix:
    """A map ``(h, w)`` on another plane: bilinear where that is finer, means where it is coarser.

    Bilinear as in Grad-CAM (Selvaraju et al. 2017), between the positions' centres and constant
    beyond the outermost. Rows and columns are treated separately.
    """
    rows, columns = (
        _lines(old, new) if new > old else _overlaps(old, new)
        for old, new in zip(values.shape, size, strict=True)
    )
    return np.asarray(rows @ values @ columns.T)


def _overlaps(old: int, new: int) -> Matrix:
    """Weights ``(new, old)``: the share of each new interval that each old one covers."""
    # In units of 1/(old·new), where all edges are whole numbers.
    new_edges, old_edges = old * np.arange(new)[:, None], new * np.arange(old)
    ends = np.minimum(new_edges + old, old_edges + new)
    return np.asarray(np.maximum(ends - np.maximum(new_edges, old_edges), 0) / old)


def _lines(old: int, new: int) -> Matrix:
    """Weights ``(new, old)`` of straight lines between the centres of old intervals."""
    centres = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    return np.asarray(np.clip(1 - np.abs(centres[:, None] - np.arange(old)), 0, None))
