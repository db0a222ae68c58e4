"""The way into the app, and notices about links."""

from __future__ import annotations

import time
from collections.abc import Sequence

import streamlit as st
from streamlit.cursor import get_container_cursor
from streamlit.delta_generator_singletons import get_dg_singleton_instance
from streamlit.proto.RootContainer_pb2 import RootContainer
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.ui.shell.markdown import literal
from pages.ui.shell.session import session

PAGES = (
    "explore",
    "methods",
    "regions",
    "superpixels",
    "layers",
    "references",
    "randomisation",
    "faithfulness",
    "axioms",
)
"""The pages that show a screen of settings, by their names in links; the first needs none."""


SAID_AGAIN_FOR_SECONDS = 10.0
"""So long a notice is said again beside each new one; it is on screen or closed after that."""


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


def complain(*sentences: str) -> None:
    """Show one notice about a link, of one or more sentences, that stays until it is closed.

    A browser knows a notice by its place among those of one run, and replaces it where a later run
    puts another in that place: of a link's two mistakes, one may be found only when the network has
    been loaded. So each notice of a session has a place of its own.
    """
    notices, now, said = session().notices, time.monotonic(), _said(sentences)
    place = get_container_cursor(RootContainer.EVENT)
    while place is not None and place.index <= max(notices, default=-1):
        earlier, since = notices.get(place.index, ("", 0.0))
        if earlier and now - since < SAID_AGAIN_FOR_SECONDS:
            _say(earlier)
        else:
            get_dg_singleton_instance().event_dg.empty()
    if place is not None:
        notices[place.index] = said, now
    _say(said)


def _said(sentences: Sequence[str]) -> str:
    if len(sentences) == 1:
        return literal(sentences[0])
    listed = "\n".join(f"- {literal(each)}" for each in sentences)
    return f"Of this link, {len(sentences)} things cannot be shown:\n\n{listed}"


def _say(markdown: str) -> None:
    st.toast(markdown, icon=":material/link_off:", duration="infinite")
