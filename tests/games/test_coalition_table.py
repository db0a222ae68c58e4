"""The memory of a game: what was evaluated is remembered, as far as there is room."""

from __future__ import annotations

from typing import Any

import numpy as np

from attribution_core.games.coalition_table import CoalitionTable


def test_a_full_table_still_answers() -> None:
    asked: list[int] = []

    def evaluate(coalitions: Any) -> Any:
        asked.append(len(coalitions))
        codes = coalitions @ 2 ** np.arange(6)
        return np.stack([codes, -codes], axis=1).astype(np.float32)

    table = CoalitionTable(2, most_bytes=10 * 8)
    everything = (np.arange(64)[:, None] >> np.arange(6)) & 1 == 1
    for rows in ([0, 1, 2], [2, 3, 4, 5, 6, 7], range(5, 20), range(64), [0, 40, 3, 40, 9]):
        wanted = list(rows)
        found = table.logits(everything[wanted], evaluate)
        np.testing.assert_array_equal(found[:, 0], wanted)
        np.testing.assert_array_equal(found[:, 1], -np.array(wanted))
    assert len(table) == 10
    assert asked == [3, 5, 12, 54, 1]
    assert table.nbytes <= 10 * (8 + 160)
