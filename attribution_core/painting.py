"""Signed values as colours: red for, blue against, translucent near zero."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from attribution_core.attribution import Attribution

RED = (178, 24, 43)
BLUE = (33, 102, 172)

Colour = tuple[int, int, int]
Theme = Literal["light", "dark"]
Map = TypeVar("Map")
Cell = tuple[int, int]
"""Row and column of a map."""


@dataclass(frozen=True)
class Palette:
    """The colours of one theme, which the page's grid has too (``heatmap_grid.js``).

    Attributes
    ----------
    ground : RGB
        Of a value of 0 in a plain map.
    red, blue : tuple of RGB
        Of plain maps: evenly spaced from the ground, left out, to the limit.
    red_over, blue_over : RGB
        Over a picture, with an opacity in proportion to the value.
    darkest, contrast : float
        The picture beneath: ``darkest + contrast · luma``, so that its blacks and whites do not
        compete with the colours.
    """

    ground: Colour
    red: tuple[Colour, ...]
    blue: tuple[Colour, ...]
    red_over: Colour
    blue_over: Colour
    darkest: float
    contrast: float


PALETTES: Mapping[Theme, Palette] = {
    "light": Palette(
        ground=(255, 255, 255),
        red=((253, 219, 199), (244, 165, 130), (214, 96, 77), (178, 24, 43)),
        blue=((209, 229, 240), (146, 197, 222), (67, 147, 195), (33, 102, 172)),
        red_over=(192, 16, 38),
        blue_over=(20, 92, 182),
        darkest=92,
        contrast=0.64,
    ),
    "dark": Palette(
        ground=(23, 24, 28),
        red=((72, 28, 32), (138, 44, 44), (205, 70, 60), (255, 122, 100)),
        blue=((22, 42, 70), (28, 76, 130), (50, 120, 196), (112, 180, 255)),
        red_over=(255, 76, 66),
        blue_over=(64, 152, 255),
        darkest=14,
        contrast=0.56,
    ),
}


def drawn_values(attribution: Attribution) -> npt.NDArray[np.float32]:
    """What a map shows: each player's whole value where there are players, else the heatmap."""
    if attribution.player_values is None or attribution.segments is None:
        return attribution.heatmap
    return attribution.player_values[attribution.segments]


def percentile_of(values: npt.NDArray[np.floating], clip: float) -> float:
    """The percentile ``clip``, 0..100, of the |values| of a map."""
    return float(np.percentile(np.abs(values), clip))


@overload
def limits(
    maps: Mapping[Cell, npt.NDArray[np.floating]], clip: float, *, shared: bool
) -> dict[Cell, float]: ...


@overload
def limits(
    maps: Mapping[Cell, Map],
    clip: float,
    *,
    shared: bool,
    percentile: Callable[[Map, float], float],
) -> dict[Cell, float]: ...


def limits(
    maps: Mapping[Cell, Any],
    clip: float,
    *,
    shared: bool,
    percentile: Callable[[Any, float], float] = percentile_of,
) -> dict[Cell, float]:
    """The |value| at which the colours of each map saturate.

    Parameters
    ----------
    maps : mapping of (row, column) to float array ``(h, w)``, or to what ``percentile`` takes
    clip : float
        The percentile of a map's |values| that is its limit, 0..100; its largest |value| where the
        percentile is 0, and 1 where all values are.
    shared : bool
        Whether the maps of a column all have the largest of their limits.
    percentile : callable, optional
        `percentile_of`, or one that remembers what it has computed.

    Returns
    -------
    dict of (row, column) to float, above 0
    """
    own = {cell: percentile(values, clip) for cell, values in maps.items()}
    if shared:
        of_column: dict[int, float] = {}
        for (_, column), limit in own.items():
            of_column[column] = max(of_column.get(column, 0.0), limit)
        own = {cell: of_column[cell[1]] for cell in own}
    return {cell: limit or percentile(maps[cell], 100.0) or 1.0 for cell, limit in own.items()}


def grey_of(pixels: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Luma ``(h, w)`` of RGB ``(h, w, 3)`` in 0..255 (Rec. 601)."""
    return np.asarray(pixels @ np.array([0.299, 0.587, 0.114]))


def painted(
    values: npt.NDArray[np.floating],
    limit: float,
    opacity: float,
    grey: npt.NDArray[np.float64] | None,
) -> npt.NDArray[np.uint8]:
    """Colours ``(h, w, 3)`` of values ``(h, w)``.

    Parameters
    ----------
    values : float array ``(h, w)``
    limit : float
        The |value| at which the colour saturates.
    opacity : float
        Of a saturated colour over the grey picture, 0..1.
    grey : float array ``(h, w)`` or None
        The picture beneath, 0..255; white, and full opacity, where None.
    """
    strength = np.clip(values / (limit or 1.0), -1, 1)[..., None]
    colour = np.where(strength > 0, np.array(RED, float), np.array(BLUE, float))
    if grey is None:
        share, ground = np.abs(strength), np.full((*values.shape, 1), 255.0)
    else:
        share, ground = opacity * np.abs(strength), grey[..., None]
    return np.asarray(np.rint(share * colour + (1 - share) * ground), np.uint8)


def tinted(
    values: npt.NDArray[np.floating],
    limit: float,
    theme: Theme,
    *,
    opacity: float = 1.0,
    grey: npt.NDArray[np.floating] | None = None,
) -> npt.NDArray[np.uint8]:
    """Colours ``(h, w, 3)`` of values ``(h, w)``, as the page's grid shows them.

    Parameters
    ----------
    values : float array ``(h, w)``
        What is not finite counts as 0.
    limit : float
        The |value| at which the colour saturates.
    theme : {"light", "dark"}
    opacity : float
        Of a saturated colour over the picture, 0..1; of no effect on a plain map.
    grey : float array ``(h, w)`` or None
        The luma of the picture beneath, 0..255; None for a plain map.
    """
    finite = np.where(np.isfinite(values), values, 0)
    share = np.clip(finite / (limit or 1.0), -1, 1)
    if grey is None:
        return _plain(share, theme)
    palette = PALETTES[theme]
    return _over(share, theme, opacity, (palette.darkest + palette.contrast * grey)[..., None])


def ramp(theme: Theme, *, opacity: float | None = None, steps: int = 255) -> npt.NDArray[np.uint8]:
    """The colours ``(steps, 3)`` from one limit to the other, as a colour bar has them.

    Parameters
    ----------
    theme : {"light", "dark"}
    opacity : float or None
        Of a saturated colour over a picture, 0..1: shown over the theme's ground; None for the
        colours of plain maps.
    """
    shares = np.linspace(-1, 1, steps)
    if opacity is None:
        return _plain(shares, theme)
    return _over(shares, theme, opacity, np.array(PALETTES[theme].ground, float))


def _plain(share: npt.NDArray[np.floating], theme: Theme) -> npt.NDArray[np.uint8]:
    palette = PALETTES[theme]
    stops = np.array([*palette.blue[::-1], palette.ground, *palette.red], float)
    at = np.linspace(-1, 1, len(stops))
    mixed = np.stack([np.interp(share, at, channel) for channel in stops.T], axis=-1)
    return np.asarray(np.rint(mixed), np.uint8)


def _over(
    share: npt.NDArray[np.floating],
    theme: Theme,
    opacity: float,
    ground: npt.NDArray[np.floating],
) -> npt.NDArray[np.uint8]:
    palette = PALETTES[theme]
    colour = np.where((share < 0)[..., None], palette.blue_over, palette.red_over)
    weight = opacity * np.abs(share)[..., None]
    return np.asarray(np.rint(weight * colour + (1 - weight) * ground), np.uint8)
