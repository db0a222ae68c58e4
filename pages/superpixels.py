"""Superpixels: what if this part were not there?"""

import streamlit as st

from pages.ui.engine import engine
from pages.ui.game_by_hand import render_game
from pages.ui.navigation import require_entrypoint
from pages.ui.shell.preamble import Needs, ready
from pages.ui.shell.scene import current_scene

require_entrypoint()

scene = current_scene()
st.subheader("What if this part were not there?", anchor=False)
st.caption(
    "Click on a part of the picture to take it out: it takes the reference's values. The bars "
    "show what that does to the classes, and what each method had predicted."
)
if ready(engine(), scene, Needs()):
    render_game(engine(), scene)
