"""A page's heading: its question in one line, and what to know about it."""

from __future__ import annotations

import streamlit as st


def heading(question: str, explanation: str = "") -> None:
    """Draw a page's question as its heading, with an explanation in small print below it."""
    with st.container(gap=None, key="heading"):
        st.subheader(question, anchor=False)
        if explanation:
            st.caption(explanation)
