"""Explore: where does the network look, for each class, by each method?"""

import streamlit as st

from pages.ui.attribution_grid import render_attribution_grid
from pages.ui.engine import engine
from pages.ui.maps.open_saved import render_open_saved
from pages.ui.navigation import require_entrypoint
from pages.ui.picture_and_reference import render_picture_and_reference
from pages.ui.shell.preamble import Needs, ready
from pages.ui.shell.scene import current_scene

require_entrypoint()

scene = current_scene()
st.subheader("Where does the network look?", anchor=False)
if ready(
    engine(),
    scene,
    Needs(network=False, methods=True),
    above=render_picture_and_reference,
):
    render_attribution_grid(engine(), scene)
render_open_saved(engine(), scene)
