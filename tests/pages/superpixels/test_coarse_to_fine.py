"""Parts opened one by one on the page, without a browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from attribution_core import Classifier, owen_parts
from attribution_core.games.hierarchy import Hierarchy
from attribution_core.measures.owen_parts import parts_of
from pages.ui.components.opened_parts import PartShown, parts_data
from pages.ui.superpixels.coarse_to_fine import opened_at_first, parts_shown, read_opened
from tests.known_games import additive
from tests.pages.visits import Visit

FOUR = Hierarchy(((1, 2), (3, 4), (0, 5)))
PLANE = np.array([[0, 1], [2, 3]])
GAME = {
    "model": "efficientnet_lite0",
    "layer": "top_relu",
    "classes": "285,967",
    "count": "9",
    "kernel_shap.budget": "64",
    "lime.samples": "60",
    "superpixels-parts": "yes",
}


def test_the_first_parts_opened_are_those_merged_last() -> None:
    assert opened_at_first(50) == (98, 97, 96)
    assert opened_at_first(2) == (2,)
    assert FOUR.openable(opened_at_first(4)) == opened_at_first(4) == (6, 5, 4)


def test_a_link_names_parts_of_as_many_players() -> None:
    assert read_opened("none", 4) == ()
    assert read_opened("6,5", 4) == (6, 5)
    for text in ("98,97", "5", "6,3", "6,7", "six"):
        with pytest.raises(ValueError, match="no parts of 4 superpixels"):
            read_opened(text, 4)


def test_the_list_has_every_part_below_the_one_that_it_lies_in() -> None:
    *_, found = parts_of(additive(np.array([1.0, 2.0, 4.0, -8.0])), FOUR, PLANE, (6, 5))
    shown = parts_shown(found, "superpixel")
    assert shown == [
        PartShown(6, "The whole picture", pytest.approx(-1), (), True, True),
        PartShown(0, "Superpixel 0", pytest.approx(1), (6,), False, False),
        PartShown(5, "3 superpixels", pytest.approx(-2), (6,), True, True),
        PartShown(3, "Superpixel 3", pytest.approx(-8), (5, 6), False, False),
        PartShown(4, "2 superpixels", pytest.approx(6), (5, 6), False, True),
    ]
    picture = np.zeros((4, 4, 3), np.uint8)
    data = parts_data(picture, FOUR.labels(PLANE, (6, 5)), shown, "red-blue")
    json.dumps(data)
    outlines = {part["number"]: part["outline"] for part in data["parts"]}
    assert [number for number, outline in outlines.items() if outline] == [0, 3, 4]
    assert data["largest"] == 8
    with pytest.raises(ValueError, match="3 parts in sight for 4 labels"):
        parts_data(picture, PLANE, shown, "red-blue")


def parts_of_page(page: Visit) -> list[dict[str, Any]]:
    sent = [json.loads(part.proto.json) for part in page.app.get("bidi_component")]
    return next((data["parts"] for data in sent if "parts" in data), [])


def test_parts_are_opened_and_joined_and_the_link_says_which(
    visit: Callable[..., Visit], efficientnet: Classifier
) -> None:
    page = visit(**GAME, **{"superpixels-opened": "16,15"}).open("superpixels").finish()
    page.wait(lambda: bool(parts_of_page(page)))
    assert "Not understood" not in page.words
    (request,) = {
        each for each in page.requests if (each.method, each.target) == ("kernel_shap", 285)
    }
    *_, expected = owen_parts(efficientnet, request, (16, 15))
    shown = {part["number"]: part for part in parts_of_page(page)}
    assert {number: part["value"] for number, part in shown.items()} == pytest.approx(
        dict(expected.values), rel=1e-4, abs=1e-5
    )
    assert [number for number, part in shown.items() if part["opened"]] == [16, 15]
    page.press("parts_step_back").finish()
    page.wait(lambda: len(parts_of_page(page)) == 3)
    assert page.link["superpixels-opened"] == "16"
    page.press("parts_whole").finish()
    page.wait(lambda: len(parts_of_page(page)) == 1)
    assert page.link["superpixels-opened"] == "none"
    assert page.app.button(key="parts_step_back").disabled
    # The number of the whole tells parts of another number of superpixels from these.
    page = visit(**GAME, **{"superpixels-opened": "98,97"})
    page.finish().open("superpixels")  # only this run says it
    assert "no parts of 9 superpixels, the first one 16" in page.words
