"""Numbers as text."""

from __future__ import annotations


def written(value: float, form: str = ".2f") -> str:
    """A number in a format of Python's, with a true minus sign and no negative zero."""
    text = format(value, form)
    if not any(digit in text for digit in "123456789"):
        text = text.replace("-", "")
    return text.replace("-", "−")


def three_digits(value: float) -> str:
    """A number with three digits, zeros at its end among them: 15.0 beside 15.1."""
    return written(value, "#.3g").removesuffix(".") if value else "0"
