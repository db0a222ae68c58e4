"""A visitor's own picture, from a file or the camera."""

from __future__ import annotations

import base64
import binascii

import streamlit as st

from attribution_core.images import Picture, decode, load_image
from pages.ui.shell.address import allowed, fetched
from pages.ui.shell.choices import decide
from pages.ui.shell.session import session
from pages.ui.shell.settings import UPLOAD

MOST_BYTES = 20 * 2**20
"""Of a picture's file, as of an upload."""

DEFAULT_SIZE = (224, 224)
"""A picture's size until the model is loaded and tells its own."""


def take_own_picture(widget: str) -> None:
    """Show the file of an upload or camera widget, in its callback.

    A file that is no picture is refused with a sentence, and the picture shown stays.
    """
    file = st.session_state.get(widget)
    if file is None:
        return
    take_content(file.getvalue())


def take_pasted(sent: object) -> None:
    """Show a pasted picture, as the browser sends it, from a callback."""
    if not isinstance(sent, dict):
        return
    content = sent.get("content")
    if not isinstance(content, str) or len(content) > 4 * MOST_BYTES / 3 + 4:
        session().refused_picture = (
            f"The pasted picture is too large; it should have at most {MOST_BYTES // 2**20} MB. "
            "The picture shown is unchanged."
        )
        return
    try:
        take_content(base64.b64decode(content, validate=True))
    except binascii.Error:
        session().refused_picture = "What was pasted is not a picture that can be read."


def take_address(widget: str) -> None:
    """Fetch and show the picture at the address in a text widget, in its callback."""
    address = str(st.session_state.get(widget) or "").strip()
    if not address or not allowed():
        return
    try:
        content = fetched(address)
    except ValueError as error:
        session().refused_picture = f"{error} The picture shown is unchanged."
        return
    take_content(content)


def take_content(content: bytes) -> None:
    """Show the picture in a file's content, or say why it is none, from a callback."""
    try:
        load_image(content, DEFAULT_SIZE)
    except ValueError as error:
        session().refused_picture = f"{error} The picture shown is unchanged."
        return
    show_own_picture(content)


def show_own_picture(content: bytes) -> None:
    """Show the picture in a file's content, from a callback."""
    session().own_picture = content
    show_again()


def show_again() -> None:
    """Show the visitor's last own picture, from a callback."""
    decide("picture", UPLOAD)


@st.cache_data(max_entries=32, show_spinner=False)
def assumed_of(content: bytes) -> str:
    """What was assumed of the colours and values in a file, in sentences; may be empty."""
    return decode(content, DEFAULT_SIZE).assumed


@st.cache_data(max_entries=32, show_spinner=False)
def own_pixels(content: bytes, size: tuple[int, int]) -> Picture:
    """The picture in a file's content at a network's input size."""
    return Picture.of(load_image(content, size))
