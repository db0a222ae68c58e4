"""Methods × measures as a figure for print: a panel a measure, a line a method."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes

from attribution_core.figures.drawing import INK, write_text
from attribution_core.figures.lines import font, height_of, width_of, wrapped
from attribution_core.figures.printed import DPI, MILLIMETRES_PER_INCH, MapFigure, print_settings
from attribution_core.figures.sheet import FORMATS, Format, Role, Text
from attribution_core.figures.style import FigureStyle

_ACROSS = {"one column": 1, "two columns": 2, "slide": 3}
_VALUE = {"light": "#1f5fa8", "dark": "#8fbcf0"}
_RANDOM = {"light": "#8a8a8a", "dark": "#9a9ca3"}


@dataclass(frozen=True)
class Interval:
    """A mean and its interval; NaN where there is none."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Panel:
    """A measure: its title, which way is better, and each row's maps and random baseline."""

    title: str
    better: str
    values: tuple[Interval, ...]
    baselines: tuple[Interval, ...]


def measures_figure(
    rows: Sequence[str],
    panels: Sequence[Panel],
    *,
    style: FigureStyle | None = None,
    caption: str = "",
) -> MapFigure:
    """Draw means as dots with intervals, and below each, in grey, those of maps that say nothing.

    Parameters
    ----------
    rows : sequence of str
        Titles of the methods.
    panels : sequence of Panel
        With a value for each row.
    style : FigureStyle, optional
        Its width, theme and caption count.
    caption : str
        Stands below, where the style has one.

    Returns
    -------
    MapFigure

    Raises
    ------
    ValueError
        When there is no row, or no panel.
    """
    if not rows or not panels:
        raise ValueError("There is nothing to draw; measure at least one map.")
    style = style or FigureStyle()
    form = FORMATS[style.width]
    across = min(_ACROSS[style.width], len(panels))
    down = math.ceil(len(panels) / across)
    said = wrapped(caption, form.caption, form.width - 2 * form.margin, 12) if caption else ()
    if not style.caption:
        said = ()
    line = 1.9 * height_of(("x",), form.least_title)
    head, foot = 2 * height_of(("x",), form.title), 2.2 * height_of(("x",), form.small)
    titles = max(width_of(each, form.least_title) for each in rows) + form.gap
    block = head + line * len(rows) + foot
    total = 2 * form.margin + down * block + (form.gap + height_of(said, form.caption))
    width = (form.width - 2 * form.margin - titles - (across - 1) * 2 * form.gap) / across
    with print_settings():
        made = MapFigure(
            figsize=(form.width / MILLIMETRES_PER_INCH, total / MILLIMETRES_PER_INCH),
            dpi=DPI,
            facecolor=INK[style.theme]["page"],
        )
        page = made.add_axes((0, 0, 1, 1), xlim=(0, form.width), ylim=(total, 0))
        page.set_axis_off()
        page.set_autoscale_on(False)
        for number, panel in enumerate(panels):
            left = form.margin + titles + (number % across) * (width + 2 * form.gap)
            top = form.margin + (number // across) * block
            words = f"{panel.title} {'↑' if panel.better == 'higher' else '↓'}"
            shown = wrapped(words, form.title, width, 1)
            _write(page, shown, left, top, form.title, style, "title")
            if number % across == 0:
                _write_rows(page, rows, top + head, line, form, style)
            height = line * len(rows)
            bounds = (left / form.width, 1 - (top + head + height) / total)
            axes = made.add_axes((*bounds, width / form.width, height / total))
            _draw_panel(axes, panel, style, form)
        if said:
            last = total - form.margin - height_of(said, form.caption)
            _write(page, said, form.margin, last, form.caption, style, "caption")
        return made


def _write_rows(
    page: Axes, rows: Sequence[str], top: float, line: float, form: Format, style: FigureStyle
) -> None:
    """The methods' titles, each in the middle of its line."""
    half = 0.5 * height_of(("x",), form.least_title)
    for place, title in enumerate(rows):
        at = top + line * (place + 0.5) - half
        _write(page, (title,), form.margin, at, form.least_title, style, "scale")


def _write(
    page: Axes,
    lines: Sequence[str],
    left: float,
    top: float,
    size: float,
    style: FigureStyle,
    role: Role,
) -> None:
    write_text(page, Text(tuple(lines), left, top, size, role, "left"), INK[style.theme][role])


def _draw_panel(axes: Axes, panel: Panel, style: FigureStyle, form: Format) -> None:
    """Dots and intervals on their axes, the rows from above."""
    count, ink = len(panel.values), INK[style.theme]
    axes.set_ylim(count - 0.5, -0.5)
    axes.set_yticks([])
    axes.patch.set_visible(False)
    for place in range(count):
        for interval, colour, shift in (
            (panel.baselines[place], _RANDOM[style.theme], 0.17),
            (panel.values[place], _VALUE[style.theme], -0.17),
        ):
            if math.isnan(interval.mean):
                continue
            if not math.isnan(interval.low):
                axes.plot(
                    [interval.low, interval.high],
                    [place + shift] * 2,
                    color=colour,
                    linewidth=1.2,
                    solid_capstyle="butt",
                )
            axes.plot([interval.mean], [place + shift], "o", color=colour, markersize=2.8)
    axes.margins(x=0.06)
    axes.grid(axis="x", color=ink["frame"], linewidth=0.35, alpha=0.6)
    axes.set_axisbelow(True)
    for name, spine in axes.spines.items():
        spine.set_visible(name == "bottom")
        spine.set_color(ink["frame"])
    axes.locator_params(axis="x", nbins=5)
    axes.tick_params(axis="x", colors=ink["scale"], length=2, width=0.5, pad=1.5)
    for label in axes.get_xticklabels():
        label.set_fontproperties(font("0", form.small))
