"""What is said of the fewest parts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from attribution_core.games.smallest_set import SmallestSet
from attribution_core.measures.smallest_parts import SmallestParts
from pages.ui.superpixels import fewest_parts
from pages.ui.superpixels.fewest_parts import ask_for_fewest, sentence
from pages.ui.superpixels.game_board import Board
from pages.ui.worker.tasks import Explain
from tests.pages.maps.scenes import scene_of, table_of

LABELS = ("ant", "bee")
BOARD = Board((), np.arange(4).reshape(2, 2), "superpixel", (), 0, 16, False)
TWO = np.array([True, False, True, False])


@pytest.mark.parametrize(
    ("aim", "becomes", "found", "finished", "said"),
    [
        (
            "keep",
            0,
            SmallestSet(TWO, 2, 17),
            True,
            "**2 superpixels** alone keep “ant”; fewer will not do (17 evaluations).",
        ),
        (
            "keep",
            0,
            SmallestSet(TWO & False | (np.arange(4) == 1), 1, 1),
            True,
            "**1 superpixel** alone keeps “ant”; fewer will not do (1 evaluation).",
        ),
        (
            "change",
            1,
            SmallestSet(TWO, 1, 9),
            False,
            "Without **2 superpixels**, “ant” becomes “bee”; fewer than 1 will not do, and of more "
            "not all are tried (9 evaluations so far).",
        ),
        (
            "change",
            None,
            SmallestSet(None, 0, 4),
            True,
            "No parts are found yet whose absence changes “ant” (4 evaluations).",
        ),
        (
            "change",
            None,
            SmallestSet(None, 2**31, 16),
            True,
            "Whatever is taken out, the answer stays “ant” (16 evaluations).",
        ),
    ],
)
def test_sentences(
    aim: Any, becomes: int | None, found: SmallestSet, finished: bool, said: str
) -> None:
    result = SmallestParts(aim, 0, becomes, found, 1024)
    assert sentence(result, BOARD, LABELS, finished=finished) == said


def test_one_output_has_no_other_answer_and_no_switch(
    tiny_image: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered: list[str] = []

    def switched_on(name: str, *_: object) -> bool:
        offered.append(name)
        return True

    monkeypatch.setattr(fewest_parts, "choose_whether", switched_on)
    scene = scene_of(tiny_image, (0,), methods=("kernel_shap",))
    (cell,) = table_of(scene).cells
    assert isinstance(cell.task, Explain)
    game = cell.task.request
    assert [each.aim for each in ask_for_fewest(scene, game)] == ["keep", "change"]
    offered.clear()
    assert ask_for_fewest(replace(scene, labels=("size",)), game) == ()
    assert offered == []
