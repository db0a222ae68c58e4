"""The story that is being told: where it stands, and its panel above every page."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages.ui.shell.choices import start_over
from pages.ui.shell.glossary import words_of
from pages.ui.shell.navigation import came_by_history, complain
from pages.ui.shell.session import session
from pages.ui.stories.shelf import shelf
from pages.ui.stories.story import Step, Story
from pages.ui.worker.engine import Engine


def open_story(engine: Engine, page: str) -> None:
    """Before the scene is made: read the link's story, and go to the page of a step.

    A link that names nothing but story and step opens the step as it was written; what else it
    names stands above the step's settings.
    """
    going = session().going
    if going:
        session().going = ""
        if going != _name(page):
            st.switch_page(f"pages/{going}.py")
    if came_by_history():
        session().told = {}
    elif session().started:
        return
    if "story" not in st.query_params:
        return
    given = st.query_params.to_dict()
    stories = shelf(engine).stories
    story = stories.get(given["story"])
    number = _number(given.get("step", "1"), story)
    if story is None or number is None:
        shown = given["story"][:40]
        complain(
            f"The link's story “{shown}” is not among those here."
            if story is None
            else f"“{story.title}” has {len(story.steps)} steps; the link names another."
        )
        return
    step = story.steps[number - 1]
    session().told = {"story": story.name, "step": str(number)}
    others = {name: text for name, text in given.items() if name not in ("story", "step")}
    if not others and step.page != _name(page):
        st.switch_page(f"pages/{step.page}.py", query_params={**step.settings, **session().told})
    st.query_params.from_dict({**step.settings, **others, **session().told})


def tell(story: Story, number: int) -> None:
    """Go to a step, from a callback; ``number`` counts from 1."""
    step = story.steps[number - 1]
    start_over(step.settings)
    session().told = {"story": story.name, "step": str(number)}
    session().going = step.page


def leave() -> None:
    """End the story, from a callback; everything stays as it is on screen."""
    session().told = {}


def told(engine: Engine) -> tuple[Story, int] | None:
    """The story that is being told, and the number of its step."""
    place: Mapping[str, str] = session().told
    story = shelf(engine).stories.get(place.get("story", ""))
    return None if story is None else (story, int(place["step"]))


def render_story(engine: Engine, page: str) -> None:
    """Draw the panel of the step, if a story is being told."""
    place = told(engine)
    if place is None or _name(page) == "stories":
        return
    story, number = place
    step = story.steps[number - 1]
    with st.container(border=True, key="story"):
        _headline(story, number, _name(page))
        st.markdown(step.text, help=words_of(f"{step.text} {step.look} {step.question}"))
        if step.look:
            st.markdown(f":material/visibility: **Look:** {step.look}")
        if step.question:
            with st.expander(f"**Question:** {step.question}", key=f"answer_{story.name}_{number}"):
                st.markdown(step.answer)


def _headline(story: Story, number: int, page: str) -> None:
    step: Step = story.steps[number - 1]
    with st.container(horizontal=True, vertical_alignment="center", key="story_headline"):
        st.markdown(f":material/auto_stories: **{story.title}** · {number} of {len(story.steps)}")
        st.space("stretch")
        if page != step.page:
            st.button(
                "Back to the story",
                icon=":material/undo:",
                key="story_again",
                on_click=tell,
                args=(story, number),
            )
        st.button(
            "Back",
            icon=":material/arrow_back:",
            key="story_back",
            disabled=number == 1,
            on_click=tell,
            args=(story, max(number - 1, 1)),
        )
        if number < len(story.steps):
            st.button(
                "Next",
                icon=":material/arrow_forward:",
                key="story_next",
                type="primary",
                on_click=tell,
                args=(story, number + 1),
            )
        st.button(
            "Leave",
            icon=":material/close:",
            key="story_leave",
            on_click=leave,
            help="Ends the story; the settings stay as they are.",
        )


def _name(page: str) -> str:
    """A page's name; in links the first page has none."""
    return page or "explore"


def _number(text: str, story: Story | None) -> int | None:
    if story is None or not text.isascii() or not text.isdigit():
        return None
    return int(text) if 1 <= int(text[:4]) <= len(story.steps) else None
