"""Axioms: what does each method promise?"""

import streamlit as st

from pages.ui.axioms.on_network import render_network_axioms
from pages.ui.axioms.page import render_axioms
from pages.ui.shell.heading import heading
from pages.ui.shell.navigation import require_entrypoint
from pages.ui.shell.preamble import Needs, ready
from pages.ui.shell.scene import current_scene
from pages.ui.worker.engine import engine

require_entrypoint()

scene = current_scene()
heading("What does each method promise?")
render_axioms(scene.settings.colours)
st.markdown("#### The same checks on the network")
if ready(engine(), scene, Needs(prediction=True)):
    render_network_axioms(engine(), scene)
