"""A page's notice that the chosen model cannot be used."""

from __future__ import annotations

import streamlit as st

from pages.ui.shell.markdown import literal
from pages.ui.shell.scene import Scene
from pages.ui.worker.model_list import NOT_HERE


def render_model_status(scene: Scene) -> bool:
    """Say why the chosen model cannot be used; True where it can."""
    if scene.model.missing:
        download = "Download them below “Model” in the sidebar, or choose another model there."
        other = "Choose another model below “Model” in the sidebar."
        st.info(
            f"{literal(scene.model.title)} cannot be used: {literal(scene.model.missing)} "
            f"{download if scene.model.missing == NOT_HERE else other}",
            icon=":material/arrow_back:",
        )
    return not scene.model.missing
