"""The field for a whole number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import streamlit as st


def whole_number_input(
    label: str,
    low: int,
    high: int,
    *,
    key: str,
    step: int = 1,
    help: str | None = None,
    width: int | Literal["stretch"] = "stretch",
    disabled: bool = False,
    on_change: Callable[..., None] | None = None,
    args: tuple[Any, ...] | None = None,
) -> int:
    """Draw a field for a whole number from ``low`` to ``high``, and return the number.

    For Streamlit it is one with a fraction. Of a whole one it would take any number that a browser
    sends, and one that is not finite ends every run of the page from then on.
    """
    value = st.number_input(
        label,
        float(low),
        float(high),
        step=float(step),
        format="%.0f",
        key=key,
        help=help,
        width=width,
        disabled=disabled,
        on_change=on_change,
        args=args,
    )
    return round(value)
