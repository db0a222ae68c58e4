"""Randomisation: does the map depend on what was learned?"""

import streamlit as st

from pages.ui.engine import engine
from pages.ui.model_status import render_model_status
from pages.ui.navigation import require_entrypoint
from pages.ui.randomisation import render_randomisation
from pages.ui.sidebar import Scene

require_entrypoint()

scene: Scene = st.session_state["scene"]
st.subheader("Does the map depend on what was learned?", anchor=False)
if render_model_status(scene):
    st.caption(
        "Parameters are drawn anew, from the top of the network down. A map that explains what was "
        "learned must change with them. Look at the places that are marked: at the pixels many of "
        "them stay, since the picture's edges shine through; at a high layer they do not "
        "(thesis, figures 3.3 and 3.4; Adebayo et al. 2018). The signs go at once at both."
    )
    render_randomisation(engine(), scene)
