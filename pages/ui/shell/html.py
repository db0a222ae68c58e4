"""HTML of our own making, as Streamlit draws it."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st


def draw_html(text: str) -> None:
    """Draw HTML as it is written; what came from outside is escaped by then.

    Of a string Streamlit asks whether it names a file, and looks through all of it, pictures
    included, for indentation to take away.
    """
    st.html(_Html(text))


@dataclass(frozen=True)
class _Html:
    text: str

    def _repr_html_(self) -> str:
        return self.text
