"""The picture at the cursor, and the bars of the pointing game."""

from __future__ import annotations

import numpy as np
import pytest

from pages.ui.faithfulness.figures import picture_at, pointing_figure


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
