"""What taking players out did, beside what was predicted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from pages.ui.superpixels.changes import (
    Change,
    Series,
    bars,
    predicted_change,
    probabilities,
    score_changes,
)


@dataclass(frozen=True)
class Fitted:
    player_values: Any


def test_prediction_is_minus_the_absent_values() -> None:
    fitted: Any = Fitted(np.array([1.5, -0.5, 2.0], np.float32))
    assert predicted_change(fitted, (0, 1)) == pytest.approx(-1.0)
    assert predicted_change(fitted, ()) == 0
    assert str(predicted_change(fitted, ())) == "0.0"


def test_bars_show_the_numbers() -> None:
    changes = [
        Change("cat", 0.5, 0.25, 9.0, 8.0, -1.0, {"LIME": -0.75, "KernelSHAP": -1.25}),
        Change("cup", 0.1, 0.2, 5.0, 6.0, 1.0, {"LIME": 0.5, "KernelSHAP": 0.9}),
    ]
    whole, left = probabilities(changes)
    assert (list(whole.values), list(left.values)) == ([50, 10], [25, 20])
    true, lime, kernel_shap = score_changes(changes)
    assert (true.name, list(true.values)) == ("true", [-1, 1])
    assert (lime.name, list(lime.values)) == ("LIME predicted", [-0.75, 0.5])
    assert (kernel_shap.name, list(kernel_shap.values)) == ("KernelSHAP predicted", [-1.25, 0.9])


def drawn(html: str) -> list[tuple[float, float, str]]:
    """Each bar's start and width in percent, and the number beside it."""
    found = re.findall(r"left:([\d.-]+)%;width:([\d.]+)%.*?</i><span>(.*?)</span>", html)
    return [(float(start), float(width), number) for start, width, number in found]


def test_bars_begin_at_a_common_zero() -> None:
    series = (
        Series("true", "#888", [-3.0, 1.0], "+.2f"),
        Series("LIME", "#48a", [0.0, -1.5], "+.2f"),
    )
    assert drawn(bars(["cat", "cup"], series)) == [
        (0, 75, "−3.00"),
        (75, 0, "+0.00"),
        (75, 25, "+1.00"),
        (37.5, 37.5, "−1.50"),
    ]


def test_bars_of_a_scale_with_an_end() -> None:
    shares = (Series("whole", "#888", [40.0], ".1f", " %"),)
    assert drawn(bars(["cat"], shares, most=100)) == [(0, 40, "40.0 %")]


def test_bars_of_nothing_but_zeros() -> None:
    assert drawn(bars(["cat"], (Series("true", "#888", [0.0], "+.2f"),))) == [(0, 0, "+0.00")]


def test_labels_are_text() -> None:
    """A model's labels come from a file of the visitor's."""
    html = bars(['<img src=x onerror="alert(1)">'], (Series("<b>", "#888", [1.0], ".0f"),))
    assert "<img" not in html
    assert 'onerror="' not in html
    assert "&lt;b&gt;" in html
