"""Ranks over the whole gallery."""

from __future__ import annotations

from pages.ui.faithfulness.gallery_table import ranked


def test_ranks_share_ties_and_the_largest_insertion_is_first() -> None:
    rows = ranked(
        [
            {"gradient": (0.1, 0.9), "lime": (0.3, 0.5), "random": (0.3, 0.7)},
            {"gradient": (0.3, 0.7), "lime": (0.1, 0.5), "random": (0.2, 0.6)},
        ]
    )
    assert [row["Method"] for row in rows] == ["Gradient", "LIME", "Random order"]
    assert [row["mean rank in deletion"] for row in rows] == ["2.0", "1.8", "2.2"]
    assert [row["mean rank in insertion"] for row in rows] == ["1.0", "3.0", "2.0"]
    assert rows[0]["Deletion ↓"] == "0.200"
