"""The checks on the network, in words."""

from __future__ import annotations

from pages.ui.axioms.on_network import percent


def test_percentages() -> None:
    assert [percent(value) for value in (0, 1e-7, 0.0123, -0.5, 1.7)] == [
        "0 %",
        "under 0.01 %",
        "1.2 %",
        "−50 %",
        "170 %",
    ]
