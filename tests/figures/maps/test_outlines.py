"""Maps for print: the outlines of players."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.collections import LineCollection

from attribution_core import FigureStyle, figure
from attribution_core.figures.drawing import borders
from tests.figures.maps.drawn import box, page
from tests.made_attributions import attribution


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
