"""How large rounding errors of a score can be, from the number types of its network."""

from __future__ import annotations

import keras
import numpy as np

from attribution_core.arrays import Logits

_UNIT = {"bfloat16": 2.0**-8, "float16": 2.0**-11}
"""Half a step from 1 to the next number, of the types that are coarser than float32."""
_FLOAT32 = 2.0**-24
_ADDED_UP = 64
"""In float32 the errors of thousands of terms add up; of coarser types each result is rounded once,
and the terms are added up in float32."""
_OF_A_MAP = 8
"""Each part of a map has its own error, and a map's size is the sum over its parts."""


def unit_of(network: keras.Model) -> float:
    """The error of a logit as a share of the largest, by the coarsest type that a layer computes
    in."""
    types = {getattr(each, "compute_dtype", "float32") for each in network.layers}
    return max([_ADDED_UP * _FLOAT32, *(_UNIT.get(each, 0.0) for each in types)])


def rounding(
    ends: Logits,
    unit: float,
    *,
    probability: bool,
    bfloat16: bool,
    players: bool,
    extent: float = 1.0,
) -> float:
    """What the size of an attribution can come to by rounding errors alone.

    Parameters
    ----------
    ends : float32 array ``(2, classes)``
        Logits of point and reference.
    unit : float
        As `unit_of` gives it.
    probability : bool
        Whether probabilities are explained, which are computed in float32, and of which the
        largest is 1.
    bfloat16 : bool
        Whether coalitions are evaluated in it.
    players : bool
        Whether the size is that of the largest player, or of a whole map.
    extent : float
        Of the point's values, where the attribution's are slopes.

    Returns
    -------
    float
        In units of `Attribution.size`.
    """
    if bfloat16:
        unit = max(unit, _UNIT["bfloat16"])
    error = 2 * _FLOAT32 if probability else unit * float(np.abs(ends).max())
    return error * (1 if players else _OF_A_MAP) / (extent or 1.0)
