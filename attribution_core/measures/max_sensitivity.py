"""Max-sensitivity: how far does the map move when the picture hardly does?"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.images import Picture
from attribution_core.measures.measure import Measure, Measurement, Subject

RADIUS = 0.02 * 255
"""The most that a value of the picture, 0..255, is changed by."""

_CHANGED = 8


def max_sensitivity(heatmap: FloatArray, others: Sequence[FloatArray]) -> float:
    """max over e of ‖φ(x + e) − φ(x)‖ / ‖φ(x)‖, Yeh et al. 2019, who do not divide.

    Parameters
    ----------
    heatmap : float array
        φ(x).
    others : sequence of float arrays of its shape
        φ(x + e).

    Returns
    -------
    float
        0 where no map moves; NaN for a map of zeros.
    """
    size = float(np.linalg.norm(heatmap))
    if size == 0:
        return float("nan")
    return max(float(np.linalg.norm(other - heatmap)) for other in others) / size


def _of(subject: Subject) -> Measurement:
    pixels = subject.request.picture.pixels
    others = []
    for number in range(subject.effort.others):
        random = np.random.default_rng((subject.request.seed, _CHANGED, number))
        changed = np.clip(pixels + random.uniform(-RADIUS, RADIUS, pixels.shape), 0, 255)
        others.append(subject.explained(Picture.of(changed.astype(np.float32))))
    dealt = [subject.shuffled(each) for each in range(subject.effort.randoms + 1)]
    return Measurement(
        max_sensitivity(subject.explained(), others),
        tuple(max_sensitivity(one, [other]) for one, other in pairwise(dealt)),
    )


MEASURE = Measure(
    name="max_sensitivity",
    title="Max-sensitivity",
    summary="The largest distance, as a share of the map's size, that the map moves when every "
    "value of the picture changes by up to 2 % of its range.",
    cannot_say="A map that never moves, such as one of the picture's edges, is best of all by it; "
    "and a network that answers differently should move its map.",
    better="lower",
    unit="share",
    random="the map's values dealt anew for each picture",
    paper="Yeh et al. 2019",
    needs="maps",
    of=_of,
    maps=lambda effort: effort.others,
)
