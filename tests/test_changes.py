"""What taking players out did, beside what was predicted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from pages.ui.changes import Change, change_bars, predicted_change, probability_bars


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
    whole, left = probability_bars(changes).data
    assert list(whole.x) == [50, 10]
    assert list(left.x) == [25, 20]
    true, lime, kernel_shap = change_bars(changes).data
    assert (true.name, list(true.x)) == ("true", [-1, 1])
    assert (lime.name, list(lime.x)) == ("LIME predicted", [-0.75, 0.5])
    assert (kernel_shap.name, list(kernel_shap.x)) == ("KernelSHAP predicted", [-1.25, 0.9])
