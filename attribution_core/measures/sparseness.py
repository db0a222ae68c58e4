"""Sparseness: is what a map says in few places?"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from attribution_core.measures.measure import Measure, Measurement, Subject


def gini(values: npt.ArrayLike) -> float:
    """Gini's coefficient of |values|: Σ (2i − n − 1) a_i / (n Σ a) over the sorted a_1 ≤ … ≤ a_n.

    Parameters
    ----------
    values : float array of any shape

    Returns
    -------
    float
        0 where all sizes are equal, (n − 1)/n where only one is not 0; NaN where all are.
    """
    sizes = np.sort(np.abs(np.asarray(values, np.float64)).ravel())
    if not sizes.any():
        return float("nan")
    ranks = np.arange(1, len(sizes) + 1)
    return float(((2 * ranks - len(sizes) - 1) * sizes).sum() / (len(sizes) * sizes.sum()))


def _of(subject: Subject) -> Measurement:
    shape, seed = subject.heatmap.shape, subject.request.seed
    noise = (
        np.random.default_rng((seed, number)).standard_normal(shape)
        for number in range(subject.effort.randoms)
    )
    return Measurement(gini(subject.heatmap), tuple(gini(each) for each in noise))


MEASURE = Measure(
    name="sparseness",
    title="Sparseness",
    summary="Gini's coefficient of the values' sizes: 0 where all are equal, near 1 where few hold "
    "nearly everything.",
    cannot_say="It does not look at the network: a map of one wrong pixel is the sparsest of all, "
    "and maps of different resolution are not to be compared.",
    better="higher",
    unit="",
    random="a map of normal noise, which has √2 − 1 = 0.41 of many positions",
    paper="Chalasani et al. 2020",
    needs="map",
    of=_of,
)
