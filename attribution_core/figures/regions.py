"""What speaks where as a figure for print: regions with their names, and the classes beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from attribution_core.figures.drawing import INK, outlines_of, show_pixels, write_text
from attribution_core.figures.lines import drawable, height_of, shortened, width_of, wrapped
from attribution_core.figures.printed import DPI, MILLIMETRES_PER_INCH, MapFigure, print_settings
from attribution_core.figures.sheet import FORMATS, Box, Format, Text
from attribution_core.figures.style import FigureStyle
from attribution_core.painting import COLOUR_SCALES, grey_of

if TYPE_CHECKING:
    from attribution_core.images import Pixels
    from attribution_core.measures.strongest_classes import StrongestClasses

_SIDE = 448
"""Pixels of the picture's longer side, at least."""

_NAMED = 0.25
"""A region is named where its strongest place has this share of the strongest of all."""

_BESIDE, _BELOW = 24, 10
"""Classes listed beside the picture and below it, at most."""

_DARK, _LIGHT = "#16171b", "#ffffff"


def regions_figure(
    found: StrongestClasses,
    picture: Pixels,
    labels: Sequence[str],
    *,
    style: FigureStyle | None = None,
    caption: str = "",
) -> MapFigure:
    """Draw at each place the class that it speaks for most, strength as opacity.

    Parameters
    ----------
    found : StrongestClasses
    picture : float array ``(h, w, 3)``, RGB 0..255
    labels : sequence of str
        Of all classes.
    style : FigureStyle, optional
        Its width, theme, overlay, opacity and caption count.
    caption : str
        Stands below, where the style has one.

    Returns
    -------
    MapFigure
    """
    style = style or FigureStyle()
    form = FORMATS[style.width]
    below = style.width == "one column"
    inside = form.width - 2 * form.margin
    lines = wrapped(caption, form.caption, inside, 12)
    said = lines if style.caption and caption else ()
    room = form.height - 2 * form.margin - height_of(said, form.caption) - form.gap
    height, width = picture.shape[:2]
    across = min(form.largest, form.width - 2 * form.margin, room * width / height)
    box = Box(form.margin, form.margin, across, across * height / width)
    line = 1.6 * height_of(("x",), form.title)
    most = _BELOW if below else min(_BESIDE, int(box.height / line))
    listed = list(found.ranked)[:most]
    left = form.margin if below else box.left + box.width + 2 * form.gap
    names = _listed(found, listed, labels, form, form.width - form.margin - left - 0.8 * line)
    if said and (cut := [labels[each] for each in listed if "…" in names[each]]):
        said = wrapped(f"{caption} In full: {'; '.join(cut)}.", form.caption, inside, 14)
    bottom = box.top + box.height + (form.gap + line * len(listed) if below else 0)
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
        frame = INK[style.theme]["frame"]
        show_pixels(page, _painted(found, picture, style), box, frame, "regions", smooth=False)
        page.add_collection(outlines_of(found.region_map, box, style))
        _write_names(page, found, labels, box, form)
        top = box.top + (box.height + form.gap if below else 0)
        _list_classes(page, found, names, Box(left, top, form.width, line), form, style)
        if said:
            at = Text(said, form.margin, bottom + form.gap, form.caption, "caption", "left")
            write_text(page, at, INK[style.theme]["caption"])
        return made


def _painted(found: StrongestClasses, picture: Pixels, style: FigureStyle) -> npt.NDArray[np.uint8]:
    """The classes' colours over the grey picture, or over the page."""
    palette = COLOUR_SCALES["red-blue"].themes[style.theme]
    times = -(-_SIDE // max(picture.shape[:2]))
    height, width = (times * side for side in picture.shape[:2])
    rows = np.arange(height) * found.segments.shape[0] // height
    columns = np.arange(width) * found.segments.shape[1] // width
    ground = np.broadcast_to(np.array(palette.ground, float), (height, width, 3))
    if style.overlay:
        grey = np.kron(grey_of(picture), np.ones((times, times)))
        ground = (palette.darkest + palette.contrast * grey)[..., None]
    colours = _rgb(found.colours)
    nothing = np.zeros(3)
    of_player = np.array([colours.get(int(each), nothing) for each in found.classes[:, 0]])
    weight = style.opacity * _strengths(found)
    here = found.segments[rows[:, None], columns]
    mixed = weight[here][..., None] * of_player[here] + (1 - weight[here])[..., None] * ground
    return np.asarray(np.rint(mixed), np.uint8)


def _rgb(colours: Mapping[int, str]) -> dict[int, npt.NDArray[np.float64]]:
    return {each: 255 * np.array(to_rgb(colour)) for each, colour in colours.items()}


def _strengths(found: StrongestClasses) -> npt.NDArray[np.float64]:
    """Each player's value as a share 0..1 of the largest."""
    values = np.maximum(np.asarray(found.values[:, 0], np.float64), 0)
    return np.asarray(values / (values.max() or 1.0))


def _write_names(
    page: Axes, found: StrongestClasses, labels: Sequence[str], box: Box, form: Format
) -> None:
    """A region's name on its strongest place; what would cover a stronger one's is left out."""
    strengths = _strengths(found)
    placed: list[Box] = []
    pad, tall = 0.25 * form.gap, height_of(("x",), form.small)
    for region in sorted(found.regions, key=lambda each: -strengths[each.strongest]):
        if strengths[region.strongest] < _NAMED:
            break
        name = drawable(labels[region.target])
        wide = width_of(name, form.small) + 2 * pad
        rows, columns = np.nonzero(found.segments == region.strongest)
        height, width = found.segments.shape
        x = box.left + (columns.mean() + 0.5) / width * box.width - wide / 2
        y = box.top + (rows.mean() + 0.5) / height * box.height - tall / 2
        x = min(max(x, box.left), box.left + box.width - wide)
        y = min(max(y, box.top), box.top + box.height - tall)
        here = Box(x, y, wide, tall)
        if any(_meet(here, other) for other in placed):
            continue
        placed.append(here)
        page.add_patch(Rectangle((x, y), wide, tall, facecolor=_DARK, linewidth=0, zorder=2.5))
        colour = found.colours[region.target]
        page.add_patch(Rectangle((x, y), pad / 2, tall, facecolor=colour, linewidth=0, zorder=2.6))
        write_text(page, Text((name,), x + wide / 2, y, form.small, "scale"), _LIGHT)


def _meet(one: Box, other: Box) -> bool:
    return (
        one.left < other.left + other.width
        and other.left < one.left + one.width
        and one.top < other.top + other.height
        and other.top < one.top + one.height
    )


def _listed(
    found: StrongestClasses,
    listed: Sequence[int],
    labels: Sequence[str],
    form: Format,
    room: float,
) -> dict[int, str]:
    """Each class of the list with its count, in one line: a long name is shortened inside."""
    names = {}
    for target in listed:
        count = f" ({found.ranked[target]})"
        width = room - width_of(count, form.title)
        (name,) = shortened(labels[target], form.title, width, 1) or ("",)
        names[target] = name + count
    return names


def _list_classes(
    page: Axes,
    found: StrongestClasses,
    names: Mapping[int, str],
    at: Box,
    form: Format,
    style: FigureStyle,
) -> None:
    """The classes with their colours, and at how many places each is the strongest."""
    side = 0.5 * at.height
    for number, (target, name) in enumerate(names.items()):
        top, colour = at.top + number * at.height, found.colours[target]
        page.add_patch(Rectangle((at.left, top), side, side, facecolor=colour, linewidth=0))
        text = Text((name,), at.left + 1.6 * side, top, form.title, "title", "left")
        write_text(page, text, INK[style.theme]["title"])
