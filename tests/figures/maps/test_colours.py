"""Maps for print: their colours, and the scales that say what these mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from attribution_core import FigureStyle, figure
from attribution_core.painting import COLOUR_SCALES, drawn_values, grey_of, limits, ramp, tinted
from tests.figures.maps.drawn import box, grid, image, page, texts, with_values
from tests.made_attributions import attribution, picture


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
        assert f"{limit:#.3g}" in said
        assert f"−{limit:#.3g}" in said
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
        assert said.count(f"{limit:#.3g}") == 1
    scales = [each.get_gid() for each in page(made).images if "scale" in str(each.get_gid())]
    assert scales == ["scale 2 0", "scale 2 1"]
    left, top, wide, _ = box(made, "scale 2 1")
    assert (left, wide) == pytest.approx((box(made, "map 2 1")[0], box(made, "map 2 1")[2]))
    assert top > box(made, "map 2 1")[1] + box(made, "map 2 1")[3]


def test_a_map_of_zeros_says_so() -> None:
    nothing = with_values(attribution(), np.zeros((6, 6), np.float32))
    assert texts(figure(nothing), "scale") == ["all values are 0"]
