"""Superpixels: what if this part were not there?"""

import streamlit as st

from pages.ui.engine import engine
from pages.ui.game_by_hand import render_game
from pages.ui.model_status import render_model_status
from pages.ui.navigation import require_entrypoint
from pages.ui.sidebar import Scene

require_entrypoint()

scene: Scene = st.session_state["scene"]
st.subheader("What if this part were not there?", anchor=False)
if render_model_status(scene):
    st.caption(
        "Click on a part of the picture to take it out: it takes the reference's values. The bars "
        "show what that does to the classes, and what LIME and the Shapley values had predicted."
    )
    render_game(engine(), scene)
