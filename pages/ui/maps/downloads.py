"""Downloads: the grid as a figure and as an HTML page, the arrays with their settings."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC, datetime

import streamlit as st

from attribution_core.attribution import Attribution
from attribution_core.saved_maps.files import save
from pages.ui.maps.code import render_code
from pages.ui.maps.figure_form import render_figure_form
from pages.ui.maps.html_export import maps_html
from pages.ui.maps.table import MapTable
from pages.ui.shell.scene import Scene

Finished = Mapping[tuple[int, int], Attribution]
"""By row and column."""


def render_downloads(scene: Scene, table: MapTable, finished: Finished) -> None:
    """Buttons that make their file when pressed, the maps as code, and the form for a figure."""
    if not finished:
        return
    name = f"attributions-{scene.settings.model}-{scene.settings.picture}"
    with st.container(horizontal=True, key="downloads"):
        st.download_button(
            "Interactive HTML",
            lambda: maps_html(scene, table, finished),
            f"{name}.html",
            "text/html",
            icon=":material/html:",
            on_click="ignore",
            help="One file with linked zoom and values on hover; needs no network.",
        )
        st.download_button(
            "Arrays as NPZ",
            lambda: arrays_npz(finished, datetime.now(UTC)),
            f"{name}.npz",
            "application/octet-stream",
            icon=":material/data_array:",
            on_click="ignore",
            help="Values, heatmaps, players and standard errors, with the picture and the settings "
            "as JSON: “Open saved maps” on Explore shows them again.",
        )
    render_figure_form(scene, table, finished, name)
    render_code(scene, table)


def arrays_npz(finished: Finished, made: datetime) -> bytes:
    """All maps in one file of saved maps, which the page and the command line open again."""
    content = io.BytesIO()
    save(content, list(finished.values()), made=made)
    return content.getvalue()
