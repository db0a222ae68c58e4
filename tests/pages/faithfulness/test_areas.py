"""Areas below curves: who is ahead, and the curves as CSV."""

from __future__ import annotations

import csv
import io

from attribution_core.scores import Score
from pages.ui.faithfulness.areas import csv_of_curves, verdict
from tests.pages.faithfulness.made_curves import pair

LOGIT = Score(0)


def test_the_verdict_names_who_is_ahead_and_whether_chance_is_too() -> None:
    rows = {"First": pair((4, 0, 0), (0, 1, 4)), "Second": pair((4, 2, 0), (0, 4, 4))}
    random = [pair((4, 1, 0), (0, 5, 4)), pair((4, 3, 0), (0, 1, 4))]
    told = verdict(rows, random, LOGIT)
    # By trapezoids over halves: (4 + 0)/4 = 1, and (0 + 8 + 4)/4 = 3.
    assert "in deletion **First** is ahead with an area of **1.000** (2.000 ± 0.707" in told
    assert "in insertion **Second** is ahead with an area of **3.000**" in told
    assert told.count("does as well") == 1
    assert told.index("does as well") > told.index("Second")


def test_of_equal_areas_none_is_ahead_of_the_other() -> None:
    level = pair((4, 0, 0), (0, 1, 4))
    rows = {"First": level, "Second": pair((4, 2, 0), (0, 1, 4)), "Third": level}
    told = verdict(rows, [pair((4, 3, 0), (0, 1, 4))], LOGIT)
    assert "in deletion **First** and **Third** are ahead together with an area" in told
    assert "in insertion **First**, **Second** and **Third** are ahead together" in told


def test_the_curves_as_numbers() -> None:
    rows = {"Map": pair((4, 0), (0, 4))}
    read = list(csv.reader(io.StringIO(csv_of_curves(rows, LOGIT))))
    assert read == [
        ["method", "curve", "share", "score", "area", "normalised_area"],
        ["Map", "deletion", "0", "4", "2", "0.5"],
        ["Map", "deletion", "1", "0", "2", "0.5"],
        ["Map", "insertion", "0", "0", "2", "0.5"],
        ["Map", "insertion", "1", "4", "2", "0.5"],
    ]
