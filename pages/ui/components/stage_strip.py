"""The strip of controls on stage, and the keys that do the same (``stage_strip.*``)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages.ui.components.component import component

_component = component("stage_strip")


@dataclass(frozen=True)
class StageControl:
    """One thing that can be changed on stage.

    Attributes
    ----------
    role : {"class", "method", "layer", "depth", "reference", "count", "pin", "film"}
        What it changes; the keys belong to the role. ``depth``: down to which stage a network is
        re-initialised. ``pin``: whether maps are kept beside the next ones. ``film``: which film
        is played, the first option for none.
    title : str
    options : mapping of text to title
        In the order in which the keys step through them.
    value : str
        The text of the present option.
    choices : tuple of str
        The choices that get the text, by their names in links.
    """

    role: str
    title: str
    options: Mapping[str, str]
    value: str
    choices: tuple[str, ...]


@dataclass(frozen=True)
class Said:
    """What a visitor did on the strip.

    Attributes
    ----------
    curtain : {"", "up", "play", "down", "back"}
        Go on stage; go there and play a film; leave it; leave it and restore what was before.
    chosen : mapping of role to text
    """

    curtain: str
    chosen: Mapping[str, str]


def stage_strip(
    *,
    on: bool,
    available: bool,
    playable: bool,
    controls: Sequence[StageControl],
    key: str,
    on_said: Callable[[Said], None],
) -> None:
    """Listen for the keys, and draw the strip while the stage is on, or the button that opens it.

    Parameters
    ----------
    on : bool
        Whether the maps are on stage.
    available : bool
        Whether this page has a stage.
    playable : bool
        Whether it has films.
    controls : sequence of StageControl
    key : str
    on_said : callable
        Called before the next run with what the visitor did.
    """

    def said() -> None:
        message = st.session_state[key].get("said")
        if isinstance(message, Mapping):
            on_said(_said(message))

    _component(
        key=key,
        data={
            "on": on,
            "available": available,
            "playable": playable,
            "controls": [
                {
                    "role": control.role,
                    "title": control.title,
                    "options": [list(option) for option in control.options.items()],
                    "value": control.value,
                }
                for control in controls
            ],
        },
        on_said_change=said,
    )


def _said(message: Mapping[str, Any]) -> Said:
    chosen = message.get("chosen")
    parts = chosen.items() if isinstance(chosen, Mapping) else ()
    return Said(str(message.get("curtain") or ""), {str(role): str(text) for role, text in parts})
