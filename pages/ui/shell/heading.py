"""A page's heading: its question in one line, and what to know about it."""

from __future__ import annotations

import streamlit as st

from pages.ui.shell.glossary import words_of
from pages.ui.shell.share import render_share


def heading(question: str, explanation: str = "") -> None:
    """Draw a page's question as its heading, an explanation in small print below it, and Share."""
    with st.container(horizontal=True, vertical_alignment="top", key="heading_line"):
        with st.container(gap=None, width="stretch", key="heading"):
            st.subheader(question, anchor=False)
            if explanation:
                st.caption(explanation, help=words_of(explanation))
        with st.container(width="content"):
            render_share()
