"""Films of maps as files: pictures with titles, scales and a caption, as GIF, MP4 or WebM."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Literal

import av
import numpy as np
import numpy.typing as npt
from matplotlib.font_manager import findfont
from PIL import Image, ImageDraw, ImageFont

from attribution_core.figures.lines import drawable, font
from attribution_core.painting import COLOUR_SCALES, Colours, Theme, grey_of, ramp, tinted
from attribution_core.resampling import resampled
from attribution_core.version import PROGRAM

FilmKind = Literal["gif", "mp4", "webm"]
FILM_KINDS: tuple[FilmKind, ...] = ("gif", "mp4", "webm")

SIZE = (1280, 720)
"""Pixels of a picture, width and height: a slide's."""

_PER_SECOND = 20
_LAST_SECONDS = 2.0
"""That the last picture is seen, or as long as the others where that is longer."""
_COARSE = 112
_CONFIDENCE = 1.96
_MARGIN, _GAP = 24, 24
_HEADING, _TITLE, _LABEL, _SMALL, _LEAST = 28, 32, 32, 18, 14
_INK = {"light": ("#ffffff", "#1a1a1a", "#555555"), "dark": ("#17181c", "#f2f2f4", "#b9bac2")}

Bars = tuple[tuple[str, float, float | None], ...]
"""Names, values, and standard errors where they are known."""


@dataclass(frozen=True, eq=False)
class Tile:
    """One map of a picture, or bars in its place.

    Attributes
    ----------
    title : str
        Of at most two lines.
    values : float array ``(h, w)`` or None
        Signed; None where there is none.
    limit : float
        The |value| at which colours saturate, or at which bars end.
    unit : str
    bars : Bars
        Drawn with 95 % intervals where there are any.
    message : str
        In the place of a map that is not there.
    """

    title: str
    values: npt.NDArray[np.floating] | None = None
    limit: float = 1.0
    unit: str = ""
    bars: Bars = ()
    message: str = ""


@dataclass(frozen=True, eq=False)
class FilmPicture:
    """What is seen at one time: maps over a picture, uint8 ``(h, w, 3)``, and a line on it."""

    label: str
    tiles: tuple[Tile, ...]
    picture: npt.NDArray[np.uint8]


@dataclass(frozen=True)
class FilmStyle:
    """What all pictures of a film have in common.

    Attributes
    ----------
    heading, caption : str
        Above and below the maps.
    theme : {"light", "dark"}
    colours : str
        A name of `COLOUR_SCALES`.
    overlay : bool
        Maps over the grey picture, or plain ones.
    opacity : float
        Of the strongest colours over the picture, 0..1.
    smooth : bool
        Whether coarse maps are interpolated, or show their positions as blocks.
    seconds : float
        That a picture is seen.
    """

    heading: str
    caption: str
    theme: Theme = "light"
    colours: Colours = "red-blue"
    overlay: bool = True
    opacity: float = 0.85
    smooth: bool = True
    seconds: float = 0.8


def film(pictures: Sequence[FilmPicture], style: FilmStyle, kind: FilmKind) -> bytes:
    """A film as a file's content.

    Parameters
    ----------
    pictures : sequence of FilmPicture
        At least one, all with the same number of tiles.
    style : FilmStyle
    kind : {"gif", "mp4", "webm"}
        GIF repeats for ever; MP4 is H.264, WebM is VP9.

    Raises
    ------
    ValueError
        When there is no picture, or the kind is none of the three.
    """
    if not pictures:
        raise ValueError("A film needs at least one picture.")
    if kind not in FILM_KINDS:
        raise ValueError(f"A film cannot be a {kind} file; use {', '.join(FILM_KINDS)}.")
    drawn = [film_picture(pictures, number, style) for number in range(len(pictures))]
    return _gif(drawn, style.seconds) if kind == "gif" else _video(drawn, style.seconds, kind)


def _seconds(count: int, seconds: float) -> list[float]:
    """That each picture is seen: the last one long enough to be read."""
    return [seconds] * (count - 1) + [max(seconds, _LAST_SECONDS)]


def _gif(drawn: Sequence[Image.Image], seconds: float) -> bytes:
    small = [_in_256_colours(each.resize((960, 540), Image.Resampling.LANCZOS)) for each in drawn]
    buffer = io.BytesIO()
    small[0].save(
        buffer,
        "GIF",
        save_all=True,
        append_images=small[1:],
        duration=[round(1000 * each) for each in _seconds(len(small), seconds)],
        loop=0,
        comment=PROGRAM,
    )
    return buffer.getvalue()


def _in_256_colours(image: Image.Image) -> Image.Image:
    """The picture in a palette of its own; the rarer of red and blue keeps its shades."""
    palette = image.quantize(256, Image.Quantize.MAXCOVERAGE)
    return image.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG)


def _video(drawn: Sequence[Image.Image], seconds: float, kind: FilmKind) -> bytes:
    codec, options = {
        "mp4": ("libx264", {"crf": "16", "preset": "veryfast", "tune": "stillimage"}),
        "webm": ("libvpx-vp9", {"crf": "22", "b": "0", "cpu-used": "6", "deadline": "realtime"}),
    }[kind]
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=kind) as container:
        container.metadata["comment"] = PROGRAM
        stream = container.add_stream(codec, rate=_PER_SECOND, options=options)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        time = 0
        for image, shown in zip(drawn, _seconds(len(drawn), seconds), strict=True):
            for _ in range(max(1, round(shown * _PER_SECOND))):
                frame = av.VideoFrame.from_ndarray(np.asarray(image), format="rgb24")
                frame.pts, frame.time_base = time, Fraction(1, _PER_SECOND)
                container.mux(stream.encode(frame))
                time += 1
        container.mux(stream.encode(None))
    return buffer.getvalue()


def film_picture(pictures: Sequence[FilmPicture], number: int, style: FilmStyle) -> Image.Image:
    """One picture of a film, RGB of `SIZE`."""
    ground, ink, quiet = _INK[style.theme]
    shown = pictures[number]
    image = Image.new("RGB", SIZE, ground)
    draw = ImageDraw.Draw(image)
    middle = SIZE[0] // 2
    _write(draw, style.heading, (middle, _MARGIN), _HEADING, quiet, SIZE[0] - 2 * _MARGIN)
    bottom = SIZE[1] - _MARGIN
    _write(draw, style.caption, (middle, bottom - _SMALL), _SMALL, quiet, SIZE[0] - 2 * _MARGIN)
    label = bottom - _SMALL - 16 - _LABEL
    _write(draw, shown.label, (middle, label), _LABEL, ink, SIZE[0] - 2 * _MARGIN)
    track = (_MARGIN, label - 16, SIZE[0] - _MARGIN, label - 12)
    draw.rectangle(track, fill=quiet)
    share = (number + 1) / len(pictures)
    draw.rectangle((*track[:2], _MARGIN + share * (track[2] - _MARGIN), track[3]), fill="#cc5172")
    top = _MARGIN + _HEADING + 16
    _draw_tiles(image, shown, style, top, track[1] - 12)
    return image


def _draw_tiles(
    image: Image.Image, shown: FilmPicture, style: FilmStyle, top: int, bottom: int
) -> None:
    """The maps as large as they fit, side by side or in lines."""
    draw = ImageDraw.Draw(image)
    _, ink, quiet = _INK[style.theme]
    height, width = shown.picture.shape[:2]
    count = len(shown.tiles)
    titled = any(tile.title for tile in shown.tiles)
    above, below = (_TITLE + 14 if titled else 0), 8 + 10 + 6 + _SMALL + 8

    def side(across: int) -> float:
        wide = (SIZE[0] - 2 * _MARGIN - _GAP * (across - 1)) / across
        lines = -(-count // across)
        return float(min(wide, ((bottom - top) / lines - above - below) * width / height))

    across = max(range(1, count + 1), key=side)
    size = (max(16, int(side(across))), max(16, int(side(across) * height / width)))
    for place, tile in enumerate(shown.tiles):
        row, column = divmod(place, across)
        in_row = min(across, count - row * across)
        left = (SIZE[0] - in_row * size[0] - (in_row - 1) * _GAP) // 2 + column * (size[0] + _GAP)
        upper = top + row * (size[1] + above + below)
        _write(draw, tile.title, (left + size[0] // 2, upper), _TITLE, ink, size[0])
        upper += above
        if tile.bars:
            _draw_bars(draw, tile, style, (left, upper, *size))
            continue
        if tile.values is None:
            _write(draw, tile.message, (left + size[0] // 2, upper + 40), _SMALL, quiet, size[0])
            continue
        painted = Image.fromarray(_painted(tile, shown.picture, style))
        image.paste(painted.resize(size, Image.Resampling.LANCZOS), (left, upper))
        _draw_scale(image, tile, style, (left, upper + size[1] + 8, size[0]))


def _painted(tile: Tile, picture: npt.NDArray[np.uint8], style: FilmStyle) -> npt.NDArray[np.uint8]:
    assert tile.values is not None
    height, width = picture.shape[:2]
    values = np.asarray(tile.values, np.float32)
    if style.smooth and min(values.shape) < _COARSE:
        # Between two colours lies zero; colours mixed afterwards would give a third one.
        values = np.asarray(resampled(values, (height, width)), np.float32)
    rows = np.arange(height) * values.shape[0] // height
    columns = np.arange(width) * values.shape[1] // width
    shown = values[rows][:, columns]
    grey = grey_of(picture.astype(np.float32)) if style.overlay else None
    return tinted(
        shown,
        tile.limit,
        style.theme,
        colours=style.colours,
        opacity=style.opacity if style.overlay else 1.0,
        grey=grey,
    )


def _draw_scale(
    image: Image.Image, tile: Tile, style: FilmStyle, place: tuple[int, int, int]
) -> None:
    """The colour bar with its limits and their unit."""
    left, top, width = place
    _, _, quiet = _INK[style.theme]
    colours = ramp(style.theme, colours=style.colours)
    image.paste(Image.fromarray(colours[None]).resize((width, 10)), (left, top))
    draw = ImageDraw.Draw(image)
    low = f"−{tile.limit:.3g}" if COLOUR_SCALES[style.colours].signed else "0"
    high = f"{tile.limit:.3g}"
    size = size_below_scale(low, tile.unit, high, width)
    texts = ((low, left, "la"), (tile.unit, left + width // 2, "ma"), (high, left + width, "ra"))
    for text, at, anchor in texts:
        draw.text((at, top + 16), text, quiet, _font(text, size), anchor=anchor)


def size_below_scale(low: str, unit: str, high: str, width: int) -> int:
    """The size of the texts below a scale, in pixels: as usual, or smaller where they would touch.

    Parameters
    ----------
    low, unit, high : str
        At its left end, its middle and its right end.
    width : int
        Of the scale, in pixels.
    """
    size = _SMALL
    while size > _LEAST:
        wide = [_font(text, size).getlength(text) for text in (low, unit, high)]
        if max(wide[0], wide[2]) + wide[1] / 2 + 0.5 * size <= width / 2:
            break
        size -= 1
    return size


def _draw_bars(
    draw: ImageDraw.ImageDraw, tile: Tile, style: FilmStyle, box: tuple[int, int, int, int]
) -> None:
    """Values as horizontal bars, with 95 % intervals where their errors are known."""
    left, top, width, height = box
    _, ink, _ = _INK[style.theme]
    palette = COLOUR_SCALES[style.colours].themes[style.theme]
    line = height / len(tile.bars)
    start = left + 0.26 * width
    zero = start + 0.37 * width

    def along(value: float) -> float:
        return zero + 0.355 * width * float(np.clip(value / tile.limit, -1, 1))

    for number, (name, value, error) in enumerate(tile.bars):
        middle = top + (number + 0.5) * line
        size = int(min(_SMALL, 0.7 * line))
        draw.text((start - 8, middle), name, ink, _font(name, size), anchor="rm")
        ends = sorted((zero, along(value)))
        colour = palette.positive_over if value >= 0 else palette.negative_over
        box_of_bar = (ends[0], middle - 0.3 * line, ends[1], middle + 0.3 * line)
        draw.rectangle(box_of_bar, fill=tuple(colour))
        if error is not None:
            low, high = (along(value + side * _CONFIDENCE * error) for side in (-1, 1))
            draw.line((low, middle, high, middle), fill=ink, width=2)
            for end in (low, high):
                draw.line((end, middle - 0.2 * line, end, middle + 0.2 * line), fill=ink, width=2)
    draw.line((zero, top, zero, top + height), fill=ink, width=1)


def _write(
    draw: ImageDraw.ImageDraw, text: str, at: tuple[int, int], size: int, ink: str, width: int
) -> None:
    """A line of text, centred below a point, smaller, and then cut, where it would not fit."""
    text = drawable(text)
    while draw.textlength(text, _font(text, size)) > width:
        if size > _LEAST:
            size -= 1
        else:
            text = f"{text[:-2]}…"
    draw.text(at, text, ink, _font(text, size), anchor="ma")


def _font(text: str, size: int) -> ImageFont.FreeTypeFont:
    """The font of a text: DejaVu Sans, or the family that has what it lacks."""
    families = font(text, size).get_family()
    return _loaded(families[-2] if len(families) > 1 else families[0], size)


@lru_cache(maxsize=64)
def _loaded(family: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(findfont(family), size)
