"""Layers: where in the network does it become class-specific?"""

import streamlit as st

from pages.ui.engine import engine
from pages.ui.layers import render_layers
from pages.ui.model_status import render_model_status
from pages.ui.navigation import require_entrypoint
from pages.ui.sidebar import Scene

require_entrypoint()

scene: Scene = st.session_state["scene"]
st.subheader("Where in the network does it become class-specific?", anchor=False)
if render_model_status(scene):
    st.caption(
        "One method at layer after layer, from the pixels on the left to the top on the right. "
        "Look down a column: do the classes have maps of their own? The curve below counts it: "
        "near 1, the maps of two classes are the same (thesis, figure 3.1)."
    )
    render_layers(engine(), scene)
