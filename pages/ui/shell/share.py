"""Share: this screen's link to copy, as a QR code, and as a file with the picture in it."""

from __future__ import annotations

import io
import re
from functools import lru_cache
from urllib.parse import urlencode, urlsplit

import segno
import streamlit as st

from pages.ui.shell.bundle import Bundle, packed
from pages.ui.shell.choices import parameters_of_screen
from pages.ui.shell.gallery import file_of
from pages.ui.shell.scene import current_scene
from pages.ui.shell.session import session
from pages.ui.shell.settings import UPLOAD

_LONGEST_IN_A_CODE = 1200
"""Characters of a link that a camera still reads from a wall."""

_HERE_ONLY = re.compile(r"localhost|127\.\d+\.\d+\.\d+|::1")


@st.fragment
def render_share() -> None:
    """Draw the button; what is behind it is made when it is opened."""
    with st.popover(
        "Share", icon=":material/share:", type="tertiary", key="share", on_change="rerun"
    ) as popover:
        if popover.open:
            with st.container(width=360):
                _ways()


def _ways() -> None:
    link = link_of_screen()
    own = current_scene().settings.picture == UPLOAD
    st.markdown("**This screen’s link**")
    st.code(link, language=None, wrap_lines=True)
    if own:
        st.caption("Your own picture does not travel in it; it does in the bundle below.")
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
    if len(link) <= _LONGEST_IN_A_CODE:
        st.image(
            code_of(link),
            width=300,
            caption="The same link for a camera",
            alt="QR code of the link",
        )
    else:
        st.caption("The link is too long for a QR code that a camera reads.")
    if _HERE_ONLY.fullmatch(urlsplit(link).hostname or ""):
        st.caption(
            "It leads to this machine, where only you can open it: start the server with "
            "`--server.address=0.0.0.0` and open it by its address in the network."
        )


def link_of_screen() -> str:
    """The address of this screen; without a server's part where the browser has not told it."""
    parameters = urlencode(parameters_of_screen(), safe=",")
    address = st.context.url or f"/{session().page}"
    return f"{address}{'' if urlsplit(address).path else '/'}?{parameters}"


@lru_cache(maxsize=64)
def code_of(link: str) -> bytes:
    """A link's QR code as PNG, black on white in both themes, with its quiet zone.

    The lowest error correction gives the coarsest code: a screen has no scratches.
    """
    content = io.BytesIO()
    segno.make_qr(link, error="L").save(content, kind="png", scale=6, border=4)
    return content.getvalue()


def _bundle() -> bytes:
    settings = current_scene().settings
    own = session().own_picture
    picture = own if settings.picture == UPLOAD and own else file_of(settings.picture)
    return packed(Bundle(session().page, parameters_of_screen(), picture))
