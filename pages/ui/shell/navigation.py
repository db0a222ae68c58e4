"""The way into the app, and notices about links."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.ui.shell.markdown import literal
from pages.ui.shell.session import session

PAGES = (
    "explore",
    "regions",
    "superpixels",
    "layers",
    "references",
    "randomisation",
    "faithfulness",
    "axioms",
)
"""The pages that show a screen of settings, by their names in links; the first needs none."""


def require_entrypoint() -> None:
    """Send a request that reached a page without ``app.py`` back through it.

    Streamlit runs the files of a folder named ``pages`` on their own until it has seen
    `st.navigation` once, so the first request after the start would miss the sidebar if it is a
    deep link. Of two such requests at once, one would find the folder's turn over, and no scene.
    """
    from streamlit.runtime.pages_manager import PagesManager

    if PagesManager.uses_pages_directory or session().scene is None:
        PagesManager.uses_pages_directory = False
        st.rerun()


def came_by_history() -> bool:
    """Whether the browser's Back or Forward caused this run: the address says what to show."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def complain(sentence: str) -> None:
    """Show a notice about a link that stays until the visitor closes it."""
    st.toast(literal(sentence), icon=":material/link_off:", duration="infinite")
