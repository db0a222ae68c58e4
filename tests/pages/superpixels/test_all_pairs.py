"""All pairs of players: what is asked, the lines, the matrix and its file."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from attribution_core.methods.estimate import Estimate
from attribution_core.running.standing import Snapshot
from pages.ui.superpixels import all_pairs
from pages.ui.superpixels.all_pairs import lines_of, together
from pages.ui.superpixels.effort import Effort
from pages.ui.worker.tasks import Interact


def estimate(error: float | None = None) -> Estimate:
    values = np.zeros((3, 3))
    values[0, 1] = values[1, 0] = -0.5
    values[1, 2] = values[2, 1] = 0.25
    errors = None if error is None else np.full((3, 3), error)
    return Estimate(values, done=8, planned=8, evaluations=8, standard_error=errors)


TASK = Interact("model", None, 3, 2, 8)  # type: ignore[arg-type]


def test_lines_are_the_strongest_pairs_told_apart_from_nothing() -> None:
    def drawn(result: Estimate, most: int) -> list[tuple[tuple[int, int], float, str]]:
        snapshots = {TASK: Snapshot(state="done", estimate=result)}
        return [(each.players, each.value, each.said) for each in lines_of(TASK, snapshots, most)]

    assert drawn(estimate(), 8) == [((0, 1), -0.5, "−0.5"), ((1, 2), 0.25, "+0.25")]
    assert drawn(estimate(), 1) == [((0, 1), -0.5, "−0.5")]
    assert drawn(estimate(0.2), 8) == [((0, 1), -0.5, "−0.5 ± 0.39")]
    assert together(estimate(), (0, 2)) == "nothing"


def test_the_scales_middle_has_no_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(all_pairs, "_colour_scale", lambda colours: "RdBu")
    (drawn,) = all_pairs._matrix(estimate(), "red-blue").data
    assert list(drawn.colorbar.ticktext) == ["−0.5", "−0.25", "0", "+0.25", "+0.5"]
    assert list(drawn.colorbar.tickvals) == [-0.5, -0.25, 0, 0.25, 0.5]


@pytest.mark.parametrize(
    ("players", "coalitions", "times", "contexts"),
    [(50, 10, 1, 2), (50, 1276, 1, 4), (50, 10**6, 1, 16), (50, 10**6, 2, 32)],
)
def test_contexts_follow_what_is_affordable(
    players: int, coalitions: int, times: int, contexts: int
) -> None:
    scene = SimpleNamespace(settings=SimpleNamespace(model="model"))
    board = SimpleNamespace(exact=False, players=players)
    asked = all_pairs.ask_for_all_pairs(scene, board, None, Effort(times, coalitions))  # type: ignore[arg-type]
    assert asked == Interact("model", None, 0, contexts, contexts * 1276)  # type: ignore[arg-type]
