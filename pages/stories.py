"""Stories: guided tours through the app."""

import streamlit as st

from pages.ui.shell.navigation import require_entrypoint
from pages.ui.stories.page import render_stories
from pages.ui.worker.engine import engine

require_entrypoint()

st.subheader("Stories", anchor=False)
render_stories(engine())
