"""Are two classes' maps alike at the pixels, and less so above? An answer over many pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.measures.class_correlation import class_correlation

ALIKE = 0.3
"""The mean correlation from which on maps are called alike; the thesis shows maps and no number."""

CONFIDENCE = 0.95

Verdict = Literal["holds", "holds in part", "is not clear", "does not hold", "cannot be checked"]


@dataclass(frozen=True)
class Correlations:
    """Of two classes' maps, in [−1, 1]; NaN where a map is constant.

    Attributes
    ----------
    signed : float
        Do they agree on what speaks for and against the class?
    absolute : float
        Do they mark the same positions?
    """

    signed: float
    absolute: float


@dataclass(frozen=True)
class Observation:
    """The correlations of two classes' maps of one picture, by one method, at one layer."""

    picture: str
    classes: tuple[int, int]
    method: str
    layer: str
    correlations: Correlations


@dataclass(frozen=True)
class Spread:
    """Values of several pictures.

    Attributes
    ----------
    mean : float
        NaN of no picture.
    deviation : float
        Standard deviation of a sample, with n − 1; NaN of fewer than two pictures.
    count : int
        Pictures.
    """

    mean: float
    deviation: float
    count: int


@dataclass(frozen=True)
class Change:
    """A correlation at the pixels beside that of the same pictures at a layer above.

    Attributes
    ----------
    pixels, above : Spread
        Of the pictures that have both.
    fall : Spread
        Of the pixels' correlation minus the layer's, picture by picture.
    interval : (float, float)
        Where the mean fall of all pictures of this kind lies with 95 % confidence, by Student's t;
        NaN of fewer than two pictures.
    fallen : int
        Pictures on which the correlation is lower at the layer.
    """

    pixels: Spread
    above: Spread
    fall: Spread
    interval: tuple[float, float]
    fallen: int

    @property
    def verdict(self) -> Verdict:
        """Whether maps are alike at the pixels and less alike above (thesis, figure 3.1).

        Less alike: the interval of the mean fall lies above 0; it is not clear where only the mean
        does. It holds in part where they are less alike above, and were not alike (`ALIKE`) at the
        pixels.
        """
        if not self.fall.count:
            return "cannot be checked"
        if self.fall.mean <= 0:
            return "does not hold"
        if not self.interval[0] > 0:
            return "is not clear"
        return "holds" if self.pixels.mean >= ALIKE else "holds in part"


def correlations_of(first: FloatArray, second: FloatArray) -> Correlations:
    """How two classes' heatmaps ``(h, w)`` correlate; ValueError where their shapes differ."""
    return Correlations(
        signed=class_correlation(first, second),
        absolute=class_correlation(np.abs(first), np.abs(second)),
    )


def spread_of(values: Sequence[float]) -> Spread:
    """Mean and standard deviation of the values that are numbers."""
    known = [value for value in values if not math.isnan(value)]
    return Spread(
        mean=float(np.mean(known)) if known else math.nan,
        deviation=float(np.std(known, ddof=1)) if len(known) > 1 else math.nan,
        count=len(known),
    )


def change_of(pixels: Sequence[float], above: Sequence[float]) -> Change:
    """The change of a correlation from the pixels to a layer.

    Parameters
    ----------
    pixels, above : sequences of float
        A value for each picture, in one order; pictures that lack one, which is NaN, are left out.

    Raises
    ------
    ValueError
        When there are not equally many.
    """
    pairs = [
        (low, high)
        for low, high in zip(pixels, above, strict=True)
        if not (math.isnan(low) or math.isnan(high))
    ]
    fall = spread_of([low - high for low, high in pairs])
    return Change(
        pixels=spread_of([low for low, _ in pairs]),
        above=spread_of([high for _, high in pairs]),
        fall=fall,
        interval=interval_of(fall),
        fallen=sum(high < low for low, high in pairs),
    )


def interval_of(values: Spread) -> tuple[float, float]:
    """Where the mean lies with 95 % confidence, by Student's t; NaN of fewer than two values."""
    from scipy.stats import t

    if values.count < 2:
        return math.nan, math.nan
    quantile = float(t.ppf((1 + CONFIDENCE) / 2, values.count - 1))
    half = quantile * values.deviation / math.sqrt(values.count)
    return values.mean - half, values.mean + half
