"""Numbers as text: true minus signs, and no negative zero."""

from __future__ import annotations

import pytest

from pages.ui.shell.numbers import written


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (-1.25, ".2f", "−1.25"),
        (-0.004, ".2f", "0.00"),
        (3, "+.1f", "+3.0"),
        (-2e-5, ".3g", "−2e−05"),
    ],
)
def test_numbers_have_true_minus_signs(value: float, form: str, text: str) -> None:
    assert written(value, form) == text
