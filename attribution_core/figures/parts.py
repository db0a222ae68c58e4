"""Parts from coarse to fine as a figure for print: the picture with its parts, and the list."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

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
from attribution_core.painting import COLOUR_SCALES
from attribution_core.segmentations import counted

if TYPE_CHECKING:
    from attribution_core.images import Pixels
    from attribution_core.measures.owen_parts import OwenParts

_LIGHT, _DARK = "#ffffff", "#16171b"


def parts_figure(
    found: OwenParts,
    picture: Pixels,
    kind_of_player: str,
    *,
    style: FigureStyle | None = None,
    caption: str = "",
) -> MapFigure:
    """Draw the parts in sight in the colours of their Owen values, and the list that they make.

    Parameters
    ----------
    found : OwenParts
    picture : float array ``(h, w, 3)``, RGB 0..255
    kind_of_player : str
        Such as "superpixel".
    style : FigureStyle, optional
        Its width, theme, colours, opacity and caption count.
    caption : str
        Stands below, where the style has one.

    Returns
    -------
    MapFigure
    """
    style = style or FigureStyle()
    form = FORMATS[style.width]
    below = style.width == "one column"
    lines = wrapped(caption, form.caption, form.width - 2 * form.margin, 12)
    said = lines if style.caption and caption else ()
    rows = list(found.hierarchy.walk(found.opened))
    line = 1.35 * height_of(("x",), form.title)
    height, width = picture.shape[:2]
    room = form.height - 2 * form.margin - height_of(said, form.caption) - form.gap
    across = min(
        form.largest * 1.6,
        (form.width - 2 * form.margin) * (1 if below else 0.5),
        room * width / height,
    )
    box = Box(form.margin, form.margin, across, across * height / width)
    left = form.margin if below else box.left + box.width + 2 * form.gap
    top = box.top + (box.height + form.gap if below else 0)
    at = Box(left, top, form.width - form.margin - left, line)
    fitting = max(2, int((form.margin + room - top) / line))
    listed = rows if len(rows) <= fitting else rows[: fitting - 1]
    bottom = max(box.top + box.height, top + line * min(len(rows), fitting))
    total = form.height
    if not form.fixed:
        total = bottom + form.gap + height_of(said, form.caption) + form.margin
    with print_settings():
        made = MapFigure(
            figsize=(form.width / MILLIMETRES_PER_INCH, total / MILLIMETRES_PER_INCH),
            dpi=DPI,
            facecolor=INK[style.theme]["page"],
        )
        page = made.add_axes((0, 0, 1, 1), xlim=(0, form.width), ylim=(total, 0))
        page.set_axis_off()
        page.set_autoscale_on(False)
        _draw_picture(page, found, picture, box, form, style)
        _list_parts(page, found, listed, kind_of_player, at, form, style)
        if more := len(rows) - len(listed):
            down = top + line * len(listed)
            rest = Text(
                (f"and {counted(more, 'more part')}",), left, down, form.title, "scale", "left"
            )
            write_text(page, rest, INK[style.theme]["scale"])
        if said:
            down = total - form.margin - height_of(said, form.caption)
            at_foot = Text(said, form.margin, down, form.caption, "caption", "left")
            write_text(page, at_foot, INK[style.theme]["caption"])
        return made


def _draw_picture(
    page: Axes, found: OwenParts, picture: Pixels, box: Box, form: Format, style: FigureStyle
) -> None:
    """The parts in sight with their colours, borders and values."""
    shown = found.shown
    labels = found.hierarchy.labels(found.segments, found.opened)
    values = np.array([found.values[part] for part in shown])
    limit = float(np.abs(values).max()) or 1.0
    painted = blocks_painted(values[labels], picture, limit, style)
    show_pixels(page, painted, box, INK[style.theme]["frame"], "parts", smooth=False)
    page.add_collection(outlines_of(labels, box, replace(style, width="slide")))
    tall, pad = height_of(("x",), form.small), 0.2 * form.gap
    for place, part in enumerate(shown):
        rows, columns = np.nonzero(labels == place)
        nearest = ((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2).argmin()
        name = _signed(found.values[part])
        wide = width_of(name, form.small) + 2 * pad
        x = box.left + (columns[nearest] + 0.5) / labels.shape[1] * box.width
        y = box.top + (rows[nearest] + 0.5) / labels.shape[0] * box.height - tall / 2
        x = min(max(x, box.left + wide / 2), box.left + box.width - wide / 2)
        page.add_patch(
            Rectangle((x - wide / 2, y), wide, tall, facecolor=_DARK, linewidth=0, zorder=2.5)
        )
        write_text(page, Text((name,), x, y, form.small, "scale"), _LIGHT)


def _list_parts(
    page: Axes,
    found: OwenParts,
    rows: list[tuple[int, int]],
    kind_of_player: str,
    at: Box,
    form: Format,
    style: FigureStyle,
) -> None:
    """A line for each part, below those that it lies in: a bar, what it is, its value."""
    palette = COLOUR_SCALES[style.colours].themes[style.theme]
    largest = max(abs(value) for value in found.values.values()) or 1.0
    bar = 0.2 * at.width
    for number, (part, depth) in enumerate(rows):
        value, top = found.values[part], at.top + number * at.height
        indent = min(depth, 9) * 0.025 * at.width
        name = part_name(found, part, kind_of_player)
        room = at.width - indent - bar - 6 * form.title * 0.3528
        (text,) = wrapped(name, form.title, max(room, 8.0), 1)
        ink = INK[style.theme]["scale" if part in found.opened else "title"]
        write_text(page, Text((text,), at.left + indent, top, form.title, "title", "left"), ink)
        rgb = palette.positive_over if value >= 0 else palette.negative_over
        start = at.left + at.width - bar
        page.add_patch(
            Rectangle(
                (start, top + 0.15 * at.height),
                bar * abs(value) / largest,
                0.5 * at.height,
                facecolor=tuple(channel / 255 for channel in rgb),
                alpha=0.45 if part in found.opened else 1.0,
                linewidth=0,
            )
        )
        right = Text((_signed(value),), start - 0.4 * form.gap, top, form.title, "title", "right")
        write_text(page, right, ink)


def part_name(found: OwenParts, part: int, kind_of_player: str) -> str:
    """What a part is: the whole, a single player by its number, or so many players."""
    players = found.hierarchy.players_of(part)
    if len(players) == 1:
        return f"{kind_of_player.capitalize()} {players[0]}"
    if part == found.hierarchy.whole:
        return "The whole picture"
    return counted(len(players), kind_of_player)


def _signed(value: float) -> str:
    said = readable(value)
    return f"+{said}" if value > 0 else said
