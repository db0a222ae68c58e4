"""The strip of every page, and what its keys and buttons do."""

from __future__ import annotations

import streamlit as st

from attribution_core.assets import ASSETS
from pages.ui.components.stage_strip import Said, stage_strip
from pages.ui.shell.choices import decide
from pages.ui.shell.scene import Scene
from pages.ui.shell.session import session
from pages.ui.stage.controls import FILM, FIRST_FILM, usual_controls
from pages.ui.stage.curtain import PAGES, enter, leave, on_stage, read_link

ORDER = ("class", "method", "layer", "depth", "reference", "count", "pin", "film")


def set_the_stage() -> None:
    """Take the stage out of the link, and the chrome off the page; before a page is drawn."""
    read_link()
    session().stage_offers = {}
    if on_stage():
        st.html(ASSETS / "stage.css")


def render_strip(scene: Scene) -> None:
    """Draw the strip, or the button that opens the stage; after a page has been drawn."""
    on = on_stage()
    if on:
        for control in usual_controls(scene):
            session().stage_offers.setdefault(control.role, control)
    take_offers()
    controls = session().stage_controls
    stage_strip(
        on=on,
        available=session().page in PAGES and not session().led,
        playable=session().page in FIRST_FILM,
        controls=[
            controls[role] for role in ORDER if on and role in controls and controls[role].options
        ],
        key="stage",
        on_said=obey,
    )


def take_offers() -> None:
    """Put what the page has offered on the strip, once all of it is known.

    Keys pressed while the page is being drawn are about the strip that is still seen.
    """
    session().stage_controls = dict(session().stage_offers)


def obey(said: Said) -> None:
    """Do what a visitor asked for, in a callback. What was not on offer is passed over."""
    controls = session().stage_controls
    for role, text in said.chosen.items():
        control = controls.get(role)
        if control is not None and text in control.options:
            for name in control.choices:
                decide(name, text)
    if said.curtain in ("up", "play") and not on_stage():
        enter()
        if said.curtain == "play" and session().page in FIRST_FILM:
            decide(FILM, FIRST_FILM[session().page])
    elif said.curtain in ("down", "back"):
        leave(restore=said.curtain == "back")
