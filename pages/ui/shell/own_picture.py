"""A visitor's own picture, from a file or the camera."""

from __future__ import annotations

import base64
import binascii

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from attribution_core.images import Decoded, Picture
from attribution_core.images.limited import decode_limited
from pages.ui.shell.address import allowed, fetched
from pages.ui.shell.choices import decide
from pages.ui.shell.refusals import refuse
from pages.ui.shell.session import OwnDecoded, session
from pages.ui.shell.settings import UPLOAD

MOST_BYTES = 20 * 2**20
"""Of a picture's file, as of an upload."""

NOT_HERE = "The file is not here, or not of a kind that is taken there; bring it again."
"""Of a file that a browser names at a place to upload."""

DEFAULT_SIZE = (224, 224)
"""A picture's size until the model is loaded and tells its own."""


def take_own_picture(widget: str) -> None:
    """Show the file of an upload or camera widget, in its callback.

    A file that is no picture is refused with a sentence, and the picture shown stays.
    """
    file = st.session_state.get(widget)
    if file is None:
        return
    if not isinstance(file, UploadedFile):
        refuse("picture", f"{NOT_HERE} The picture shown is unchanged.")
        return
    take_content(file.getvalue())


def take_pasted(sent: object) -> None:
    """Show a pasted picture, as the browser sends it, from a callback."""
    if not isinstance(sent, dict):
        return
    content = sent.get("content")
    if not isinstance(content, str) or len(content) > 4 * MOST_BYTES / 3 + 4:
        refuse(
            "picture",
            f"The pasted picture is too large; it should have at most {MOST_BYTES // 2**20} MB. "
            "The picture shown is unchanged.",
        )
        return
    try:
        take_content(base64.b64decode(content, validate=True))
    except binascii.Error:
        refuse("picture", "What was pasted is not a picture that can be read.")


def take_address(widget: str) -> None:
    """Fetch and show the picture at the address in a text widget, in its callback."""
    address = str(st.session_state.get(widget) or "").strip()
    if not address or not allowed():
        return
    try:
        content = fetched(address)
    except ValueError as error:
        refuse("picture", f"{error} The picture shown is unchanged.")
        return
    take_content(content)


def take_content(content: bytes) -> None:
    """Show the picture in a file's content, or say why it is none, from a callback."""
    if len(content) > MOST_BYTES:
        refuse(
            "picture",
            f"The picture's file is too large; it should have at most {MOST_BYTES // 2**20} MB. "
            "The picture shown is unchanged.",
        )
        return
    scene = session().scene
    # The size that is asked for next, so that it is decoded once.
    size = DEFAULT_SIZE if scene is None else scene.picture.pixels.shape[:2]
    try:
        decoded = decode_limited(content, (size[0], size[1]))
    except ValueError as error:
        refuse("picture", f"{error} The picture shown is unchanged.")
        return
    session().own_picture = content
    session().own_decoded = OwnDecoded(content, {(size[0], size[1]): decoded})
    show_again()


def show_again() -> None:
    """Show the visitor's last own picture, from a callback."""
    decide("picture", UPLOAD)


def assumed(size: tuple[int, int]) -> str:
    """What was assumed of the own picture's colours and values, in sentences; may be empty."""
    return _decoded(size).assumed


def own_pixels(size: tuple[int, int]) -> Picture:
    """The own picture at a network's input size; ValueError where it cannot be read."""
    return Picture.of(_decoded(size).pixels)


def _decoded(size: tuple[int, int]) -> Decoded:
    content = session().own_picture
    assert content is not None
    known = session().own_decoded
    if known is None or known.content is not content:
        known = session().own_decoded = OwnDecoded(content, {})
    if size not in known.at:
        known.at[size] = decode_limited(content, size)
    return known.at[size]
