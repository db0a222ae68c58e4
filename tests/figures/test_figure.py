"""Figures for print, by what they contain: texts, scales, places, sizes, and the files' insides."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import warnings
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from itertools import combinations
from typing import Any
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.image import AxesImage
from matplotlib.transforms import Bbox
from PIL import Image

from attribution_core import Attribution, FigureStyle, figure
from attribution_core.figures.figure import MapFigure, borders, print_settings
from attribution_core.painting import COLOUR_SCALES, drawn_values, grey_of, limits, ramp, tinted
from tests.made_attributions import attribution, picture

METHODS = ("gradient_times_input", "integrated_gradients", "grad_cam", "kernel_shap", "lime")
SVG = "{http://www.w3.org/2000/svg}"
MILLIMETRE = 72 / 25.4
WIDTHS = {"one column": 85.0, "two columns": 175.0, "slide": 338.7}


@pytest.fixture(autouse=True)
def no_warnings() -> Iterator[None]:
    """Matplotlib warns of missing glyphs."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def grid(rows: int, columns: int, **how: Any) -> list[Attribution]:
    of = how.pop("of", picture())
    return [
        attribution(METHODS[number % 5], row, of=of, **{"layer": f"block{number // 5}", **how})
        for row in range(rows)
        for number in range(columns)
    ]


def with_values(each: Attribution, values: np.ndarray) -> Attribution:
    return replace(each, values=values, heatmap=values)


def page(made: MapFigure) -> Axes:
    (axes,) = made.axes
    return axes


def texts(made: MapFigure, role: str) -> list[str]:
    return [text.get_text() for text in page(made).texts if text.get_gid() == role]


def image(made: MapFigure, name: str) -> AxesImage:
    (found,) = (each for each in page(made).images if each.get_gid() == name)
    return found


def box(made: MapFigure, name: str) -> tuple[float, float, float, float]:
    """Left, top, width and height in millimetres."""
    left, right, bottom, top = image(made, name).get_extent()
    return left, top, right - left, bottom - top


# --- places ---------------------------------------------------------------------------------------


def text_boxes(made: MapFigure) -> dict[str, Bbox]:
    """Where texts are drawn, in millimetres from the lower left corner."""
    with print_settings():
        made.draw_without_rendering()
    scale = 25.4 / made.dpi
    return {
        f"{number} {text.get_text()}": Bbox(text.get_window_extent().get_points() * scale)
        for number, text in enumerate(page(made).texts)
    }


LONG = "a soft-coated wheaten terrier of an extraordinarily long pedigree"


@pytest.mark.thorough
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(
    ("rows", "columns", "how", "maps"),
    [
        (1, 1, {}, {}),
        (2, 4, {"picture": True}, {}),
        (4, 5, {}, {}),
        (3, 3, {"scale": "method", "overlay": False}, {"score": "probability"}),
        (2, 2, {"picture": True}, {"of": picture(20, 40)}),
        (2, 3, {"caption": False}, {"of": picture(60, 20), "label": LONG}),
        (1, 12, {"theme": "dark"}, {"label": LONG}),
        (5, 2, {"theme": "dark"}, {"label": LONG}),
        (5, 4, {"scale": "method"}, {}),
        (8, 3, {}, {"score": "probability", "label": "tiger cat"}),
    ],
)
def test_nothing_overlaps_and_everything_is_on_the_sheet(
    width: Any, rows: int, columns: int, how: dict[str, Any], maps: dict[str, Any]
) -> None:
    made = figure(grid(rows, columns, **maps), FigureStyle(width=width, **how))
    wide, high = made.get_size_inches() * 25.4
    assert wide == pytest.approx(WIDTHS[width])
    assert high == pytest.approx(190.5) if width == "slide" else 0 < high <= 230.01
    boxes = text_boxes(made)
    assert min(text.get_fontsize() for text in page(made).texts) >= 6.5
    assert min(box(made, f"map {row} 0")[2] for row in range(rows)) > 10
    for each in page(made).images:
        left, right, bottom, top = each.get_extent()
        boxes[str(each.get_gid())] = Bbox([[left, high - bottom], [right, high - top]])
    for name, each in boxes.items():
        assert each.x0 > -0.3, name
        assert each.y0 > -0.3, name
        assert each.x1 < wide + 0.3, name
        assert each.y1 < high + 0.3, name
    for (name, one), (other_name, other) in combinations(boxes.items(), 2):
        shared = Bbox.intersection(one, other)
        # A descender may reach a hair into the next line's room.
        deep = shared is not None and min(shared.width, shared.height) > 0.3
        assert not deep, f"{name} overlaps {other_name}"


def test_maps_stand_in_rows_and_columns_with_their_titles() -> None:
    made = figure(grid(2, 3), FigureStyle(picture=True))
    assert texts(made, "row") == ["ant", "bee"]
    assert " ".join(texts(made, "title")) == (
        "Picture Gradient × Input Integrated Gradients Grad-CAM"
    )
    tops = {row: {box(made, f"map {row} {column}")[1] for column in range(3)} for row in (0, 1)}
    assert all(len(each) == 1 for each in tops.values())
    assert max(tops[0]) < min(tops[1])
    for column in range(3):
        assert box(made, f"map 0 {column}")[0] == box(made, f"map 1 {column}")[0]
        (title,) = (
            text
            for text in page(made).texts
            if text.get_text() == ("Gradient × Input", "Integrated Gradients", "Grad-CAM")[column]
        )
        left, top, wide, _ = box(made, f"map 0 {column}")
        assert title.get_position()[0] == pytest.approx(left + wide / 2)
        assert title.get_position()[1] < top
    pictures = [box(made, f"picture {row} 0") for row in (0, 1)]
    assert pictures[0][0] + pictures[0][2] < box(made, "map 0 0")[0]


@pytest.mark.parametrize(("height", "width"), [(24, 24), (20, 40), (60, 20)])
@pytest.mark.parametrize("smooth", [True, False])
def test_maps_keep_the_shape_of_their_picture(height: int, width: int, smooth: bool) -> None:
    of = picture(height, width)
    made = figure(grid(1, 2, of=of, shape=(5, 7)), FigureStyle(smooth=smooth, picture=True))
    for name in ("map 0 0", "map 0 1", "picture 0 0"):
        _, _, wide, high = box(made, name)
        assert high / wide == pytest.approx(height / width)
    assert box(made, "map 0 0")[2] == pytest.approx(box(made, "picture 0 0")[2])


def test_pictures_of_several_shapes_each_keep_their_own() -> None:
    maps = [attribution(of=picture(*shape)) for shape in ((24, 24), (20, 40), (40, 20))]
    made = figure(maps, FigureStyle(smooth=False))
    for row, aspect in enumerate((1, 1 / 2, 2)):
        left, _, wide, high = box(made, f"map {row} 0")
        assert high / wide == pytest.approx(aspect)
        assert (left, wide) == pytest.approx(
            (box(made, f"scale {row} 0")[0], box(made, f"scale {row} 0")[2])
        )


def test_columns_that_would_be_too_narrow_go_below_the_others() -> None:
    made = figure(
        [[attribution(layer=f"block{number}") for number in range(9)]],
        FigureStyle(width="one column"),
    )
    tops = [box(made, f"map 0 {column}")[1] for column in range(9)]
    assert len(set(tops)) == 3
    assert tops == sorted(tops)
    assert texts(made, "row") == ["bee"] * 3
    assert min(box(made, f"map 0 {column}")[2] for column in range(9)) >= 15


@pytest.mark.parametrize("scale", ["map", "method"])
def test_many_rows_stand_beside_each_other_with_their_titles(scale: Any) -> None:
    made = figure(grid(5, 2), FigureStyle(width="slide", scale=scale))
    assert texts(made, "row") == ["ant", "bee", "cat", "dog", "eel"]
    assert texts(made, "title").count("× Input") == 3
    assert box(made, "map 0 0")[1] == box(made, "map 2 0")[1] == box(made, "map 4 0")[1]
    assert box(made, "map 0 0")[0] == box(made, "map 1 0")[0] < box(made, "map 2 0")[0]
    # A scale that a column shares is below each part of it.
    lowest = {int(each.get_gid()[6]) for each in page(made).images if "scale" in each.get_gid()}
    assert lowest == ({0, 1, 2, 3, 4} if scale == "map" else {1, 3, 4})
    scales = texts(made, "scale")
    assert len(set(scales)) < len(scales) if scale == "method" else len(scales) >= 20


def test_rows_and_columns_of_ones_own_and_places_left_empty() -> None:
    one, two = attribution("gradient"), attribution("lime")
    made = figure([[one, None], [None, two]], rows=("first", "second"), columns=("a", "b"))
    assert texts(made, "row") == ["first", "second"]
    assert texts(made, "title") == ["a", "b"]
    drawn = {each.get_gid() for each in page(made).images}
    assert drawn == {"map 0 0", "map 1 1", "scale 0 0", "scale 1 1"}


# --- maps and scales ------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("overlay", [True, False])
@pytest.mark.parametrize("colours", COLOUR_SCALES)
def test_maps_are_painted_as_on_the_screen(theme: Any, overlay: bool, colours: Any) -> None:
    maps = grid(2, 4)
    style = FigureStyle(
        theme=theme, overlay=overlay, smooth=False, clip=90.0, opacity=0.7, colours=colours
    )
    made = figure(maps, style)
    cells = {(number // 4, number % 4): each for number, each in enumerate(maps)}
    drawn = {cell: drawn_values(each) for cell, each in cells.items()}
    saturate = limits(drawn, 90.0, shared=False)
    for (row, column), values in drawn.items():
        blocks = np.kron(values, np.ones((4, 4)))
        grey = grey_of(picture().pixels) if overlay else None
        expected = tinted(
            blocks, saturate[row, column], theme, colours=colours, opacity=0.7, grey=grey
        )
        found = image(made, f"map {row} {column}")
        # float32 or float64 beneath: a channel may round the other way.
        assert np.abs(found.get_array().astype(int) - expected.astype(int)).max() <= 1
        assert found.get_interpolation() == "none"
    bar = image(made, "scale 0 0").get_array()
    expected = ramp(theme, colours=colours, opacity=0.7 if overlay else None)
    np.testing.assert_array_equal(bar[0], expected)
    assert ("0" in texts(made, "scale")) == (colours == "absolute")


def test_a_picture_that_no_block_divides_is_fitted_to_the_blocks() -> None:
    made = figure(attribution(shape=(7, 7)), FigureStyle(smooth=False))
    assert image(made, "map 0 0").get_array().shape == (28, 28, 3)


def test_a_smooth_map_is_interpolated_as_values() -> None:
    values = np.array([[1.0, -1.0]], np.float32)
    each = with_values(attribution(shape=(1, 2), of=picture(8, 16)), values)
    made = figure(each, FigureStyle(overlay=False, smooth=True, clip=100.0))
    line = np.asarray(image(made, "map 0 0").get_array())[0]
    assert len(line) == 448
    np.testing.assert_array_equal(line[[0, -1]], ramp("light")[[-1, 0]])
    # Half way from red to blue lies zero, which is white.
    assert (line[222:226] >= 248).all()


def test_each_map_has_a_scale_with_its_limits_and_unit() -> None:
    maps = grid(2, 2)
    made = figure(maps, FigureStyle(clip=100.0))
    said = texts(made, "scale")
    for each in maps:
        limit = np.abs(drawn_values(each)).max()
        assert f"{limit:.3g}" in said
        assert f"−{limit:.3g}" in said
    assert said.count("logits per position") == 4
    assert {each.get_gid() for each in page(made).images if "scale" in str(each.get_gid())} == {
        "scale 0 0",
        "scale 0 1",
        "scale 1 0",
        "scale 1 1",
    }


def test_maps_of_a_column_share_one_scale_below_them() -> None:
    maps = grid(3, 2)
    made = figure(maps, FigureStyle(scale="method", clip=100.0, smooth=False, overlay=False))
    said = texts(made, "scale")
    for column in (0, 1):
        limit = max(np.abs(drawn_values(each)).max() for each in maps[column::2])
        assert said.count(f"{limit:.3g}") == 1
    scales = [each.get_gid() for each in page(made).images if "scale" in str(each.get_gid())]
    assert scales == ["scale 2 0", "scale 2 1"]
    left, top, wide, _ = box(made, "scale 2 1")
    assert (left, wide) == pytest.approx((box(made, "map 2 1")[0], box(made, "map 2 1")[2]))
    assert top > box(made, "map 2 1")[1] + box(made, "map 2 1")[3]


def test_a_map_of_zeros_says_so() -> None:
    nothing = with_values(attribution(), np.zeros((6, 6), np.float32))
    assert texts(figure(nothing), "scale") == ["all values are 0"]


# --- outlines -------------------------------------------------------------------------------------


def test_borders_are_where_labels_change() -> None:
    segments = np.array([[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 2, 1]])
    found = {tuple(map(tuple, np.round(line * (4, 3), 6))) for line in borders(segments)}
    assert found == {
        ((2.0, 0.0), (2.0, 2.0)),
        ((3.0, 2.0), (3.0, 3.0)),
        ((0.0, 2.0), (3.0, 2.0)),
    }
    assert borders(np.zeros((3, 3), int)).shape == (0, 2, 2)


def test_borders_are_as_long_as_there_are_changes() -> None:
    segments = np.random.default_rng(0).integers(0, 3, (13, 9))
    lines = borders(segments) * (9, 13)
    changes = (segments[1:] != segments[:-1]).sum() + (segments[:, 1:] != segments[:, :-1]).sum()
    assert np.abs(lines[:, 1] - lines[:, 0]).sum() == pytest.approx(changes)


def test_players_are_outlined_where_that_is_asked_for() -> None:
    maps = [attribution("gradient"), attribution("kernel_shap")]
    assert not page(figure(maps)).collections
    made = figure(maps, FigureStyle(outlines=True))
    (lines,) = page(made).collections
    assert isinstance(lines, LineCollection)
    left, top, wide, high = box(made, "map 0 1")
    ends = np.concatenate(lines.get_segments())
    np.testing.assert_allclose(
        sorted({float(x) for x in ends[:, 0].round(6)}),
        np.round(left + wide * np.array([0, 1 / 3, 2 / 3, 1]), 6),
        atol=1e-5,
    )
    np.testing.assert_allclose(
        sorted({float(y) for y in ends[:, 1].round(6)}),
        np.round(top + high * np.array([0, 1 / 2, 1]), 6),
        atol=1e-5,
    )


# --- words ----------------------------------------------------------------------------------------


def test_the_caption_can_be_switched_off() -> None:
    made = figure(grid(1, 2), FigureStyle(dated=date(2026, 1, 2)))
    said = " ".join(texts(made, "caption"))
    assert said.startswith("VGG16 (CAM head, built in), layer block0;")
    assert said.endswith("2 January 2026.")
    without = figure(grid(1, 2), FigureStyle(caption=False))
    assert not texts(without, "caption")
    assert without.get_size_inches()[1] < made.get_size_inches()[1]


@pytest.mark.thorough
@pytest.mark.parametrize(
    "label",
    [
        LONG,
        "Donaudampfschifffahrtsgesellschaftskapitän",
        "котёнок",
        "قط",
        "猫と珈琲",
        "🐱",
        "$\\frac{1}{0}$ & <b>x</b>",
        "\ue123",
        "",
    ],
)
def test_whatever_a_class_is_called(label: str) -> None:
    maps = [attribution(label=label), attribution("lime", label=label)]
    made = figure(maps, FigureStyle(width="one column", smooth=False))
    for suffix in ("png", "pdf", "svg"):
        assert made.rendered(suffix, 40)
    if label.isascii() and len(label) < len(LONG):
        assert "".join(texts(made, "row")).replace(" ", "") == label.replace(" ", "")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_name_that_is_shortened_stands_in_full_in_the_caption(width: Any) -> None:
    names = [f"{LONG} and a very white coat, bred in year {year}" for year in range(9)]
    maps = [attribution("lime", number, label=name) for number, name in enumerate(names)]
    maps.append(attribution("lime", 9, label="tiger cat"))
    made = figure(maps, FigureStyle(width=width))
    titles = " ".join(texts(made, "row"))
    said = " ".join(texts(made, "caption")).replace("- ", "-")
    assert titles.count("…") == len(names)
    assert said.endswith(f" In full: {'; '.join(names)}.")
    assert "…" not in said
    # Where all have room, nothing is said twice.
    short = figure([attribution("lime", 0, label="tiger cat")], FigureStyle(width=width))
    assert "tiger cat" not in " ".join(texts(short, "caption"))


def test_a_label_is_no_formula_and_no_markup() -> None:
    label = "$x^2$ <b>&"
    made = figure(attribution(label=label), FigureStyle(smooth=False))
    root = ElementTree.fromstring(made.rendered("svg"))
    assert label in [each.text for each in root.iter(f"{SVG}text")]


# --- files ----------------------------------------------------------------------------------------


def test_a_png_has_300_dots_per_inch() -> None:
    made = figure(grid(1, 2), FigureStyle(width="one column"))
    with Image.open(io.BytesIO(made.rendered("png"))) as file:
        assert file.width == pytest.approx(85 / 25.4 * 300, abs=1)
        assert file.info["dpi"] == pytest.approx((300, 300), abs=0.1)


def test_the_print_is_the_map_pixel_by_pixel() -> None:
    made = figure(
        attribution(shape=(3, 3)), FigureStyle(smooth=False, overlay=False, width="one column")
    )
    with Image.open(io.BytesIO(made.rendered("png"))) as file:
        pixels = np.asarray(file.convert("RGB"), int)
    left, top, wide, high = box(made, "map 0 0")
    colours = np.asarray(image(made, "map 0 0").get_array(), int)
    rows, columns = (np.arange(24) + 0.5) / 24, (np.arange(24) + 0.5) / 24
    at = np.ix_(
        ((top + high * rows) / 25.4 * 300).astype(int),
        ((left + wide * columns) / 25.4 * 300).astype(int),
    )
    np.testing.assert_array_equal(pixels[at], colours)


def test_an_svg_has_text_as_text_and_maps_as_images() -> None:
    made = figure(grid(2, 2), FigureStyle(outlines=True, picture=True))
    root = ElementTree.fromstring(made.rendered("svg"))
    assert float(str(root.get("width")).removesuffix("pt")) == pytest.approx(175 * MILLIMETRE)
    found = [str(each.text) for each in root.iter(f"{SVG}text")]
    assert found == [text.get_text() for text in page(made).texts]
    assert {"Gradient × Input", "ant"} <= set(found)
    # Four maps, as many scales, and the picture in two rows.
    assert len(list(root.iter(f"{SVG}image"))) == 4 + 4 + 2
    assert "sans-serif" in str(next(root.iter(f"{SVG}text")).get("style"))
    assert not list(root.iter(f"{SVG}use"))


@pytest.mark.thorough
def test_a_pdf_has_text_as_text_and_its_fonts() -> None:
    made = figure(grid(2, 2), FigureStyle(outlines=True, dated=date(2026, 1, 2)))
    content = made.rendered("pdf")
    (size,) = re.findall(rb"/MediaBox \[ 0 0 (\S+) (\S+) \]", content)
    assert [float(each) for each in size] == pytest.approx(list(made.get_size_inches() * 72))
    assert b"/FontFile2" in content
    assert b"/Type3" not in content
    assert content.count(b"/Subtype /Image") == 4 + 4
    said = text_of_pdf(content)
    for text in page(made).texts:
        assert text.get_text().replace(" ", "") in said


def text_of_pdf(content: bytes) -> str:
    """All that a PDF of Matplotlib writes, without spaces: two bytes a character, font by font."""
    streams = []
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL):
        try:
            streams.append(zlib.decompress(packed))
        except zlib.error:
            continue
    tables = [unicode_table(each) for each in streams if b"beginbfrange" in each]
    # The first holds letters by their code, the second what has a number of its own.
    first, *others = sorted(tables, key=lambda table: min(table))[::-1]
    (drawing,) = (each for each in streams if b"BT\n" in each)
    said = []
    for block in re.findall(rb"BT\n.*?ET", drawing, re.DOTALL):
        table: dict[int, str] = {}
        for font, string in re.findall(rb"/(F\d+) |\(((?:\\.|[^\\)])*)\)", block, re.DOTALL):
            if font:
                table = first if font == b"F1" else others[0]
                continue
            codes = re.sub(rb"\\([0-7]{3}|.)", unescaped, string, flags=re.DOTALL)
            said += [
                table[int.from_bytes(codes[i : i + 2], "big")] for i in range(0, len(codes), 2)
            ]
    return "".join(said).replace(" ", "")


def unescaped(match: re.Match[bytes]) -> bytes:
    code = match[1]
    if len(code) == 3:
        return bytes([int(code, 8)])
    return {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}.get(code, code)


def unicode_table(stream: bytes) -> dict[int, str]:
    table: dict[int, str] = {}
    for low, listed in re.findall(rb"<(\w+)> <\w+> \[(.*?)\]", stream, re.DOTALL):
        for place, text in enumerate(re.findall(rb"<(\w+)>", listed)):
            table[int(low, 16) + place] = bytes.fromhex(text.decode()).decode("utf-16-be")
    return table


@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_one_figure_gives_the_same_bytes_whatever_the_users_settings(suffix: str) -> None:
    style = FigureStyle(dated=date(2026, 1, 2))
    plain = figure(grid(1, 2), style).rendered(suffix, 100)
    theirs = {
        "font.size": 20,
        "savefig.bbox": "tight",
        "savefig.facecolor": "red",
        "text.color": "green",
        "svg.fonttype": "path",
        "pdf.fonttype": 3,
    }
    with matplotlib.rc_context(theirs):
        before = dict(matplotlib.rcParams)
        assert figure(grid(1, 2), style).rendered(suffix, 100) == plain
        assert dict(matplotlib.rcParams) == before


@pytest.mark.thorough
def test_several_threads_draw_what_one_does() -> None:
    def drawn(number: int) -> tuple[bytes, ...]:
        width = list(WIDTHS)[number % 3]
        made = figure(grid(1, 1 + number % 4), FigureStyle(width=width, dated=None, outlines=True))
        return tuple(made.rendered(suffix, 60) for suffix in ("png", "svg", "pdf"))

    alone = [drawn(number) for number in range(3)]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(drawn, [*range(3), *range(3)])) == alone * 2


def test_saved_by_matplotlib_it_is_the_same_kind_of_file(tmp_path: Any) -> None:
    made = figure(attribution())
    made.savefig(tmp_path / "map.svg")
    assert b"<text" in (tmp_path / "map.svg").read_bytes()
    made.savefig(tmp_path / "map.png")
    with Image.open(tmp_path / "map.png") as file:
        assert file.width == pytest.approx(175 / 25.4 * 300, abs=1)


# --- use ------------------------------------------------------------------------------------------


def test_an_attribution_draws_itself() -> None:
    each = attribution("kernel_shap")
    made = each.figure()
    assert made.get_size_inches()[0] == pytest.approx(85 / 25.4)
    assert each.figure(FigureStyle(width="slide")).get_size_inches()[0] == pytest.approx(
        338.7 / 25.4
    )
    shown = each._repr_png_()
    with Image.open(io.BytesIO(shown)) as file:
        assert (file.format, file.width) == ("PNG", pytest.approx(85 / 25.4 * 150, abs=1))


@pytest.mark.parametrize(
    ("attributions", "message"),
    [
        ([], "nothing to draw"),
        ([[]], "nothing to draw"),
        ([[None]], "nothing to draw"),
        ([attribution(), [attribution()]], "give attributions, or rows of them"),
        ([attribution(), attribution()], "is there twice"),
    ],
)
def test_what_cannot_be_drawn(attributions: Sequence[Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        figure(attributions)


@pytest.mark.parametrize(("width", "columns"), [("one column", 8), ("slide", 5)])
def test_too_many_maps_are_refused_rather_than_drawn_too_small(width: Any, columns: int) -> None:
    maps = [grid(1, columns) for _ in range(8)]
    with pytest.raises(ValueError, match="too many for a figure of this width; take fewer"):
        figure(maps, FigureStyle(width=width), rows=["ant"] * 8, columns=["Grad-CAM"] * columns)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"width": "A4"}, "width cannot be 'A4'; use 'one column' or 'two columns' or 'slide'"),
        ({"theme": "sepia"}, "use 'light' or 'dark'"),
        ({"scale": "all"}, "use 'map' or 'method'"),
        ({"opacity": 1.5}, "give a number from 0 to 1"),
        ({"clip": float("nan")}, "give a number from 0 to 100"),
    ],
)
def test_a_style_that_is_none(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FigureStyle(**wrong)


def test_a_file_that_is_no_figure() -> None:
    with pytest.raises(ValueError, match="cannot be a gif file; use png, pdf, svg"):
        figure(attribution()).rendered("gif")


def test_matplotlib_is_loaded_with_the_first_figure_and_pyplot_never() -> None:
    code = (
        "import sys, attribution_core; assert 'matplotlib' not in sys.modules; "
        "attribution_core.figure; assert 'matplotlib.figure' in sys.modules; "
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
