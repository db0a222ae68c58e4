"""Stories: guided tours through the app, and its glossary."""

import streamlit as st

from pages.ui.shell.navigation import require_entrypoint
from pages.ui.stories.page import choose_view, render_glossary, render_stories
from pages.ui.worker.engine import engine

require_entrypoint()

with st.container(key="heading"):
    st.subheader("Stories", anchor=False)
if choose_view() == "glossary":
    render_glossary()
else:
    render_stories(engine())
