"""The picture at the cursor, and the bars of the pointing game."""

from __future__ import annotations

import numpy as np
import pytest

from attribution_core.scores import Score
from pages.ui.faithfulness.figures import curve_figure, picture_at, pointing_figure
from pages.ui.maps.charts import stroke
from tests.pages.faithfulness.made_curves import curve


def test_the_picture_takes_the_reference_or_fades() -> None:
    picture, reference = np.full((4, 4, 3), 200.0, np.float32), np.zeros((4, 4, 3), np.float32)
    present = np.array([[True, False], [False, True]])
    drawn = picture_at(picture, reference, present)
    assert (drawn[:2, :2] == 200).all()
    assert (drawn[:2, 2:] == 0).all()
    # 0.15 · 200 + 0.85 · 190 = 191.5
    assert set(np.unique(picture_at(picture, None, present))) <= {191, 192, 200}


def test_pointing_bars_are_means_and_dots_the_tiles() -> None:
    shares = {("LIME", "top"): {"cat": 0.2, "cup": 0.6}, ("Gradient", "input"): {"cat": 0.3}}
    figure = pointing_figure(shares, ("input", "top"), ("Gradient", "LIME"), 0.25)
    bars = {trace.name: list(trace.y) for trace in figure.data if trace.type == "bar"}
    assert bars == {"Gradient": [pytest.approx(30)], "LIME": [pytest.approx(40)]}
    dots = [list(trace.y) for trace in figure.data if getattr(trace, "mode", "") == "markers"]
    assert [pytest.approx(60) in each for each in dots] == [False, True]
    assert any("25 %" in (trace.name or "") for trace in figure.data)


def test_many_names_take_no_room_from_the_curves() -> None:
    def left(names: int) -> float:
        curves = {f"method {number}": curve("deletion", 1, 0) for number in range(names)}
        strokes = {name: stroke(number) for number, name in enumerate(curves)}
        score = Score(0)
        figure = curve_figure(curves, strokes, [], score, "logit", None)
        assert figure.layout.legend.maxheight >= 19 * names
        return float(figure.layout.height - 19 * names)

    assert left(20) == left(10) == left(5)
