"""Values as colours: those of the page's grid, and where they saturate."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from attribution_core.painting import (
    BLUE,
    PALETTES,
    RED,
    Theme,
    grey_of,
    limits,
    painted,
    ramp,
    tinted,
)

THEMES: tuple[Theme, ...] = ("light", "dark")
GRID = Path(__file__).resolve().parents[1] / "assets" / "components" / "heatmap_grid.js"


def test_positive_is_red_negative_is_blue_and_zero_is_nothing() -> None:
    values = np.array([[2.0, -2.0, 0.0, 9.0]])
    np.testing.assert_array_equal(
        painted(values, 2.0, 0.5, None)[0], [RED, BLUE, (255, 255, 255), RED]
    )


def test_over_a_picture_the_strength_is_the_opacity() -> None:
    values = np.array([[0.0, 1.0, -1.0, 0.5]])
    grey = np.full((1, 4), 100.0)
    found = painted(values, 1.0, 0.8, grey)[0]
    red, blue = np.array(RED, float), np.array(BLUE, float)
    np.testing.assert_array_equal(found[0], [100, 100, 100])
    np.testing.assert_allclose(found[1], 0.8 * red + 20, atol=0.5)
    np.testing.assert_allclose(found[2], 0.8 * blue + 20, atol=0.5)
    np.testing.assert_allclose(found[3], 0.4 * red + 60, atol=0.5)


@pytest.mark.parametrize("limit", [0.0, 1e-30, 1e30])
def test_an_extreme_limit_paints_without_warnings(limit: float) -> None:
    with np.errstate(all="raise"):
        found = painted(np.zeros((2, 2)), limit, 1.0, np.full((2, 2), 7.0))
    np.testing.assert_array_equal(found, 7)


def test_grey_is_the_luma() -> None:
    pixels = np.array([[[255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.float32)
    np.testing.assert_allclose(grey_of(pixels)[0], [255, 76.245, 149.685, 29.07], rtol=1e-5)


# --- the colours of the screen --------------------------------------------------------------------


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"[\d.]+", text)]


@pytest.mark.parametrize("theme", THEMES)
def test_the_palettes_are_those_of_the_page(theme: Theme) -> None:
    code = GRID.read_text("utf-8")
    ramps, over = (
        code[code.index(f"const {name} = {{") :].partition("\n};")[0] for name in ("RAMPS", "OVER")
    )
    plain = ramps[ramps.index(f"{theme}:") :]
    palette = PALETTES[theme]
    for name, colours in (("red", palette.red), ("blue", palette.blue)):
        (stops,) = re.findall(rf"{name}: \[(.*)\],", plain[: plain.index("}")])
        # The ground, which is the page's own in the dark theme, comes first.
        assert numbers(stops)[-12:] == [channel for colour in colours for channel in colour]
    (line,) = re.findall(rf"{theme}: (.*)", over)
    expected = [*palette.red_over, *palette.blue_over, palette.darkest, palette.contrast]
    assert numbers(line) == expected


@pytest.mark.parametrize("theme", THEMES)
def test_plain_colours_run_through_the_stops(theme: Theme) -> None:
    palette = PALETTES[theme]
    values = np.array([[-8.0, -4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 8.0, np.nan]])
    blue, red = palette.blue, palette.red
    expected = [blue[3], *blue[::-1], palette.ground, *red, red[3], palette.ground]
    np.testing.assert_array_equal(tinted(values, 4.0, theme)[0], expected)
    between = tinted(np.array([[0.5]]), 4.0, theme)[0, 0]
    np.testing.assert_allclose(between, np.mean([palette.ground, red[0]], axis=0), atol=0.51)


@pytest.mark.parametrize("theme", THEMES)
def test_over_a_picture_opacity_grows_with_the_value(theme: Theme) -> None:
    palette = PALETTES[theme]
    values, grey = np.array([[0.0, 2.0, -1.0]]), np.full((1, 3), 100.0)
    found = tinted(values, 2.0, theme, opacity=0.8, grey=grey)[0]
    ground = palette.darkest + palette.contrast * 100
    np.testing.assert_allclose(found[0], ground, atol=0.51)
    red, blue = np.array(palette.red_over), np.array(palette.blue_over)
    np.testing.assert_allclose(found[1], 0.8 * red + 0.2 * ground, atol=0.51)
    np.testing.assert_allclose(found[2], 0.4 * blue + 0.6 * ground, atol=0.51)


@pytest.mark.parametrize("theme", THEMES)
def test_a_ramp_has_the_colours_from_limit_to_limit(theme: Theme) -> None:
    palette = PALETTES[theme]
    plain, over = ramp(theme), ramp(theme, opacity=0.5)
    for colours in (plain, over):
        assert colours.shape == (255, 3)
        np.testing.assert_array_equal(colours[127], palette.ground)
    np.testing.assert_array_equal(plain[[0, -1]], [palette.blue[-1], palette.red[-1]])
    half = np.mean([palette.ground, palette.red_over], axis=0)
    np.testing.assert_allclose(over[-1], half, atol=0.51)


# --- limits ---------------------------------------------------------------------------------------


def test_limits_are_percentiles_of_each_map_or_the_largest_of_a_column() -> None:
    random = np.random.default_rng(0)
    maps = {(row, column): random.normal(size=(5, 5)) for row in (0, 1) for column in (0, 1)}
    own = limits(maps, 80.0, shared=False)
    assert own == {cell: np.percentile(np.abs(values), 80) for cell, values in maps.items()}
    shared = limits(maps, 80.0, shared=True)
    for column in (0, 1):
        assert shared[0, column] == shared[1, column] == max(own[0, column], own[1, column])


def test_few_values_other_than_zero_are_seen_and_zeros_have_a_limit() -> None:
    few = np.zeros((10, 10))
    few[3, 4] = -3.0
    maps = {(0, 0): few, (0, 1): np.zeros((10, 10))}
    for shared in (False, True):
        assert limits(maps, 50.0, shared=shared) == {(0, 0): 3.0, (0, 1): 1.0}
