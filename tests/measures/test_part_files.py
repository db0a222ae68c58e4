"""The table of parts, and their figure."""

from __future__ import annotations

import csv
import io
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from attribution_core.figures.parts import parts_figure
from attribution_core.figures.style import FigureStyle, Width
from attribution_core.games.hierarchy import Hierarchy
from attribution_core.measures.owen_parts import OwenParts, parts_of
from attribution_core.measures.part_files import caption_of, parts_csv
from tests.known_games import additive

FOUR = Hierarchy(((1, 2), (3, 4), (0, 5)))


def opened(*parts: int) -> OwenParts:
    game = additive(np.array([1.0, 2.0, 4.0, -8.0]))
    *_, found = parts_of(game, FOUR, np.array([[0, 1], [2, 3]]), parts)
    return found


def test_the_table_has_a_row_for_each_part() -> None:
    assert list(csv.reader(io.StringIO(parts_csv(opened(6, 5))))) == [
        ["part", "inside", "level", "opened", "players", "value"],
        ["6", "", "0", "yes", "0 1 2 3", "-1.0"],
        ["0", "6", "1", "no", "0", "1.0"],
        ["5", "6", "1", "yes", "1 2 3", "-2.0"],
        ["3", "5", "2", "no", "3", "-8.0"],
        ["4", "5", "2", "no", "1 2", "6.0"],
    ]


def test_the_caption_says_what_makes_the_figure_again() -> None:
    request: Any = SimpleNamespace(reference="zeros", score="logit", layer="top")
    said = caption_of(opened(6), request, "own", "ant", date(2026, 1, 2))
    assert said == (
        "own, layer top, against a reference of zeros; Owen values of parts for the logit of ant, "
        "4 coalitions. Alike neighbours merge first; the halves of a part sum to it. Colour and "
        "bar: the part’s value. 2 January 2026."
    )


@pytest.mark.parametrize("width", ["one column", "two columns", "slide"])
def test_the_figure_names_every_part_that_it_has_room_for(width: str) -> None:
    found = opened(6, 5)
    style = FigureStyle(width=cast(Width, width), dated=None)
    made = parts_figure(found, np.zeros((8, 8, 3)), "superpixel", style=style, caption="What.")
    texts = [text.get_text() for axes in made.axes for text in axes.texts]
    assert {"The whole picture", "Superpixel 0", "3 superpixels", "2 superpixels"} <= set(texts)
    # Once on the picture, and once in the list.
    assert (texts.count("−8.00"), texts.count("+6.00"), texts.count("−2.00")) == (2, 2, 1)
    assert texts[-1] == "What."


def test_a_long_list_says_how_much_it_leaves_out() -> None:
    chain = Hierarchy(((0, 1), *((number, 98 + number) for number in range(2, 100))))
    game = additive(np.ones(100))
    *_, found = parts_of(game, chain, np.arange(100)[None], range(198, 99, -1), budget=2)
    style = FigureStyle(width="slide", dated=None)
    made = parts_figure(found, np.zeros((8, 100, 3)), "superpixel", style=style)
    texts = [text.get_text() for axes in made.axes for text in axes.texts]
    # On the picture all values in sight are written, too.
    listed = sum(text.startswith("+") for text in texts) - len(found.shown)
    assert f"and {len(found.values) - listed} more parts" in texts
