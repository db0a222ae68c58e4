"""Where the positive values of maps lie: in which part of the picture, and how much of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from attribution_core.arrays import FloatArray

LEAST_INFORMATION = 0.05
"""In nats. Below it, the values count as spread over the picture: a half that holds 65 % of them is
not called their place, one that holds 66 % is."""


@dataclass(frozen=True)
class Part:
    """A part of the picture, in shares of its height and width from the upper left corner.

    Attributes
    ----------
    name : str
        Such as "the left half".
    top, bottom, left, right : float
    """

    name: str
    top: float
    bottom: float
    left: float
    right: float

    @property
    def area(self) -> float:
        """The share of the picture that it covers."""
        return (self.bottom - self.top) * (self.right - self.left)


PARTS = (
    Part("the left half", 0, 1, 0, 0.5),
    Part("the right half", 0, 1, 0.5, 1),
    Part("the upper half", 0, 0.5, 0, 1),
    Part("the lower half", 0.5, 1, 0, 1),
    Part("the upper left quarter", 0, 0.5, 0, 0.5),
    Part("the upper right quarter", 0, 0.5, 0.5, 1),
    Part("the lower left quarter", 0.5, 1, 0, 0.5),
    Part("the lower right quarter", 0.5, 1, 0.5, 1),
    Part("the middle", 0.25, 0.75, 0.25, 0.75),
)


@dataclass(frozen=True)
class Whereabouts:
    """Where the positive values of some maps of one class lie.

    Attributes
    ----------
    part : Part or None
        The part that tells most of them; None where there are no positive values.
    shares : tuple of float
        Of each map's positive values, the share 0..1 that lies in the part; NaN for a map without
        positive values.
    spread : bool
        Whether the values are spread over the picture: then the part is only the fullest half.
    """

    part: Part | None
    shares: tuple[float, ...]
    spread: bool = False

    @property
    def agreed(self) -> bool:
        """Whether each map that has positive values has more in the part than chance gives it."""
        return self.part is None or all(
            share > self.part.area for share in self.shares if not math.isnan(share)
        )


def share_within(heatmap: FloatArray, part: Part) -> float:
    """The share of a map's positive values that lies in a part of it.

    Parameters
    ----------
    heatmap : float array ``(h, w)``
        Signed; a position that the part's border cuts counts by its area inside.
    part : Part

    Returns
    -------
    float
        0..1; NaN where no value is positive.
    """
    positive = np.maximum(np.nan_to_num(np.asarray(heatmap, np.float64)), 0)
    total = float(positive.sum())
    if total == 0:
        return float("nan")
    height, width = positive.shape
    rows = _covered(height, part.top, part.bottom)
    columns = _covered(width, part.left, part.right)
    return min(1.0, float(rows @ positive @ columns) / total)


def whereabouts(heatmaps: Sequence[FloatArray]) -> Whereabouts:
    """The part of the picture that says most of where the positive values of some maps lie.

    Of the `PARTS` that hold at least half of the values, it is the one whose mean share p of them,
    against its share q of the area, has the largest information p log(p/q) + (1 − p) log((1 − p)/(1
    − q)) (Kullback and Leibler 1951).

    Parameters
    ----------
    heatmaps : sequence of float arrays ``(h, w)``
        Signed maps of one class, such as those of several methods; their sizes may differ.

    Raises
    ------
    ValueError
        When there are no maps.
    """
    return told_by([shares_of(each) for each in heatmaps])


def shares_of(heatmap: FloatArray) -> tuple[float, ...]:
    """What `share_within` gives for each of the `PARTS`, in their order."""
    return tuple(share_within(heatmap, part) for part in PARTS)


def told_by(shares_of_maps: Sequence[tuple[float, ...]]) -> Whereabouts:
    """The same as `whereabouts`, from what `shares_of` gives for each of the maps.

    Raises
    ------
    ValueError
        When there are no maps.
    """
    if not shares_of_maps:
        raise ValueError("There are no maps; give at least one.")
    found = dict(zip(PARTS, zip(*shares_of_maps, strict=True), strict=True))
    told = [each for each in range(len(shares_of_maps)) if not math.isnan(found[PARTS[0]][each])]
    if not told:
        return Whereabouts(None, found[PARTS[0]])
    means = {part: sum(shares[each] for each in told) / len(told) for part, shares in found.items()}
    full = [part for part in PARTS if means[part] >= 0.5 - 1e-9]
    best = max(full, key=lambda part: _information(means[part], part.area))
    if _information(means[best], best.area) >= LEAST_INFORMATION:
        return Whereabouts(best, found[best])
    fullest = max(PARTS[:4], key=means.__getitem__)
    return Whereabouts(fullest, found[fullest], spread=True)


def _covered(count: int, low: float, high: float) -> FloatArray:
    """How much of each of ``count`` equal intervals of [0, 1] lies in [low, high], 0..1."""
    edges = np.arange(count + 1) / count
    covered = np.minimum(edges[1:], high) - np.maximum(edges[:-1], low)
    return np.asarray(np.maximum(covered, 0) * count, np.float64)


def _information(share: float, area: float) -> float:
    """In nats; 0 where the part holds less than its area would by chance."""
    if share <= area:
        return 0.0
    outside = 1 - share
    return share * math.log(share / area) + (
        outside * math.log(outside / (1 - area)) if outside > 0 else 0.0
    )
