"""Reference points: compared with what?"""

import streamlit as st

from pages.ui.engine import engine
from pages.ui.model_status import render_model_status
from pages.ui.navigation import require_entrypoint
from pages.ui.reference_points import render_reference_points
from pages.ui.sidebar import Scene

require_entrypoint()

scene: Scene = st.session_state["scene"]
st.subheader("Compared with what?", anchor=False)
if render_model_status(scene):
    st.caption(
        "An attribution explains the difference between the picture and a reference that stands "
        "for “nothing there”. Look along a row: what changes with the reference says as much about "
        "the reference as about the picture."
    )
    render_reference_points(engine(), scene)
