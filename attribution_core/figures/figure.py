"""Figures for print: maps side by side with their scales, for a journal's columns or a slide."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, cast

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from attribution_core.figures.arrangement import Arrangement, classes_by_methods, titled
from attribution_core.figures.layout import (
    Box,
    Content,
    Scale,
    Sheet,
    Text,
    laid_out,
)
from attribution_core.figures.lines import BASELINE, LEADING, POINT, font
from attribution_core.figures.style import SUFFIXES, FigureStyle
from attribution_core.figures.words import caption, readable, unit
from attribution_core.painting import (
    COLOUR_SCALES,
    Theme,
    drawn_values,
    grey_of,
    limits,
    ramp,
    tinted,
)
from attribution_core.resampling import resampled
from attribution_core.version import PROGRAM

if TYPE_CHECKING:
    from attribution_core.attribution import Attribution
    from attribution_core.segmentations import Segments

DPI = 300

MILLIMETRES_PER_INCH = 25.4
_COARSE = 112
"""Maps with fewer positions a side are interpolated as values where they are to look smooth."""
_SMOOTH_SIDE = 448
"""Interpolated to at least this many positions along the longer side."""

Grounds = dict[tuple[str, tuple[int, int]], npt.NDArray[np.float32]]
"""Grey pictures by digest and size, made once for all maps over them."""

# Matplotlib's settings, fonts and caches of glyphs belong to the whole process, and the pages of an
# app are drawn by several threads.
_one_at_a_time = threading.RLock()

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


class MapFigure(Figure):
    """A Matplotlib figure that is saved at its size, with text as text.

    ``savefig`` works as Matplotlib's, independent of the user's settings: PDF embeds TrueType
    fonts, SVG has text elements, PNG has 300 dpi.
    """

    def savefig(
        self, fname: str | Any | IO[Any], *, transparent: bool | None = None, **kwargs: Any
    ) -> None:
        with print_settings():
            super().savefig(fname, transparent=transparent, **kwargs)

    def rendered(self, suffix: str, dpi: float = DPI) -> bytes:
        """The figure as a file's content; the same figure gives the same bytes.

        Parameters
        ----------
        suffix : {"png", "pdf", "svg"}
        dpi : float
            Of a PNG, and of the maps that PDF and SVG hold as interpolated images.

        Raises
        ------
        ValueError
            When the suffix is none of the three.
        """
        suffix = suffix.lower().removeprefix(".")
        if suffix not in SUFFIXES:
            raise ValueError(f"A figure cannot be a {suffix} file; use {', '.join(SUFFIXES)}.")
        undated = {
            "png": {"Software": PROGRAM},
            "pdf": {"CreationDate": None, "Creator": PROGRAM},
            "svg": {"Date": None, "Creator": PROGRAM},
        }[suffix]
        buffer = io.BytesIO()
        self.savefig(buffer, format=suffix, dpi=dpi, metadata=undated)
        return buffer.getvalue()

    def _repr_png_(self) -> bytes:
        return self.rendered("png", DPI / 2)


@contextmanager
def print_settings() -> Iterator[None]:
    """Matplotlib's own settings instead of the user's, and no other thread drawing meanwhile."""
    with _one_at_a_time, matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(
            {
                "pdf.fonttype": 42,
                "svg.fonttype": "none",
                "svg.hashsalt": "attributions",
                # Widths are the layout's, at any resolution; every map stays an image of its own.
                "text.hinting": "no_hinting",
                "image.composite_image": False,
            }
        )
        yield


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
        pixels = _map_pixels(attribution, saturate[cell], style, grounds)
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


def _map_pixels(
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
