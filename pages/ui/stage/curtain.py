"""Whether the maps are on stage, the way there, and the two ways back."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages.ui.shell.choices import STAGE, recalled, remember, widget_key
from pages.ui.shell.session import GameName, session
from pages.ui.shell.settings import one_of

PAGES = ("", "regions", "superpixels", "layers", "randomisation")
"""The pages that have a stage, by their names in links: Explore has none."""

_UP = "1"
_ZOOM = 1.5  # as in stage.css


@dataclass(frozen=True)
class BeforeStage:
    """What was chosen when the maps went on stage: choices as in the link, and absent players."""

    chosen: dict[str, str]
    absent: dict[GameName, tuple[int, ...]]


def on_stage() -> bool:
    """Whether this run draws the stage."""
    return session().choices.chosen.get(STAGE) == _UP and session().page in PAGES


def enlarged(pixels: float) -> int:
    """A length as it is on this run's page: on stage, larger as texts are there."""
    return round(_ZOOM * pixels if on_stage() else pixels)


def read_link() -> None:
    """Take ``stage=1`` out of a link: the session's first, or one that Back or Forward led to."""
    up = recalled(STAGE, "", lambda text: one_of(text, (_UP,)))
    if not up:
        session().before_stage = None
    elif session().before_stage is None:
        session().before_stage = _now()
    remember(STAGE, up, "")


def enter() -> None:
    """Go on stage, from a callback."""
    session().before_stage = _now()
    session().choices.chosen[STAGE] = _UP


def leave(*, restore: bool) -> None:
    """Go back to the page, from a callback.

    ``restore``: exactly as it was before the stage. Otherwise what was chosen there stays.
    """
    choices, before = session().choices, session().before_stage
    if restore and before is not None:
        choices.asked.clear()
        choices.chosen = dict(before.chosen)
        session().absent = dict(before.absent)
        for name in choices.handed:
            st.session_state.pop(widget_key(name), None)
    choices.chosen = _off_stage(choices.chosen)
    session().before_stage = None


def _now() -> BeforeStage:
    choices = session().choices
    return BeforeStage(_off_stage(choices.asked | choices.chosen), dict(session().absent))


def _off_stage(chosen: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in chosen.items() if not name.startswith(STAGE)}
