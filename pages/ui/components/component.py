"""Components of our own, drawn in the browser."""

from __future__ import annotations

from typing import Any

import streamlit as st

from attribution_core.assets import ASSETS

FOLDER = ASSETS / "components"


def component(name: str) -> Any:
    """The component of ``assets/components/<name>.html``, ``.css`` and ``.js``.

    Its code may use the functions of ``shared.js``.
    """
    return st.components.v2.component(
        name,
        html=(FOLDER / f"{name}.html").read_text("utf-8"),
        css=(FOLDER / f"{name}.css").read_text("utf-8"),
        js=code_of(name),
    )


def code_of(name: str) -> str:
    """The component's module, as the browser gets it."""
    return "".join((FOLDER / f"{part}.js").read_text("utf-8") for part in ("shared", name))
