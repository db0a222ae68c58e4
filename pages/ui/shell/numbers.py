"""Numbers as text."""

from __future__ import annotations

from attribution_core.figures.words import readable


def written(value: float, form: str = ".2f") -> str:
    """A number in a format of Python's, with a true minus sign and no negative zero."""
    text = format(value, form)
    if not any(digit in text for digit in "123456789"):
        text = text.replace("-", "")
    return text.replace("-", "−")


def three_digits(value: float) -> str:
    """As the figures for print write it."""
    return readable(value)
