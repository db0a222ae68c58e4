"""Axioms: what does each method promise?"""

import streamlit as st

from pages.ui.axioms import render_axioms
from pages.ui.axioms_network import render_network_axioms
from pages.ui.engine import engine
from pages.ui.model_status import render_model_status
from pages.ui.navigation import require_entrypoint
from pages.ui.sidebar import Scene

require_entrypoint()

scene: Scene = st.session_state["scene"]
st.subheader("What does each method promise?", anchor=False)
render_axioms()
if render_model_status(scene):
    render_network_axioms(engine(), scene)
