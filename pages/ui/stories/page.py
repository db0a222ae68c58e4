"""The list of stories, and the glossary."""

from __future__ import annotations

import streamlit as st

from pages.ui.shell.choosers import choose_one
from pages.ui.shell.glossary import glossary, meaning
from pages.ui.shell.markdown import literal
from pages.ui.stories.shelf import shelf
from pages.ui.stories.story import Story
from pages.ui.stories.telling import leave, tell, told
from pages.ui.worker.engine import Engine

VIEWS = {"list": "Stories", "glossary": "Glossary"}


def choose_view() -> str:
    """One of `VIEWS`."""
    return choose_one("stories-view", "View", VIEWS, "list", label_visibility="collapsed")


def render_glossary() -> None:
    """Draw all terms with their explanations."""
    st.caption(
        "Terms of the field, as this app uses them. Where a text uses one, the question mark "
        "beside it explains it on hover."
    )
    with st.container(width=820, key="glossary"):
        for term in glossary():
            st.markdown(meaning(term))


def render_stories(engine: Engine) -> None:
    """Draw a card for each story, and what is wrong with files that are none."""
    st.caption(
        "Short guided tours. Each sets the page and its controls step by step, says what to look "
        "at, and asks a question. Change anything on the way: the next step sets its own again."
    )
    place = told(engine)
    found = shelf(engine)
    with st.container(horizontal=True, gap="small", key="stories"):
        for story in found.stories.values():
            _card(story, place[1] if place is not None and place[0] == story else None)
    for complaint in found.complaints:
        st.warning(literal(complaint), icon=":material/report:")


def _card(story: Story, at: int | None) -> None:
    with st.container(border=True, width=360, key=f"card_{story.name}"):
        st.markdown(f"**{story.title}**")
        st.markdown(story.summary)
        st.caption(f"{len(story.steps)} steps · about {story.minutes} min")
        with st.container(horizontal=True):
            st.button(
                "Begin" if at is None else f"Go on at step {at}",
                key=f"begin_{story.name}",
                icon=":material/play_arrow:",
                type="secondary" if at is None else "primary",
                on_click=tell,
                args=(story, at or 1),
            )
            if at is not None:
                st.button("Leave", key=f"leave_{story.name}", on_click=leave)
