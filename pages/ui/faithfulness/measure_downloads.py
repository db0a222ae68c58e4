"""The table of measures to take away: as CSV, each map's too, and as a figure for print."""

from __future__ import annotations

import streamlit as st

from attribution_core.figures.style import FigureStyle
from attribution_core.measures.measure_table import (
    MeasureTable,
    measured_csv,
    table_csv,
    table_figure,
)
from pages.ui.maps.csv_download import csv_download
from pages.ui.maps.figure_form import KINDS, PREVIEW, THEMES, TYPES, WIDTHS
from pages.ui.shell.choosers import choose_from_list, choose_whether
from pages.ui.shell.scene import Scene


def render_table_downloads(scene: Scene, table: MeasureTable) -> None:
    """Buttons that make their file when pressed, and the form for a figure."""
    name = f"measures-{scene.settings.model}"
    with st.container(horizontal=True, key="downloads"):
        csv_download("Table as CSV", lambda: table_csv(table), name)
        csv_download("Each map as CSV", lambda: measured_csv(table.found), f"{name}-maps")
    form = st.expander(
        "Figure for print", icon=":material/print:", key="figure_form", on_change="rerun"
    )
    if not form.open:
        return
    with form:
        controls, shown = st.columns([1, 2], gap="large")
        with controls:
            style = FigureStyle(
                width=choose_from_list("figure-width", "Width", WIDTHS, "two columns"),
                theme=choose_from_list("figure-theme", "Theme", THEMES, "light"),
                caption=choose_whether(
                    "figure-caption", "Caption", True, "What dots, intervals and arrows mean."
                ),
            )
            suffix = choose_from_list("figure-format", "Format", KINDS, "png")
            st.download_button(
                f"Download {KINDS[suffix]}",
                lambda: table_figure(table, style).rendered(suffix),
                f"{name}.{suffix}",
                TYPES[suffix],
                icon=":material/download:",
                on_click="ignore",
                type="primary",
            )
        with shown:
            figure = table_figure(table, style)
            width = figure.get_size_inches()[0]
            preview = figure.rendered("png", PREVIEW / width)
            st.image(preview, alt="Preview of the figure", width="stretch")
