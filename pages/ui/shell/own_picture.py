"""A visitor's own picture: from a file or the camera into the session, and from there to a page."""

from __future__ import annotations

import streamlit as st

from attribution_core.images import Picture, load_image
from pages.ui.shell.choices import decide
from pages.ui.shell.session import session
from pages.ui.shell.settings import UPLOAD

DEFAULT_SIZE = (224, 224)
"""That a picture has while the model that says it is being loaded."""


def take_own_picture(widget: str) -> None:
    """Take what a widget for files or the camera has got, in its callback; say what is no picture.

    The picture that was shown stays where the new one is none.
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
    """Show the picture in a file's content, in a callback."""
    session().own_picture = content
    show_again()


def show_again() -> None:
    """Show the visitor's own picture that came last, in a callback."""
    decide("picture", UPLOAD)


@st.cache_data(max_entries=32, show_spinner=False)
def own_pixels(content: bytes, size: tuple[int, int]) -> Picture:
    """The picture in a file's content as a network of an input size sees it."""
    return Picture.of(load_image(content, size))
