"""How alike the maps of two classes are: the thesis's measure of being class-specific."""

from __future__ import annotations

import numpy as np

from attribution_core.arrays import FloatArray


def class_correlation(first: FloatArray, second: FloatArray) -> float:
    """Pearson's correlation of two maps, position by position.

    Near 1, the map of one class says nothing that the other's does not (as at the pixels in the
    thesis, figure 3.1); near 0 or below, each class has a map of its own (as at the last
    convolutional layer).

    Parameters
    ----------
    first, second : float arrays ``(h, w)``
        Signed heatmaps of one picture, method and layer, for two classes.

    Returns
    -------
    float
        In [−1, 1]; NaN where a map is constant, since there is nothing to compare then.

    Raises
    ------
    ValueError
        When the shapes differ.
    """
    if np.shape(first) != np.shape(second):
        raise ValueError(
            f"Maps of {np.shape(first)} and {np.shape(second)} positions cannot be compared; "
            "give two maps of one layer."
        )
    deviations = [
        np.asarray(each, np.float64) - np.mean(each, dtype=np.float64) for each in (first, second)
    ]
    sizes = [float(np.sqrt(np.square(each).sum())) for each in deviations]
    if min(sizes) == 0:
        return float("nan")
    return float(np.clip((deviations[0] * deviations[1]).sum() / sizes[0] / sizes[1], -1, 1))
