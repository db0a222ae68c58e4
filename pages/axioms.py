"""Axioms: what does each method promise?"""

import streamlit as st

from pages.ui.axioms import render_axioms
from pages.ui.axioms_network import render_network_axioms
from pages.ui.engine import engine
from pages.ui.navigation import require_entrypoint
from pages.ui.shell.preamble import Needs, ready
from pages.ui.shell.scene import current_scene

require_entrypoint()

scene = current_scene()
st.subheader("What does each method promise?", anchor=False)
render_axioms()
st.markdown("#### The same checks on the network")
if ready(engine(), scene, Needs(prediction=True)):
    render_network_axioms(engine(), scene)
