"""Follow a class: this session shows what its leader shows, and changes nothing."""

from __future__ import annotations

import streamlit as st

from attribution_core.assets import ASSETS
from pages.ui.components.followers_view import make_controls_inert
from pages.ui.shell.choices import show_exactly
from pages.ui.shell.classroom import CODE_LENGTH, FOLLOW, Refused, allowed, classes
from pages.ui.shell.fragments import draw_fragment
from pages.ui.shell.navigation import PAGES, complain
from pages.ui.shell.own_model_links import without_model
from pages.ui.shell.session import session, visitor
from pages.ui.shell.settings import UPLOAD, Settings
from pages.ui.worker.own_model_names import is_own

LOOK_EVERY_SECONDS = 1.5


def follow_the_class(page: str) -> None:
    """Take over what the class shows, before the scene is made; ``page`` is this run's."""
    if not session().started and FOLLOW in st.query_params:
        if allowed():
            session().following = st.query_params[FOLLOW][:CODE_LENGTH]
        else:
            complain("Classes cannot be followed here: the server's operator has not allowed them.")
    code = session().following
    if not code:
        return
    try:
        shown = classes().look(code, visitor())
    except Refused as refusal:
        leave()
        complain(str(refusal))
        return
    session().followed, session().leader_left = shown.revision, shown.left
    if shown.left and session().started:
        return
    session().started = True
    there = shown.page or PAGES[0]
    if there != (page or PAGES[0]) and there in (*PAGES, "stories"):
        st.switch_page(f"pages/{there}.py", query_params={FOLLOW: code})
    parameters = dict(shown.parameters)
    session().leaders_own_picture = parameters.get("picture") == UPLOAD
    if session().leaders_own_picture:
        parameters["picture"] = Settings().picture
    session().leaders_own_model = is_own(parameters.get("model", ""))
    if session().leaders_own_model:
        parameters = without_model(parameters)
    show_exactly(parameters)


def render_following() -> None:
    """Say that a class is followed, with a button to leave it, and look for what is new."""
    if not session().following:
        return
    if session().led:
        st.html(ASSETS / "following.css")
    with st.container(horizontal=True, vertical_alignment="center", key="following"):
        kept = [
            what
            for what, own in (
                ("picture", session().leaders_own_picture),
                ("network", session().leaders_own_model),
            )
            if own
        ]
        st.markdown(
            f":material/cast_for_education: **Following class {session().following}**"
            + "".join(f"; the leader's own {what} stays with the leader" for what in kept)
            if session().led
            else ":material/cast_for_education: The one who leads has left; you may go on by "
            "yourself. Should they come back, you follow again."
        )
        st.button(
            "Leave", icon=":material/close:", key="leave_class", type="tertiary", on_click=leave
        )
    if session().led:
        make_controls_inert()
    draw_fragment(_look, run_every=LOOK_EVERY_SECONDS)


def leave() -> None:
    """Follow no longer; everything stays as it is on screen."""
    session().following, session().leader_left = "", False


def _look() -> None:
    """Have the page drawn again where the class shows something new, has lost or got back its
    leader, or is over."""
    try:
        shown = classes().look(session().following, visitor())
        new = (shown.revision, shown.left) != (session().followed, session().leader_left)
    except Refused:
        new = True
    if new:
        st.rerun()
