"""The function's plane: what the browser reports, its window, and its contours."""

from __future__ import annotations

import pytest

from pages.ui.components.function_plane import landscape, levels_of, new_coordinates, reach_of


def test_drags_that_are_no_news_or_no_drags() -> None:
    good = {"revision": 3, "point": [1, 2.004], "reference": [-200, 0]}
    assert new_coordinates(good, 2) == (3, (1, 2), (-60, 0))
    assert new_coordinates(good, 3) is None
    for bad in (
        None,
        {},
        {**good, "point": [1]},
        {**good, "point": [1, "a"]},
        {**good, "point": [1, float("nan")]},
        {**good, "reference": None},
        {**good, "revision": "x"},
    ):
        assert new_coordinates(bad, 0) is None


def test_the_window_holds_both_points() -> None:
    assert reach_of((1, 2), (-4, 0)) == 4
    assert reach_of((1, 4.05), (0, 0)) == 10
    assert reach_of((-50, 0), (0, 0)) == 60


def test_contours_are_round_numbers() -> None:
    import numpy as np

    assert levels_of(np.linspace(-4, 4, 1000)) == [-3, -2, -1, 0, 1, 2, 3]
    assert levels_of(np.ones(10)) == []


def test_a_function_without_any_value_is_all_grey() -> None:
    from attribution_core.axioms.formula import PlaneFunction

    drawn = landscape(PlaneFunction("log(-1) + x"), 4, (0, 0))
    assert (drawn.undefined, drawn.contours) == (1, ())
    half = landscape(PlaneFunction("log(x)"), 4, (1, 0))
    assert half.undefined == pytest.approx(0.5, abs=0.01)
    assert half.contours
