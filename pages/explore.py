"""Explore: where does the network look, for each class, by each method?"""

import streamlit as st

from pages.ui.attribution_grid import render_attribution_grid
from pages.ui.engine import engine
from pages.ui.model_status import render_model_status
from pages.ui.navigation import require_entrypoint
from pages.ui.picture_and_reference import render_picture_and_reference
from pages.ui.sidebar import Scene

require_entrypoint()

scene: Scene = st.session_state["scene"]
st.subheader("Where does the network look?", anchor=False)
if render_model_status(scene):
    render_picture_and_reference(engine(), scene)
    render_attribution_grid(engine(), scene)
