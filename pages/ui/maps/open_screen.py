"""A bundle opened: its page, its settings and its picture, shown here."""

from __future__ import annotations

import numpy as np
import streamlit as st

from attribution_core.images import Pixels
from attribution_core.images.limited import decode_limited
from pages.ui.shell.bundle import Bundle, unpacked
from pages.ui.shell.choices import is_own_of_a_page, start_over
from pages.ui.shell.gallery import gallery
from pages.ui.shell.markdown import literal
from pages.ui.shell.navigation import PAGES
from pages.ui.shell.own_model_links import of_models_here
from pages.ui.shell.own_picture import DEFAULT_SIZE
from pages.ui.shell.session import session, visitor
from pages.ui.shell.settings import UPLOAD, Settings, decode
from pages.ui.worker.engine import Engine


def render_bundle(engine: Engine, name: str, content: bytes, key: str) -> None:
    """Say what a bundle holds, with a button that opens its screen."""
    try:
        bundle = unpacked(content, name)
        picture = _pixels(bundle.picture)
    except ValueError as error:
        st.error(literal(str(error)), icon=":material/error:")
        return
    page = bundle.page or PAGES[0]
    if page not in PAGES:
        st.error(
            f"The file {literal(name)} is of a page that is not here.", icon=":material/error:"
        )
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        # Not the file itself: there are pictures that Streamlit cannot show.
        st.image(picture.astype(np.uint8), width=72, alt="The picture in the bundle")
        st.button(
            "Open this screen",
            icon=":material/open_in_new:",
            key=key,
            on_click=_open,
            args=(bundle, page),
            help="Sets page and controls as they were when the bundle was made.",
        )
        st.caption(f"{literal(name)}: a screen of {page.capitalize()}")
    for complaint in _complaints(engine, bundle):
        st.caption(literal(complaint))


@st.cache_data(max_entries=8, show_spinner=False)
def _pixels(content: bytes) -> Pixels:
    return decode_limited(content, DEFAULT_SIZE).pixels


def _open(bundle: Bundle, page: str) -> None:
    """Show a bundle's screen, from a callback."""
    parameters = dict(bundle.parameters)
    here = {entry.id for entry in gallery()}
    if parameters.get("picture", Settings().picture) not in here:
        parameters["picture"] = UPLOAD
        session().own_picture = bundle.picture
    start_over(parameters)
    session().told = {}
    session().going = page


def _complaints(engine: Engine, bundle: Bundle) -> tuple[str, ...]:
    """A sentence for each setting that does not exist here."""
    models = engine.names(visitor())
    pictures = (*(entry.id for entry in gallery()), bundle.parameters.get("picture", ""))
    shared = {name: text for name, text in bundle.parameters.items() if not is_own_of_a_page(name)}
    shared, asked_for = of_models_here(engine, shared)
    found = decode(shared, Settings(model=engine.default_model().name), models, pictures)[1]
    found += (asked_for,) * bool(asked_for)
    return tuple(each.replace("The link’s", "Its").replace("The link's", "Its") for each in found)
