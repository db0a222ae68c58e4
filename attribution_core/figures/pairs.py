"""Interactions of pairs as a figure for print: lines on the picture, and the matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from attribution_core.arrays import FloatArray
from attribution_core.figures.drawing import (
    INK,
    blocks_painted,
    outlines_of,
    show_pixels,
    write_text,
)
from attribution_core.figures.lines import height_of, width_of, wrapped
from attribution_core.figures.printed import DPI, MILLIMETRES_PER_INCH, MapFigure, print_settings
from attribution_core.figures.sheet import FORMATS, Box, Format, Text
from attribution_core.figures.style import FigureStyle
from attribution_core.figures.words import readable
from attribution_core.painting import COLOUR_SCALES, ramp, tinted
from attribution_core.segmentations import Segments, middles

if TYPE_CHECKING:
    from attribution_core.images import Pixels

_NUMBERED = 5
"""Numbers of players at each side of the matrix, about."""


def pairs_figure(
    values: FloatArray,
    segments: Segments,
    picture: Pixels,
    lines: Sequence[tuple[int, int]],
    *,
    style: FigureStyle | None = None,
    caption: str = "",
) -> MapFigure:
    """Draw what pairs of players are worth together.

    Parameters
    ----------
    values : float array ``(players, players)``
        Symmetric; the diagonal is not drawn.
    segments : int array ``(h, w)``
    picture : float array ``(h, w, 3)``, RGB 0..255
    lines : sequence of (int, int)
        The pairs that are drawn as lines on the picture, as wide as their |values|.
    style : FigureStyle, optional
        Its width, theme, colours and caption count.
    caption : str
        Stands below, where the style has one.

    Returns
    -------
    MapFigure
    """
    style = style or FigureStyle()
    form = FORMATS[style.width]
    below = style.width == "one column"
    wrapped_caption = wrapped(caption, form.caption, form.width - 2 * form.margin, 12)
    said = wrapped_caption if style.caption and caption else ()
    foot = height_of(said, form.caption) + (form.gap if said else 0)
    # At the matrix: numbers of players to the left and above, the scale below.
    left, head = 2.2 * height_of(("x",), form.small), 1.3 * height_of(("x",), form.small)
    scale = form.bar + 0.35 * form.gap + 1.2 * height_of(("x",), form.small)
    inside = form.width - 2 * form.margin
    side = inside - left if below else (inside - left - 2 * form.gap) / 2
    if form.fixed:
        side = min(side, form.height - 2 * form.margin - foot - head - scale)
    height, width = picture.shape[:2]
    tall = side * height / width
    board = Box(
        form.margin + (left if below else 0), form.margin + (0 if below else head), side, tall
    )
    across = board.left if below else board.left + side + 2 * form.gap + left
    down = board.top + (tall + 1.5 * form.gap + head if below else 0)
    matrix = Box(across, down, side, side)
    total = form.height
    if not form.fixed:
        total = max(board.top + tall, down + side + scale) + form.gap / 2 + foot + form.margin
    limit = float(np.abs(values[~np.eye(len(values), dtype=bool)]).max(initial=0.0)) or 1.0
    with print_settings():
        made = MapFigure(
            figsize=(form.width / MILLIMETRES_PER_INCH, total / MILLIMETRES_PER_INCH),
            dpi=DPI,
            facecolor=INK[style.theme]["page"],
        )
        page = made.add_axes((0, 0, 1, 1), xlim=(0, form.width), ylim=(total, 0))
        page.set_axis_off()
        page.set_autoscale_on(False)
        _draw_lines(page, values, segments, picture, lines, limit, board, form, style)
        _draw_matrix(page, values, limit, matrix, form, style)
        if said:
            top = total - form.margin - height_of(said, form.caption)
            at_foot = Text(said, form.margin, top, form.caption, "caption", "left")
            write_text(page, at_foot, INK[style.theme]["caption"])
        return made


def _draw_lines(
    page: Axes,
    values: FloatArray,
    segments: Segments,
    picture: Pixels,
    lines: Sequence[tuple[int, int]],
    limit: float,
    box: Box,
    form: Format,
    style: FigureStyle,
) -> None:
    """The grey picture with its players, and a line from the middle of one to that of another."""
    nothing = np.zeros(segments.shape)
    painted = blocks_painted(nothing, picture, 1.0, style)
    show_pixels(page, painted, box, INK[style.theme]["frame"], "players", smooth=True)
    page.add_collection(outlines_of(segments, box, style))
    palette = COLOUR_SCALES[style.colours].themes[style.theme]
    places = middles(segments)
    thick = 4.0 if style.width == "slide" else 2.5
    for one, other in reversed(lines):
        ends = np.array([places[one], places[other]]) / (segments.shape[1], segments.shape[0])
        x, y = (ends * (box.width, box.height) + (box.left, box.top)).T
        value = values[one, other]
        red, green, blue = palette.positive_over if value >= 0 else palette.negative_over
        own = (red / 255, green / 255, blue / 255)
        wide = 0.6 + thick * abs(value) / limit
        for colour, width, name in (
            ("#ffffff", wide + 1.2, ""),
            (own, wide, f"pair {one} {other}"),
        ):
            line = Line2D(x, y, linewidth=width, color=colour, zorder=2.5, gid=name)
            line.set_solid_capstyle("round")
            page.add_line(line)
    # At each end the number that the matrix has.
    tall, size = height_of(("x",), form.small), form.small
    for player in {each for pair in lines for each in pair}:
        x = box.left + places[player][0] / segments.shape[1] * box.width
        y = box.top + places[player][1] / segments.shape[0] * box.height - tall / 2
        wide = width_of(str(player), size) + 0.4 * form.gap
        ground = Rectangle((x - wide / 2, y), wide, tall, facecolor="#16171b", zorder=2.7)
        page.add_patch(ground)
        write_text(page, Text((str(player),), x, y, size, "scale"), "#ffffff")


def _draw_matrix(
    page: Axes, values: FloatArray, limit: float, box: Box, form: Format, style: FigureStyle
) -> None:
    """Players by players, with numbers at two sides and the scale below."""
    ink, players = INK[style.theme], len(values)
    shown = np.where(np.eye(players, dtype=bool), 0.0, values).astype(np.float32)
    times = -(-600 // players)
    pixels = np.kron(
        tinted(shown, limit, style.theme, colours=style.colours),
        np.ones((times, times, 1), np.uint8),
    )
    show_pixels(page, pixels, box, ink["frame"], "matrix", smooth=False)
    cell, size = box.width / players, form.small
    step = max(1, -(-players // _NUMBERED))
    for player in range(0, players, step):
        at = (player + 0.5) * cell
        above = box.top - 1.15 * height_of(("x",), size)
        write_text(page, Text((str(player),), box.left + at, above, size, "scale"), ink["scale"])
        middle = box.top + at - height_of(("x",), size) / 2
        beside = Text((str(player),), box.left - 0.4 * form.gap, middle, size, "scale", "right")
        write_text(page, beside, ink["scale"])
    bar = Box(box.left, box.top + box.height + 0.35 * form.gap, box.width, form.bar)
    colours = ramp(style.theme, colours=style.colours)[None]
    show_pixels(page, colours, bar, ink["frame"], "scale", smooth=False)
    y = bar.top + form.bar + 0.1 * height_of(("x",), size)
    low = readable(-limit if COLOUR_SCALES[style.colours].signed else 0)
    right = box.left + box.width
    for text in (
        Text((low,), box.left, y, size, "scale", "left"),
        Text(("interaction",), box.left + box.width / 2, y, size, "scale"),
        Text((readable(limit),), right, y, size, "scale", "right"),
    ):
        write_text(page, text, ink["scale"])
