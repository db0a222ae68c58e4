"""Stories: guided tours through the app, and its glossary."""

import streamlit as st

from pages.ui.shell.navigation import require_entrypoint
from pages.ui.shell.preamble import Needs, ready
from pages.ui.shell.scene import current_scene
from pages.ui.stories.page import choose_view, render_glossary, render_stories
from pages.ui.worker.engine import engine

require_entrypoint()

with st.container(key="heading"):
    st.subheader("Stories", anchor=False)
if choose_view() == "glossary":
    render_glossary()
else:
    render_stories(engine())

scene = current_scene()
if not scene.model.missing:
    # For the sidebar alone: its classes and layers are those of a network that is loaded.
    ready(engine(), scene, Needs(prediction=True, classes=False))
