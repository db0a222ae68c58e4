"""Figures for print: maps side by side with their scales, for a journal's columns or a slide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

import numpy as np

from attribution_core.figures.arrangement import Arrangement, classes_by_methods, titled
from attribution_core.figures.drawing import (
    INK,
    Grounds,
    map_pixels,
    outlines_of,
    show_pixels,
    write_text,
)
from attribution_core.figures.layout import laid_out
from attribution_core.figures.printed import DPI, MILLIMETRES_PER_INCH, MapFigure, print_settings
from attribution_core.figures.sheet import Content, Scale, Sheet
from attribution_core.figures.style import FigureStyle
from attribution_core.figures.words import caption, readable, unit
from attribution_core.painting import COLOUR_SCALES, drawn_values, limits, ramp

if TYPE_CHECKING:
    from attribution_core.attribution import Attribution


def figure(
    attributions: Attribution | Sequence[Attribution] | Sequence[Sequence[Attribution | None]],
    style: FigureStyle | None = None,
    *,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    labels: Sequence[str] = (),
) -> MapFigure:
    """Draw attributions as a journal prints them.

    Parameters
    ----------
    attributions : Attribution, or sequence of Attribution, or of rows of them
        A plain sequence is arranged as a row a class, a column a method with its settings; rows are
        drawn as they are, with None where nothing is.
    style : FigureStyle, optional
    rows, columns : sequence of str, optional
        Titles. By default they say class and method and what else the maps differ in.
    labels : sequence of str, optional
        Of all classes: they name the class of a contrast in the caption.

    Returns
    -------
    MapFigure
        A Matplotlib figure; ``savefig`` writes PNG, PDF or SVG.

    Raises
    ------
    ValueError
        When there is no attribution, or one is there twice, or titles are needed that are not
        given, or there are too many for the width.
    """
    style = style or FigureStyle()
    arrangement = titled(_cells(attributions), rows, columns, labels)
    drawn = {cell: drawn_values(each) for cell, each in arrangement.cells.items()}
    saturate = limits(drawn, style.clip, shared=style.scale == "method")
    with print_settings():
        sheet = laid_out(_content(arrangement, saturate, style, labels), style.width)
        return _drawn(sheet, arrangement, saturate, style)


def _cells(
    attributions: Attribution | Sequence[Attribution] | Sequence[Sequence[Attribution | None]],
) -> dict[tuple[int, int], Attribution]:
    if not isinstance(attributions, Sequence):
        return {(0, 0): attributions}
    if not any(isinstance(each, Sequence) for each in attributions):
        return classes_by_methods(cast("Sequence[Attribution]", attributions))
    if not all(isinstance(each, Sequence) for each in attributions):
        raise ValueError(
            "Some attributions are in rows and some are not; give attributions, or rows of them."
        )
    grid = cast("Sequence[Sequence[Attribution | None]]", attributions)
    return {
        (row, column): each
        for row, line in enumerate(grid)
        for column, each in enumerate(line)
        if each is not None
    }


def _content(
    arrangement: Arrangement,
    saturate: Mapping[tuple[int, int], float],
    style: FigureStyle,
    labels: Sequence[str],
) -> Content:
    """What is to be placed: titles, scales, and the caption's words."""
    cells = arrangement.cells
    shared = style.scale == "method"
    last = {column: max(row for row, at in cells if at == column) for _, column in cells}
    return Content(
        rows=arrangement.rows,
        columns=arrangement.columns,
        shapes={cell: each.request.picture.pixels.shape[:2] for cell, each in cells.items()},
        scales={
            (row, column): _scale(
                [each for (_, at), each in cells.items() if at == column]
                if shared
                else [cells[row, column]],
                saturate[row, column],
                signed=COLOUR_SCALES[style.colours].signed,
            )
            for row, column in cells
            if not shared or row == last[column]
        },
        picture="Picture" if style.picture else "",
        caption=caption(
            arrangement.attributions,
            clip=style.clip,
            shared=shared,
            dated=style.dated,
            colours=style.colours,
            labels=labels,
        )
        if style.caption
        else "",
    )


def _scale(attributions: Sequence[Attribution], limit: float, *, signed: bool) -> Scale:
    """The words at the colour bar that some maps share."""
    if not any(drawn_values(each).any() for each in attributions):
        said = dict.fromkeys(each.blank for each in attributions)
        return Scale("", "", "; ".join(f"{each[:1].lower()}{each[1:]}" for each in said))
    units = " or ".join(dict.fromkeys(unit(each) for each in attributions))
    return Scale(readable(-limit if signed else 0), readable(limit), units)


def _drawn(
    sheet: Sheet,
    arrangement: Arrangement,
    saturate: Mapping[tuple[int, int], float],
    style: FigureStyle,
) -> MapFigure:
    ink = INK[style.theme]
    made = MapFigure(
        figsize=(sheet.width / MILLIMETRES_PER_INCH, sheet.height / MILLIMETRES_PER_INCH),
        dpi=DPI,
        facecolor=ink["page"],
    )
    # One pair of axes, in millimetres: one for each map would take longer than drawing the maps.
    page = made.add_axes((0, 0, 1, 1), xlim=(0, sheet.width), ylim=(sheet.height, 0))
    page.set_axis_off()
    page.set_autoscale_on(False)
    grounds: Grounds = {}
    for cell, box in sheet.maps.items():
        attribution = arrangement.cells[cell]
        pixels = map_pixels(attribution, saturate[cell], style, grounds)
        show_pixels(page, pixels, box, ink["frame"], "map {} {}".format(*cell), smooth=style.smooth)
        if style.outlines and attribution.player_values is not None:
            assert attribution.segments is not None
            page.add_collection(outlines_of(attribution.segments, box, style))
    for cell, box in sheet.pictures.items():
        first = min(at for at in arrangement.cells if at[0] == cell[0])
        picture = np.rint(arrangement.cells[first].request.picture.pixels).astype(np.uint8)
        show_pixels(page, picture, box, ink["frame"], "picture {} {}".format(*cell), smooth=True)
    opacity = style.opacity if style.overlay else None
    colours = ramp(style.theme, colours=style.colours, opacity=opacity)[None]
    for cell, box in sheet.bars.items():
        show_pixels(page, colours, box, ink["frame"], "scale {} {}".format(*cell), smooth=False)
    for text in sheet.texts:
        write_text(page, text, ink[text.role])
    return made
