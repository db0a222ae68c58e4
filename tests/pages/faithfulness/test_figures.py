"""The picture at the cursor, and the bars of the pointing game."""

from __future__ import annotations

import re

import numpy as np
import plotly.graph_objects as go
import pytest

from attribution_core.scores import Score
from pages.ui.faithfulness.figures import curve_figure, curve_legend, picture_at, pointing_figure
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


def test_the_names_of_both_directions_stand_once_and_take_no_room_from_the_curves() -> None:
    def figure_of(names: int) -> go.Figure:
        curves = {f"method {number}": curve("deletion", 1, 0) for number in range(names)}
        strokes = {name: stroke(number) for number, name in enumerate(curves)}
        return curve_figure(curves, strokes, [], Score(0), "logit", None)

    assert [figure_of(names).layout.height for names in (5, 20)] == [304, 304]
    assert not figure_of(5).layout.showlegend
    strokes = {f"method <{number}>": stroke(number) for number in range(36)}
    legend = curve_legend(strokes, 5)
    assert re.findall(r"</i>([^<]*)</span>", legend) == [
        *(f"method &lt;{number}&gt;" for number in range(36)),
        "Random order, 5 seeds",
    ]
    lines = re.findall(r'<i style="([^"]*)">', legend)
    assert len(set(lines)) == 37
    assert "Random" not in curve_legend(strokes, 0)
