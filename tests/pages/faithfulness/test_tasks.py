"""Curves of a map: which positions are present at a point."""

from __future__ import annotations

import numpy as np

from pages.ui.faithfulness.tasks import Curves
from tests.pages.faithfulness.made_curves import curve


def test_what_is_present_at_a_point() -> None:
    """Of two by two positions, the second leaves first, and the first row's other one last."""
    steps = np.array([[3, 1], [2, 2]])
    curves = Curves(curve("deletion", 4, 3, 1, 0), curve("insertion", 0, 1, 3, 4), steps)
    assert curves.present("deletion", 0).all()
    assert curves.present("deletion", 1).tolist() == [[True, False], [True, True]]
    assert curves.present("insertion", 1).tolist() == [[False, True], [False, False]]
    assert curves.present("insertion", 3).all()
    assert curves.of("insertion").direction == "insertion"
