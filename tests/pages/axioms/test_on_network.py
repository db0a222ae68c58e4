"""The checks on the network, in words."""

from __future__ import annotations

from pages.ui.axioms.on_network import percent


def test_percentages() -> None:
    said = [percent(value) for value in (0, 1e-7, 0.0123, -0.5, 1.7)]
    assert all("\N{NO-BREAK SPACE}%" in each for each in said)  # a sign of its own line says little
    assert [each.replace("\N{NO-BREAK SPACE}", " ") for each in said] == [
        "0 %",
        "under 0.01 %",
        "1.2 %",
        "−50 %",
        "170 %",
    ]
