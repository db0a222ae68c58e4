"""Gaussian blurs of a plane, as quick for wide ones as for narrow ones."""

from __future__ import annotations

import numpy as np

from attribution_core.arrays import FloatArray


def blurred(values: FloatArray, width: float) -> FloatArray:
    """Values ``(h, w, c)`` under a Gaussian blur over their plane, edges repeated outwards.

    Rows and columns are each multiplied by the matrix that the blur is along a line, which takes
    the same time for every width; sliding a window takes the longer the wider it is.

    Parameters
    ----------
    values : float array ``(h, w, c)``
    width : float
        Standard deviation, in positions; 0 changes nothing. The Gaussian is cut off at four of
        them.

    Returns
    -------
    float array of that shape and dtype
    """
    if not width:
        return values
    height, across, _ = values.shape
    down = _along_a_line(height, width)
    right = down if across == height else _along_a_line(across, width)
    columns = np.tensordot(down, values.astype(np.float64), 1)
    return np.asarray(np.tensordot(columns, right, (1, 1)).swapaxes(1, 2), values.dtype)


def _along_a_line(length: int, width: float) -> FloatArray:
    """The blur of a line as a matrix ``(length, length)``."""
    reach = int(_REACH * width + 0.5)
    offsets = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (offsets / width) ** 2)
    matrix = np.zeros((length, length))
    places = np.arange(length)[:, None]
    # What lies beyond the edge has the edge's value.
    np.add.at(matrix, (places, np.clip(places + offsets, 0, length - 1)), weights / weights.sum())
    return matrix


_REACH = 4.0
"""Standard deviations at which the Gaussian is cut off, as in SciPy."""
