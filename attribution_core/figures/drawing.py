"""What a sheet holds, drawn with Matplotlib: pixels, players' outlines and text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Rectangle

from attribution_core.figures.lines import BASELINE, LEADING, POINT, font
from attribution_core.figures.printed import DPI, MILLIMETRES_PER_INCH
from attribution_core.figures.sheet import Box, Text
from attribution_core.figures.style import FigureStyle
from attribution_core.painting import Theme, drawn_values, grey_of, tinted
from attribution_core.resampling import resampled

if TYPE_CHECKING:
    from attribution_core.arrays import FloatArray
    from attribution_core.attribution import Attribution
    from attribution_core.images import Pixels
    from attribution_core.segmentations import Segments

_COARSE = 112
"""Maps with fewer positions a side are interpolated as values where they are to look smooth."""

_SMOOTH_SIDE = 448
"""Interpolated to at least this many positions along the longer side."""

Grounds = dict[tuple[str, tuple[int, int]], npt.NDArray[np.float32]]
"""Grey pictures by digest and size, made once for all maps over them."""

INK: Mapping[Theme, Mapping[str, str]] = {
    "light": {
        "page": "#ffffff",
        "title": "#1a1a1a",
        "row": "#1a1a1a",
        "scale": "#333333",
        "caption": "#333333",
        "frame": "#b8b8b8",
        "outline": "#000000",
    },
    "dark": {
        "page": "#17181c",
        "title": "#f2f2f4",
        "row": "#f2f2f4",
        "scale": "#c9cad0",
        "caption": "#c9cad0",
        "frame": "#55585f",
        "outline": "#ffffff",
    },
}


def show_pixels(
    page: Axes, pixels: npt.NDArray[np.uint8], box: Box, frame: str, name: str, *, smooth: bool
) -> None:
    """Pixels over all of a rectangle, in a thin frame."""
    printed = box.width / MILLIMETRES_PER_INCH * DPI
    # Pixels as they are where there is room for them; none is ever left out.
    interpolation = "antialiased" if pixels.shape[1] > printed else "bicubic" if smooth else "none"
    right, bottom = box.left + box.width, box.top + box.height
    page.imshow(
        pixels,
        extent=(box.left, right, bottom, box.top),
        aspect="auto",
        interpolation=interpolation,
        gid=name,
    )
    page.add_patch(
        Rectangle(
            (box.left, box.top), box.width, box.height, fill=False, edgecolor=frame, linewidth=0.4
        )
    )


def map_pixels(
    attribution: Attribution,
    limit: float,
    style: FigureStyle,
    grounds: Grounds,
) -> npt.NDArray[np.uint8]:
    """A map's colours, on its picture where that is wanted."""
    picture = attribution.request.picture
    values = drawn_values(attribution)
    height, width = picture.pixels.shape[:2]
    if style.smooth and min(values.shape) < _COARSE:
        # Between two colours lies zero; colours mixed afterwards would give a third one.
        times = -(-_SMOOTH_SIDE // max(height, width))
        shown = np.asarray(resampled(values, (height * times, width * times)), np.float32)
    else:
        # Every position is a block, and all are of one size.
        sides = zip((height, width), values.shape, strict=True)
        shown = np.kron(values, np.ones([-(-side // own) for side, own in sides], np.float32))
    if not style.overlay:
        return tinted(shown, limit, style.theme, colours=style.colours)
    key = (picture.digest, (shown.shape[0], shown.shape[1]))
    if key not in grounds:
        grounds[key] = resampled(grey_of(picture.pixels), key[1]).astype(np.float32)
    return tinted(
        shown,
        limit,
        style.theme,
        colours=style.colours,
        opacity=style.opacity,
        grey=grounds[key],
    )


def blocks_painted(
    values: FloatArray, picture: Pixels, limit: float, style: FigureStyle
) -> npt.NDArray[np.uint8]:
    """The colours of values ``(h, w)``, each position a block, over the grey picture."""
    height, width = picture.shape[:2]
    sides = zip((height, width), values.shape, strict=True)
    shown = np.kron(values, np.ones([-(-side // own) for side, own in sides])).astype(np.float32)
    if not style.overlay:
        return tinted(shown, limit, style.theme, colours=style.colours)
    size = (shown.shape[0], shown.shape[1])
    grey = resampled(grey_of(picture), size).astype(np.float32)
    return tinted(
        shown, limit, style.theme, colours=style.colours, opacity=style.opacity, grey=grey
    )


def outlines_of(segments: Segments, box: Box, style: FigureStyle) -> LineCollection:
    """The borders between the players of a map."""
    lines = borders(segments) * (box.width, box.height) + (box.left, box.top)
    return LineCollection(
        list(lines),
        colors=INK[style.theme]["outline"],
        linewidths=0.8 if style.width == "slide" else 0.35,
        alpha=0.7,
        capstyle="projecting",
        gid="outlines",
    )


def borders(segments: Segments) -> npt.NDArray[np.float64]:
    """Where the labels of a plane change, as straight lines.

    Parameters
    ----------
    segments : int array ``(h, w)``

    Returns
    -------
    float array ``(n, 2, 2)``
        Both ends ``(x, y)`` of each, the plane's upper left corner at (0, 0), its lower right one
        at (1, 1); as few lines as there are straight pieces.
    """
    height, width = segments.shape
    upright = _runs(segments[:, 1:] != segments[:, :-1])
    level = _runs((segments[1:] != segments[:-1]).T)
    lines = np.concatenate([upright, level[..., ::-1]])
    return np.asarray(lines / (width, height))


def _runs(changes: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Runs down the columns ``(h, w − 1)`` of changes, as both ends ``(x, y)`` of each."""
    closed = np.pad(changes, ((1, 1), (0, 0)))
    ends = np.argwhere((closed[1:] != closed[:-1]).T)
    ends[:, 0] += 1
    return ends.reshape(-1, 2, 2)


def write_text(page: Axes, text: Text, colour: str) -> None:
    """A block of text, line by line: Matplotlib's own lines stand apart as their letters do."""
    turned = text.role == "row"
    for number, line in enumerate(text.lines):
        down = (number * LEADING + BASELINE) * text.size * POINT
        page.text(
            text.x + down if turned else text.x,
            text.y if turned else text.y + down,
            line,
            fontproperties=font(line, text.size),
            color=colour,
            horizontalalignment=text.align,
            verticalalignment="baseline",
            rotation=90 if turned else 0,
            rotation_mode="anchor",
            parse_math=False,
            gid=text.role,
        )
