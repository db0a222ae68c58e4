"""What speaks where to take away: a figure for print, a table, and all arrays."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, date, datetime

import streamlit as st

from attribution_core.figures.style import FigureStyle
from attribution_core.measures.class_files import regions_csv, regions_drawn, save_regions
from attribution_core.measures.class_values import ClassValues
from pages.ui.maps.csv_download import csv_download
from pages.ui.maps.figure_form import KINDS, PREVIEW, THEMES, TYPES, WIDTHS
from pages.ui.shell.choosers import choose_from_list, choose_whether
from pages.ui.shell.scene import Scene

_INCHES = {"one column": 85 / 25.4, "two columns": 175 / 25.4, "slide": 338.7 / 25.4}


def render_downloads(scene: Scene, values: ClassValues, among: Sequence[int] | None) -> None:
    """Buttons that make their file when pressed, and the form for a figure."""
    name = f"regions-{scene.settings.model}-{scene.settings.picture}"
    with st.container(horizontal=True, key="downloads"):
        csv_download(
            "Places as CSV", lambda: regions_csv(values.strongest(among), values.labels), name
        )
        st.download_button(
            "Arrays as NPZ",
            lambda: arrays_npz(values, among),
            f"{name}.npz",
            "application/octet-stream",
            icon=":material/data_array:",
            on_click="ignore",
            help="The values of all places for all classes, the two strongest classes of each, the "
            "picture, and the settings and regions as JSON.",
        )
    form = st.expander(
        "Figure for print", icon=":material/print:", key="figure_form", on_change="rerun"
    )
    if form.open:
        with form:
            _figure(scene, values, among, name)


def arrays_npz(values: ClassValues, among: Sequence[int] | None) -> bytes:
    """The file that `save_regions` writes."""
    content = io.BytesIO()
    save_regions(content, values, among, made=datetime.now(UTC))
    return content.getvalue()


def _figure(scene: Scene, values: ClassValues, among: Sequence[int] | None, name: str) -> None:
    controls, shown = st.columns([1, 2], gap="large")
    with controls:
        style = _chosen_style()
        suffix = choose_from_list("figure-format", "Format", KINDS, "png")
        st.download_button(
            f"Download {KINDS[suffix]}",
            lambda: regions_drawn(values, among, style, suffix),
            f"{name}.{suffix}",
            TYPES[suffix],
            icon=":material/download:",
            on_click="ignore",
            type="primary",
        )
    with shown:
        preview = regions_drawn(values, among, style, "png", PREVIEW / _INCHES[style.width])
        st.image(preview, alt="Preview of the figure", width="stretch")


def _chosen_style() -> FigureStyle:
    """The style chosen in the form."""
    return FigureStyle(
        width=choose_from_list("figure-width", "Width", WIDTHS, "two columns"),
        theme=choose_from_list("figure-theme", "Theme", THEMES, "light"),
        caption=choose_whether(
            "figure-caption",
            "Caption",
            True,
            "Model, layer, reference, the classes that are compared, and the date.",
        ),
        dated=date.today(),
    )
