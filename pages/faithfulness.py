"""Faithfulness: would removing what a map marks change the answer?"""

import streamlit as st

from pages.ui.engine import engine
from pages.ui.faithfulness import render_faithfulness
from pages.ui.model_status import render_model_status
from pages.ui.navigation import require_entrypoint
from pages.ui.sidebar import Scene

require_entrypoint()

scene: Scene = st.session_state["scene"]
st.subheader("Would removing what it marks change the answer?", anchor=False)
if render_model_status(scene):
    render_faithfulness(engine(), scene)
