"""Share: this screen's link to copy, as a QR code, and as a file with the picture in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from urllib.parse import urlencode, urlsplit

import segno
import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from attribution_core.segmentations import counted
from pages.ui.shell.bundle import Bundle, packed
from pages.ui.shell.choices import parameters_of_screen
from pages.ui.shell.classroom import FOLLOW, Refused, allowed, classes
from pages.ui.shell.fragments import draw_fragment
from pages.ui.shell.gallery import file_of
from pages.ui.shell.navigation import complain
from pages.ui.shell.scene import current_scene
from pages.ui.shell.session import session
from pages.ui.shell.settings import UPLOAD
from pages.ui.worker.own_model_names import is_own

_LONGEST_IN_A_CODE = 1200
"""Characters of a link that a camera still reads from a wall."""

_ENDS = "It ends when you say so, or two hours after your last change."

_HERE_ONLY = re.compile(r"localhost|127\.\d+\.\d+\.\d+|::1")


def render_share() -> None:
    """Draw the button; what is behind it is made when it is opened."""
    draw_fragment(_button)


def _button() -> None:
    with st.popover(
        "Share", icon=":material/share:", type="tertiary", key="share", on_change="rerun"
    ) as popover:
        if popover.open:
            with st.container(width=360):
                _ways()


def _ways() -> None:
    leading = _class(session().leading)
    link = link_of_screen()
    own = current_scene().settings.picture == UPLOAD
    st.markdown("**This screen’s link**")
    st.code(link, language=None, wrap_lines=True)
    if own:
        st.caption("Your own picture does not travel in it; it does in the bundle below.")
    if is_own(current_scene().settings.model):
        st.caption(
            "Your own network travels in neither: whoever opens them is asked for its file, which "
            "they name by its SHA-256."
        )
    st.download_button(
        "Bundle (ZIP)",
        _bundle,
        "attribution-screen.zip",
        "application/zip",
        icon=":material/folder_zip:",
        on_click="ignore",
        key="bundle",
        help="This page, its settings and the picture as one file: “Open saved maps” on Explore "
        "opens the screen again, here or on another server. Your own picture is in it as you "
        "uploaded it.",
    )
    if not leading:
        _code(link)
    if allowed() and not leading:
        st.button(
            "Lead a class",
            icon=":material/cast_for_education:",
            key="lead_class",
            on_click=_lead,
            help="Others follow your screen by a link, read-only: page and settings, as you change "
            f"them. Your own picture stays with you. {_ENDS}",
        )
    if _HERE_ONLY.fullmatch(urlsplit(link).hostname or ""):
        st.caption(
            "It leads to this machine, where only you can open it: start the server with "
            "`--server.address=0.0.0.0` and open it by its address in the network."
        )


def _code(link: str) -> None:
    if len(link) <= _LONGEST_IN_A_CODE:
        st.image(
            code_of(link),
            width=300,
            caption="The same link for a camera",
            alt="QR code of the link",
        )
    else:
        st.caption("The link is too long for a QR code that a camera reads.")


def _class(code: str) -> bool:
    """Draw the class that is led here; False where none is, or it is over."""
    followers = classes().followers(code) if code else None
    if followers is None:
        return False
    link = _link({FOLLOW: code})
    st.markdown(f"**You lead class {code}**: {counted(followers, 'follower')}")
    st.code(link, language=None, wrap_lines=True)
    st.image(code_of(link), width=300, caption="The class’s link", alt="QR code of the class")
    st.button("End the class", icon=":material/stop_circle:", key="end_class", on_click=_end)
    st.caption(_ENDS)
    return True


def _lead() -> None:
    try:
        session().leading = classes().lead(session().page, parameters_of_screen(), page_is_open())
    except Refused as refusal:
        complain(str(refusal))


def page_is_open() -> Callable[[], bool]:
    """What says, to any session, whether the browser of this one is connected."""
    context = get_script_run_ctx()
    if context is None:
        return lambda: True
    me = context.session_id
    return lambda: runtime.get_instance().is_active_session(me)


def _end() -> None:
    classes().end(session().leading)
    session().leading = ""


def link_of_screen() -> str:
    """The address of this screen; without a server's part where the browser has not told it."""
    return _link(parameters_of_screen())


def _link(given: Mapping[str, str]) -> str:
    parameters = urlencode(given, safe=",")
    address = st.context.url or f"/{session().page}"
    return f"{address}{'' if urlsplit(address).path else '/'}?{parameters}"


@lru_cache(maxsize=64)
def code_of(link: str) -> str:
    """A link's QR code as a PNG's data URL, black on white in both themes, with its quiet zone.

    The lowest error correction gives the coarsest code: a screen has no scratches. A file of its
    own would come later than the buttons below it, and move them away from under a click.
    """
    return segno.make_qr(link, error="L").png_data_uri(scale=6, border=4)


def _bundle() -> bytes:
    settings = current_scene().settings
    own = session().own_picture
    picture = own if settings.picture == UPLOAD and own else file_of(settings.picture)
    return packed(Bundle(session().page, parameters_of_screen(), picture))
