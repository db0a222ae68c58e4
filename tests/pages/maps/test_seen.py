"""The sentences under the grid: made from the maps, and no surer than they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from attribution_core.attribution import Attribution
from attribution_core.measures.whereabouts import PARTS, Whereabouts
from pages.ui.maps.seen import Seen, next_step, rows_seen, sentence_on
from pages.ui.maps.table import MapTable
from tests import made_attributions
from tests.pages.maps.scenes import scene_of

LEFT, RIGHT = PARTS[:2]
IMAGE = np.zeros((16, 16, 3), np.float32)


def drawn_left(share: float) -> Attribution:
    values = np.full((4, 4), share / 8, np.float32)
    values[:, 2:] = (1 - share) / 8
    return replace(made_attributions.attribution(), values=values, heatmap=values)


def test_the_sentence_tells_where_the_maps_of_each_class_lie() -> None:
    table = MapTable(("cat", "cup"), ("A", "B"), (), ("1", "2"), ("a", "b"))
    finished = {
        (0, 0): drawn_left(0.81),
        (0, 1): drawn_left(0.97),
        (1, 0): drawn_left(0.1),
        (1, 1): drawn_left(0.1),
    }
    assert sentence_on(rows_seen(table, finished), "the red") == (
        "cat: 81 to 97 % of the red lies in the left half; cup: 90 % of the red lies in the right "
        "half. These are places alone: look yourself at what is there."
    )


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Whereabouts(LEFT, (0.99, 0.4)), "the methods disagree, 40 to 99 % of the red lies in"),
        (Whereabouts(LEFT, (0.4, 0.55), True), "spread over the picture, 40 to 55 % of it in the "),
        (Whereabouts(None, (float("nan"),)), "cat: no value is positive."),
        (Whereabouts(RIGHT, (0.7, float("nan"))), "70 % of the red lies in the right half"),
    ],
)
def test_it_says_no_more_than_the_maps_do(found: Whereabouts, said: str) -> None:
    assert said in sentence_on([Seen("cat", found)], "the red")


def test_a_row_without_a_finished_map_is_left_out() -> None:
    table = MapTable(("cat", "cup"), ("A",), (), ("1", "2"), ("a",))
    assert [each.label for each in rows_seen(table, {(1, 0): drawn_left(0.9)})] == ["cup"]
    assert rows_seen(table, {}) == []


def test_what_to_try_next_follows_from_what_is_set_and_found() -> None:
    agreed, other = Seen("cat", Whereabouts(LEFT, (0.9,))), Seen("cup", Whereabouts(RIGHT, (0.9,)))
    high, low = scene_of(IMAGE, (0, 1)), scene_of(IMAGE, (0, 1), layer="input")
    assert "set Layer to input" in next_step(high, [agreed, other])
    assert "set Layer to top" in next_step(low, [agreed, other])
    assert "add a second class" in next_step(high, [agreed])
    quarrel = Seen("cat", Whereabouts(LEFT, (0.99, 0.2)))
    assert "Faithfulness" in next_step(high, [quarrel, other])
