"""Would removing what a map marks change the prediction? Views of this and its kin."""

from __future__ import annotations

import streamlit as st

from pages.ui.faithfulness.gallery_table import choose_pictures, render_gallery_areas
from pages.ui.faithfulness.localisation import render_localisation
from pages.ui.faithfulness.measures import render_measures
from pages.ui.faithfulness.picture import render_picture_curves
from pages.ui.faithfulness.protocol import choose_protocol
from pages.ui.shell.choosers import choose_one
from pages.ui.shell.scene import Scene
from pages.ui.worker.engine import Engine

VIEWS = {
    "picture": "This picture",
    "gallery": "Gallery",
    "mosaic": "Grid pointing",
    "measures": "Measures",
}


def choose_view() -> str:
    """One of `VIEWS`; the first and the last may use the sidebar's classes."""
    return choose_one("faithfulness-view", "View", VIEWS, "picture", label_visibility="collapsed")


def render_faithfulness(engine: Engine, scene: Scene, view: str) -> None:
    """Draw the view that the visitor chose."""
    if view == "mosaic":
        render_localisation(engine, scene)
        return
    if view == "measures":
        render_measures(engine, scene)
        return
    st.caption(
        "What a map marks most is removed first (deletion) or inserted first (insertion): with a "
        "faithful map the score falls, or rises, early, outside the grey band of random orders. "
        "Areas depend on players, reference and score; one number alone is no evidence."
    )
    if view == "gallery":
        with st.container(horizontal=True, vertical_alignment="bottom"):
            protocol = choose_protocol(engine, scene)
            pictures = choose_pictures()
        render_gallery_areas(engine, scene, protocol, pictures)
    else:
        render_picture_curves(engine, scene)
