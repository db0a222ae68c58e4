"""Groups of small maps, each under a title that can be clicked: the grid's element, arranged so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import streamlit as st

from attribution_core.painting import Colours
from pages.ui.components.heatmap_grid import MapCell, cell_data, grid_component, grid_data


def wall_data(
    *,
    groups: Sequence[str],
    cells: Sequence[MapCell],
    picture: npt.NDArray[np.uint8],
    overlay: bool = True,
    opacity: float = 0.85,
    smooth: bool = True,
    colours: Colours = "red-blue",
) -> dict[str, Any]:
    """What `render_heatmap_wall` sends to the browser; its arguments are described there."""
    grid = grid_data(
        rows=groups,
        columns=(),
        cells=(),
        picture=picture,
        overlay=overlay,
        opacity=opacity,
        smooth=smooth,
        colours=colours,
    )
    ordered = sorted(cells, key=lambda cell: (cell.row, cell.column))
    drawn = [{**cell_data(cell), "title": cell.title, "help": cell.help} for cell in ordered]
    return {**grid, "wall": True, "cells": drawn}


def render_heatmap_wall(
    *,
    groups: Sequence[str],
    cells: Sequence[MapCell],
    picture: npt.NDArray[np.uint8],
    overlay: bool = True,
    opacity: float = 0.85,
    smooth: bool = True,
    colours: Colours = "red-blue",
    key: str,
    on_choose: Callable[[int, int], None],
) -> None:
    """Draw groups of maps, as many in a line as there is room for.

    Parameters
    ----------
    groups : sequence of str
        What stands above each group.
    cells : sequence of MapCell
        The row is the group; columns in it are counted from 0. Each has a title.
    picture, overlay, opacity, smooth, colours, key
        As of `render_heatmap_grid`.
    on_choose : callable
        Told the group and the place in it of a title that was clicked, before the run that this
        causes. They come from the browser, and are those of a cell that is drawn.
    """
    places = [[cell.row, cell.column] for cell in cells]

    def chosen() -> None:
        said = st.session_state[key].get("chosen")
        if isinstance(said, list | tuple) and list(said) in places:
            on_choose(int(said[0]), int(said[1]))

    data = wall_data(
        groups=groups,
        cells=cells,
        picture=picture,
        overlay=overlay,
        opacity=opacity,
        smooth=smooth,
        colours=colours,
    )
    grid_component(key=key, data=data, on_chosen_change=chosen)
