"""A small app around the grid, with maps whose every value the test can compute: see `true_map`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import streamlit as st

from attribution_core.painting import COLOUR_SCALES
from pages.ui.components.heatmap_grid import MapCell, render_heatmap_grid

SIZE = 224
ROWS = ("Egyptian cat", "espresso <b>maker</b>")
COLUMNS = ("Gradient × Input", "Integrated Gradients", "LIME", "Occlusion")


def true_map(row: int, column: int, version: int) -> npt.NDArray[np.float32]:
    """Positive in the upper left, negative in the lower right; LIME coarse, Occlusion with NaN."""
    size = 7 if column == 2 else SIZE
    y, x = (np.mgrid[:size, :size] + 0.5) / size
    blob = np.exp(-(((x - 0.3) ** 2 + (y - 0.3) ** 2) / 0.03))
    dip = np.exp(-(((x - 0.7) ** 2 + (y - 0.7) ** 2) / 0.03))
    factor = (row + 1) * (column + 1) * (0.5 if version % 2 else 1.0)
    values = np.asarray(factor * (blob - dip), np.float32)
    if column == 3:
        values[0, :3] = np.nan, np.inf, -np.inf
    return values


def picture() -> npt.NDArray[np.uint8]:
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE
    rings = 0.5 + 0.4 * np.cos(40 * np.hypot(x - 0.5, y - 0.5))
    return np.asarray(255 * np.stack([rings * x, rings, rings * y], axis=-1), np.uint8)


def cells(version: int, step: int) -> list[MapCell]:
    grid = []
    for row in range(len(ROWS)):
        for column in range(len(COLUMNS)):
            values = true_map(row, column, version)
            total = float(np.nansum(values[np.isfinite(values)]))
            caption = (
                f"{0.4 + row:.1f} s · {32 * (column + 1)} evaluations",
                f"sums to {total:.2f} / should sum to {total * 1.01:.2f} (gap 1.0 %)",
            )
            limit = float(np.nanmax(np.abs(values[np.isfinite(values)])))
            grid.append(MapCell(row, column, values, limit, caption))
    if st.session_state.get("states"):
        done = step / 8
        running = f"Step {step} of 8"
        partial = true_map(0, 1, version) * np.float32(done)
        grid[1] = MapCell(0, 1, partial if step else None, 2.0, (), "running", done, running)
        grid[2] = MapCell(0, 2, None, 1.0, (), "queued", None, "Second in the queue")
        why = "Not enough memory for 512 <i>masks</i>."
        grid[3] = MapCell(0, 3, None, 1.0, (), "failed", None, why)
        why = "Grad-CAM needs a convolutional layer; “input” is none."
        grid[6] = MapCell(1, 2, None, 1.0, (), "unavailable", None, why)
        grid[7] = MapCell(1, 3, None, 1.0, (), "running", None, "Loading the network")
    return grid


if __name__ == "__main__":
    st.set_page_config(page_title="Grid", layout="wide")
    with st.sidebar:
        st.session_state.setdefault("version", 0)
        st.session_state.setdefault("step", 0)
        if st.button("Change values"):
            st.session_state.version += 1
        if st.button("Add progress"):
            st.session_state.step += 1
        st.toggle("States", key="states")
        overlay = st.toggle("Overlay", True)
        smooth = st.toggle("Smooth", True)
        colours = st.radio("Colours", tuple(COLOUR_SCALES))
        if st.toggle("Warning above"):
            st.session_state.warn = True
    if st.session_state.get("warn"):
        st.warning("An element more above the grid")
    render_heatmap_grid(
        rows=ROWS,
        columns=COLUMNS,
        cells=cells(st.session_state.version, st.session_state.step),
        picture=picture(),
        overlay=overlay,
        opacity=0.85,
        smooth=smooth,
        colours=colours,
        key="grid",
        column_help={"LIME": "A linear model fitted to pictures with superpixels left out."},
    )
    st.caption(f"version {st.session_state.version}, step {st.session_state.step}")
