"""Maps for print: where everything is on the sheet."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from matplotlib.transforms import Bbox

from attribution_core import FigureStyle, figure
from attribution_core.figures.printed import MapFigure, print_settings
from tests.figures.maps.drawn import LONG, WIDTHS, box, grid, page, texts
from tests.made_attributions import attribution, picture


def text_boxes(made: MapFigure) -> dict[str, Bbox]:
    """Where texts are drawn, in millimetres from the lower left corner."""
    with print_settings():
        made.draw_without_rendering()
    scale = 25.4 / made.dpi
    return {
        f"{number} {text.get_text()}": Bbox(text.get_window_extent().get_points() * scale)
        for number, text in enumerate(page(made).texts)
    }


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
