"""Values as colours: those of the page's grid, and where they saturate."""

from __future__ import annotations

import numpy as np
import pytest

from attribution_core.painting import (
    CATEGORIES,
    COLOUR_SCALES,
    Colours,
    Theme,
    colours_of_categories,
    grey_of,
    limits,
    ramp,
    tinted,
)

THEMES: tuple[Theme, ...] = ("light", "dark")
NAMES: tuple[Colours, ...] = tuple(COLOUR_SCALES)


def test_grey_is_the_luma() -> None:
    pixels = np.array([[[255, 255, 255], [255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.float32)
    np.testing.assert_allclose(grey_of(pixels)[0], [255, 76.245, 149.685, 29.07], rtol=1e-5)


# --- the colours of the screen --------------------------------------------------------------------


@pytest.mark.parametrize("colours", NAMES)
@pytest.mark.parametrize("theme", THEMES)
def test_plain_colours_run_through_the_stops(theme: Theme, colours: Colours) -> None:
    palette = COLOUR_SCALES[colours].themes[theme]
    values = np.array([[-8.0, -4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 8.0, np.nan]])
    below, above = palette.negative, palette.positive
    expected = [below[3], *below[::-1], palette.ground, *above, above[3], palette.ground]
    np.testing.assert_array_equal(tinted(values, 4.0, theme, colours=colours)[0], expected)
    between = tinted(np.array([[0.5]]), 4.0, theme, colours=colours)[0, 0]
    np.testing.assert_allclose(between, np.mean([palette.ground, above[0]], axis=0), atol=0.51)


@pytest.mark.parametrize("colours", NAMES)
@pytest.mark.parametrize("theme", THEMES)
def test_over_a_picture_opacity_grows_with_the_value(theme: Theme, colours: Colours) -> None:
    palette = COLOUR_SCALES[colours].themes[theme]
    values, grey = np.array([[0.0, 2.0, -1.0]]), np.full((1, 3), 100.0)
    found = tinted(values, 2.0, theme, colours=colours, opacity=0.8, grey=grey)[0]
    ground = palette.darkest + palette.contrast * 100
    np.testing.assert_allclose(found[0], ground, atol=0.51)
    above, below = np.array(palette.positive_over), np.array(palette.negative_over)
    np.testing.assert_allclose(found[1], 0.8 * above + 0.2 * ground, atol=0.51)
    np.testing.assert_allclose(found[2], 0.4 * below + 0.6 * ground, atol=0.51)


@pytest.mark.parametrize("colours", NAMES)
@pytest.mark.parametrize("theme", THEMES)
def test_a_ramp_has_the_colours_from_limit_to_limit(theme: Theme, colours: Colours) -> None:
    scale = COLOUR_SCALES[colours]
    palette = scale.themes[theme]
    plain, over = ramp(theme, colours=colours), ramp(theme, colours=colours, opacity=0.5)
    for pixels in (plain, over):
        assert pixels.shape == (255, 3)
        np.testing.assert_array_equal(pixels[127 if scale.signed else 0], palette.ground)
    np.testing.assert_array_equal(plain[-1], palette.positive[-1])
    if scale.signed:
        np.testing.assert_array_equal(plain[0], palette.negative[-1])
    half = np.mean([palette.ground, palette.positive_over], axis=0)
    np.testing.assert_allclose(over[-1], half, atol=0.51)


@pytest.mark.parametrize("limit", [0.0, 1e-30, 1e30])
def test_an_extreme_limit_paints_without_warnings(limit: float) -> None:
    with np.errstate(all="raise"):
        found = tinted(np.zeros((2, 2)), limit, "light")
    np.testing.assert_array_equal(found, 255)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("over", [True, False])
def test_without_signs_a_value_looks_like_its_negative(theme: Theme, over: bool) -> None:
    values = np.random.default_rng(1).normal(size=(6, 6))
    grey = np.full((6, 6), 90.0) if over else None
    both = [tinted(each, 1.0, theme, colours="absolute", grey=grey) for each in (values, -values)]
    np.testing.assert_array_equal(*both)


def test_a_scale_says_its_colours() -> None:
    assert COLOUR_SCALES["red-blue"].said() == "Red speaks for the class, blue against it"
    orange = COLOUR_SCALES["orange-blue"].said("the row's class")
    assert orange == "Orange speaks for the row's class, blue against it"
    size = COLOUR_SCALES["absolute"].said()
    assert size == "The stronger the purple, the larger the |value|, for the class or against"


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


def test_categories_that_meet_have_different_colours_and_the_first_six_all_do() -> None:
    found = colours_of_categories(range(9), {(0, 6), (1, 6), (6, 7), (8, 2)})
    assert len({found[each] for each in range(6)}) == 6
    assert found[6] not in (found[0], found[1], found[7])
    assert found[8] != found[2]
    everyone = {(one, other) for one in range(9) for other in range(one)}
    assert {*colours_of_categories(range(9), everyone).values()} == {*CATEGORIES}
