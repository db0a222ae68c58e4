"""A visitor's own picture, from a file or the camera."""

from __future__ import annotations

import streamlit as st

from attribution_core.images import Picture, load_image
from pages.ui.shell.choices import decide
from pages.ui.shell.session import session
from pages.ui.shell.settings import UPLOAD

DEFAULT_SIZE = (224, 224)
"""A picture's size until the model is loaded and tells its own."""


def take_own_picture(widget: str) -> None:
    """Show the file of an upload or camera widget, in its callback.

    A file that is no picture is refused with a sentence, and the picture shown stays.
    """
    file = st.session_state.get(widget)
    if file is None:
        return
    content = file.getvalue()
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
def own_pixels(content: bytes, size: tuple[int, int]) -> Picture:
    """The picture in a file's content at a network's input size."""
    return Picture.of(load_image(content, size))
