"""What can be taken home: the grid as a figure and as a page, the arrays with their settings."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import streamlit as st

from attribution_core.attribution import Attribution
from attribution_core.painting import drawn_values
from attribution_core.saved_maps import save
from pages.ui.attributions import MapTable, caption, limits
from pages.ui.colours import BLUE, RED
from pages.ui.maps.figure_form import render_figure_form
from pages.ui.shell.scene import Scene

Finished = Mapping[tuple[int, int], Attribution]
"""By row and column."""


def render_downloads(scene: Scene, table: MapTable, finished: Finished) -> None:
    """Buttons, each file made when its own is pressed, and the form for a figure."""
    if not finished:
        return
    name = f"attributions-{scene.settings.model}-{scene.settings.picture}"
    with st.container(horizontal=True, key="downloads"):
        st.download_button(
            "Interactive HTML",
            lambda: grid_html(scene, table, finished),
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


def arrays_npz(finished: Finished, made: datetime) -> bytes:
    """All maps in one file of saved maps, which the page and the command line open again."""
    content = io.BytesIO()
    save(content, list(finished.values()), made=made)
    return content.getvalue()


def grid_html(scene: Scene, table: MapTable, finished: Finished) -> str:
    """The grid as a page of its own, with linked zoom and values on hover."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    rows, columns = len(table.rows), len(table.columns)
    texts = {place: caption(attribution) for place, attribution in finished.items()}
    saturate = limits(finished, scene.settings)
    figure = make_subplots(
        rows,
        columns,
        row_titles=list(table.rows),
        subplot_titles=[
            "<br>".join(
                [
                    *([f"<b>{title}</b>"] if row == 0 else []),
                    *(f"<sub>{line}</sub>" for line in texts.get((row, column), ())),
                ]
            )
            for row in range(rows)
            for column, title in enumerate(table.columns)
        ],
        horizontal_spacing=0.02,
        vertical_spacing=min(0.12, 0.6 / max(rows, 1)),
    )
    size = scene.picture.pixels.shape[:2]
    scale = [[0, f"rgb{BLUE}"], [0.5, "rgb(247,247,247)"], [1, f"rgb{RED}"]]
    for (row, column), attribution in finished.items():
        limit = saturate[row, column]
        figure.add_trace(
            go.Heatmap(
                z=_enlarged(drawn_values(attribution), size).astype(np.float32),
                zmin=-limit,
                zmax=limit,
                colorscale=scale,
                showscale=False,
                hovertemplate="%{x}, %{y}: %{z:.3g}<extra></extra>",
            ),
            row + 1,
            column + 1,
        )
    figure.update_xaxes(matches="x", visible=False, constrain="domain")
    figure.update_yaxes(
        matches="y", visible=False, constrain="domain", autorange="reversed", scaleanchor="x"
    )
    figure.update_layout(
        title=f"{scene.model.title} · {scene.settings.layer} · reference {scene.settings.reference}"
        f" · {scene.settings.score}",
        width=90 + 300 * columns,
        height=130 + 340 * rows,
        paper_bgcolor="white",
        plot_bgcolor="white",
    )
    return str(figure.to_html(include_plotlyjs=True, full_html=True))


def _enlarged(values: npt.NDArray[np.float32], size: tuple[int, int]) -> npt.NDArray[np.float32]:
    """A map stretched over the picture, each position a block."""
    row_of = np.arange(size[0]) * values.shape[0] // size[0]
    column_of = np.arange(size[1]) * values.shape[1] // size[1]
    return np.asarray(values[row_of[:, None], column_of])
