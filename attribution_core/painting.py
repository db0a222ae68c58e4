"""Values as colours: one for, another against, translucent near zero."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar, overload

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from attribution_core.attribution import Attribution

Colour = tuple[int, int, int]
Theme = Literal["light", "dark"]
Colours = Literal["red-blue", "orange-blue", "absolute"]
"""The names of `COLOUR_SCALES`."""
Map = TypeVar("Map")
Cell = tuple[int, int]
"""Row and column of a map."""


@dataclass(frozen=True)
class Palette:
    """The colours of one scale in one theme.

    Attributes
    ----------
    ground : RGB
        Of a value of 0 in a plain map.
    positive, negative : tuple of RGB
        Of plain maps: evenly spaced from the ground, left out, to the limit.
    positive_over, negative_over : RGB
        Over a picture, with an opacity in proportion to the value.
    darkest, contrast : float
        The picture beneath: ``darkest + contrast · luma``, so that its blacks and whites do not
        compete with the colours.
    """

    ground: Colour
    positive: tuple[Colour, ...]
    negative: tuple[Colour, ...]
    positive_over: Colour
    negative_over: Colour
    darkest: float
    contrast: float


@dataclass(frozen=True)
class ColourScale:
    """What the colours of a map mean, and the colours.

    Attributes
    ----------
    title : str
    positive, negative : str
        What a person calls the colours of values above and below 0; the same word where the sign
        is not shown.
    themes : mapping of theme to Palette
    """

    title: str
    positive: str
    negative: str
    themes: Mapping[Theme, Palette]

    @property
    def signed(self) -> bool:
        """Whether values above and below 0 look different."""
        return self.positive != self.negative

    def said(self, subject: str = "the class") -> str:
        """The scale in words, without a full stop, such as "Red speaks for the class …"."""
        if self.signed:
            return f"{self.positive.capitalize()} speaks for {subject}, {self.negative} against it"
        return f"The stronger the {self.positive}, the larger the |value|, for {subject} or against"


def _light(
    positive: tuple[Colour, ...], positive_over: Colour, negative: tuple[Colour, ...], over: Colour
) -> Palette:
    white = (255, 255, 255)
    return Palette(white, positive, negative, positive_over, over, darkest=92, contrast=0.64)


def _dark(
    positive: tuple[Colour, ...], positive_over: Colour, negative: tuple[Colour, ...], over: Colour
) -> Palette:
    page = (23, 24, 28)
    return Palette(page, positive, negative, positive_over, over, darkest=14, contrast=0.56)


_BLUE_ON_LIGHT = ((209, 229, 240), (146, 197, 222), (67, 147, 195), (33, 102, 172))
_BLUE_ON_DARK = ((22, 42, 70), (28, 76, 130), (50, 120, 196), (112, 180, 255))
_PURPLE_ON_LIGHT = ((218, 208, 233), (170, 140, 205), (122, 70, 170), (74, 20, 134))
_PURPLE_ON_DARK = ((52, 36, 84), (96, 64, 156), (150, 108, 224), (210, 182, 255))

COLOUR_SCALES: Mapping[Colours, ColourScale] = {
    "red-blue": ColourScale(
        "Red–blue",
        "red",
        "blue",
        {
            "light": _light(
                ((253, 219, 199), (244, 165, 130), (214, 96, 77), (178, 24, 43)),
                (192, 16, 38),
                _BLUE_ON_LIGHT,
                (20, 92, 182),
            ),
            "dark": _dark(
                ((72, 28, 32), (138, 44, 44), (205, 70, 60), (255, 122, 100)),
                (255, 76, 66),
                _BLUE_ON_DARK,
                (64, 152, 255),
            ),
        },
    ),
    "orange-blue": ColourScale(
        "Orange–blue",
        "orange",
        "blue",
        {
            "light": _light(
                ((254, 224, 182), (253, 184, 99), (224, 130, 20), (179, 88, 6)),
                (214, 92, 0),
                _BLUE_ON_LIGHT,
                (10, 72, 190),
            ),
            "dark": _dark(
                ((66, 40, 14), (130, 78, 18), (206, 128, 36), (255, 184, 88)),
                (255, 166, 40),
                _BLUE_ON_DARK,
                (64, 140, 255),
            ),
        },
    ),
    "absolute": ColourScale(
        "|Value|",
        "purple",
        "purple",
        {
            "light": _light(_PURPLE_ON_LIGHT, (102, 16, 172), _PURPLE_ON_LIGHT, (102, 16, 172)),
            "dark": _dark(_PURPLE_ON_DARK, (190, 140, 255), _PURPLE_ON_DARK, (190, 140, 255)),
        },
    ),
}
"""Two with a sign, after ColorBrewer's RdBu and PuOr, the hues brightened on a dark page, and one
of |values|. Red over the grey of a picture is hardly seen without the cones for long waves
(protanopia); orange and blue stay apart from each other and from grey without those for long or
for middle waves (tests/test_colour_scales.py)."""

BLUE, VERMILION, GREEN = "#0072b2", "#d55e00", "#009e73"
PURPLE, ORANGE, SKY = "#cc79a7", "#e69f00", "#56b4e9"
CATEGORIES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY)
"""For curves and regions: after Okabe and Ito 2008, distinct for colour-blind people, on light and
dark backgrounds."""


def colours_of_categories(
    ranked: Sequence[int], meet: Collection[tuple[int, int]]
) -> dict[int, str]:
    """A colour for each category; where two meet on the plane, theirs differ if they can.

    Parameters
    ----------
    ranked : sequence of int
        The categories, the most important first: the first six all differ.
    meet : collection of (int, int)
        Pairs of categories that are neighbours somewhere.
    """
    beside: dict[int, set[int]] = {each: set() for each in ranked}
    for one, other in meet:
        if one in beside and other in beside:
            beside[one].add(other)
            beside[other].add(one)
    found: dict[int, str] = {}
    used = Counter(dict.fromkeys(CATEGORIES, 0))
    for each in ranked:
        near = {found[other] for other in beside[each] if other in found}
        free = [colour for colour in CATEGORIES if colour not in near] or list(CATEGORIES)
        found[each] = min(free, key=used.__getitem__)
        used[found[each]] += 1
    return found


def drawn_values(attribution: Attribution) -> npt.NDArray[np.float32]:
    """What a map shows: each player's whole value where there are players, else the heatmap.

    Rounding errors are not shown: a map of nothing else is 0.
    """
    if attribution.blank:
        return np.zeros_like(attribution.heatmap)
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


def tinted(
    values: npt.NDArray[np.floating],
    limit: float,
    theme: Theme,
    *,
    colours: Colours = "red-blue",
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
    colours : {"red-blue", "orange-blue", "absolute"}
    opacity : float
        Of a saturated colour over the picture, 0..1; of no effect on a plain map.
    grey : float array ``(h, w)`` or None
        The luma of the picture beneath, 0..255; None for a plain map.
    """
    finite = np.where(np.isfinite(values), values, 0)
    share = np.clip(finite / (limit or 1.0), -1, 1)
    palette = COLOUR_SCALES[colours].themes[theme]
    if grey is None:
        return _plain(share, palette)
    return _over(share, palette, opacity, (palette.darkest + palette.contrast * grey)[..., None])


def ramp(
    theme: Theme,
    *,
    colours: Colours = "red-blue",
    opacity: float | None = None,
    steps: int = 255,
) -> npt.NDArray[np.uint8]:
    """The colours ``(steps, 3)`` of a colour bar: from limit to limit, or of |values| from 0 on.

    Parameters
    ----------
    theme : {"light", "dark"}
    colours : {"red-blue", "orange-blue", "absolute"}
    opacity : float or None
        Of a saturated colour over a picture, 0..1: shown over the theme's ground; None for the
        colours of plain maps.
    """
    scale = COLOUR_SCALES[colours]
    palette = scale.themes[theme]
    shares = np.linspace(-1 if scale.signed else 0, 1, steps)
    if opacity is None:
        return _plain(shares, palette)
    return _over(shares, palette, opacity, np.array(palette.ground, float))


def _plain(share: npt.NDArray[np.floating], palette: Palette) -> npt.NDArray[np.uint8]:
    stops = np.array([*palette.negative[::-1], palette.ground, *palette.positive], float)
    at = np.linspace(-1, 1, len(stops))
    mixed = np.stack([np.interp(share, at, channel) for channel in stops.T], axis=-1)
    return np.asarray(np.rint(mixed), np.uint8)


def _over(
    share: npt.NDArray[np.floating],
    palette: Palette,
    opacity: float,
    ground: npt.NDArray[np.floating],
) -> npt.NDArray[np.uint8]:
    colour = np.where((share < 0)[..., None], palette.negative_over, palette.positive_over)
    weight = opacity * np.abs(share)[..., None]
    return np.asarray(np.rint(weight * colour + (1 - weight) * ground), np.uint8)
