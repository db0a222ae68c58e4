"""Would removing what a map marks change the answer? Three views of it."""

from __future__ import annotations

import streamlit as st

from pages.ui.faithfulness.gallery_table import render_gallery_areas
from pages.ui.faithfulness.localisation import render_localisation
from pages.ui.faithfulness.picture import render_picture_curves
from pages.ui.faithfulness.protocol import choose_protocol
from pages.ui.shell.choices import choice
from pages.ui.shell.scene import Scene
from pages.ui.shell.settings import one_of
from pages.ui.worker.engine import Engine

VIEWS = {"picture": "This picture", "gallery": "The whole gallery", "mosaic": "Grid pointing"}


def choose_view() -> str:
    """One of `VIEWS`; only the picture's is of the sidebar's classes."""
    return choice(
        "faithfulness-view",
        lambda key, value: st.segmented_control(
            "View",
            tuple(VIEWS),
            required=True,
            format_func=VIEWS.__getitem__,
            key=key,
            label_visibility="collapsed",
        ),
        "picture",
        lambda text: one_of(text, tuple(VIEWS)),
    )


def render_faithfulness(engine: Engine, scene: Scene, view: str) -> None:
    """Draw the view that the visitor chose."""
    if view == "mosaic":
        render_localisation(engine, scene)
        return
    st.caption(
        "The parts that a map marks most are taken out first (deletion) or put in first "
        "(insertion). A faithful map makes the one curve fall early and the other rise early, "
        "outside the grey band of random orders. The areas change rank with players, reference "
        "and score: one number alone is no evidence."
    )
    if view == "gallery":
        with st.container(horizontal=True, vertical_alignment="bottom"):
            protocol = choose_protocol(engine, scene)
        render_gallery_areas(engine, scene, protocol)
    else:
        render_picture_curves(engine, scene)
