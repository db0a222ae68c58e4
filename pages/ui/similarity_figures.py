"""Similarity of maps to the original's against how much is randomised, as figures and as CSV."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from pages.ui.csv_download import csv_text
from pages.ui.faithfulness_figures import COLOURS

MEASURES = {
    "Spearman, signed": "Do signed values keep their order?",
    "Spearman, absolute": "Are the same places marked, whatever the sign?",
    "SSIM": "Structural similarity (Wang et al. 2004), each map scaled to 0..1 about its zero.",
    "HOG": "Correlation of histograms of oriented gradients (Dalal and Triggs 2005).",
}
"""In the order of `Similarity`'s fields."""

_GRID = "rgba(138,143,152,0.25)"
_CLEAR = "rgba(0,0,0,0)"


def similarity_figure(
    curves: Mapping[str, npt.NDArray[np.float64]], stages: Sequence[str], depth: int
) -> go.Figure:
    """One measure's curves by layer, each ``(seeds, stages)``: the mean, and a band over seeds.

    ``depth`` is marked by a line; 0 stands for the original, whose similarity is 1.
    """
    figure = go.Figure()
    places = list(range(len(stages) + 1))
    for colour, (layer, values) in zip(COLOURS, curves.items(), strict=False):
        whole = np.concatenate([np.ones((len(values), 1)), values], axis=1)
        measured = np.isfinite(whole).any(axis=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            low, mean, high = (f(whole, axis=0) for f in (np.nanmin, np.nanmean, np.nanmax))
        here = np.flatnonzero(measured)
        figure.add_scatter(
            x=[*here, *here[::-1]],
            y=[*high[here], *low[here][::-1]],
            fill="toself",
            fillcolor=_translucent(colour),
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
        )
        figure.add_scatter(
            x=here,
            y=mean[here],
            name=layer,
            mode="lines+markers",
            marker={"size": 4},
            line={"color": colour, "width": 2},
            customdata=[("nothing", *stages)[place] for place in here],
            hovertemplate="down to %{customdata}: %{y:.2f}<extra>" + layer + "</extra>",
        )
    figure.add_vline(x=depth, line_width=1, line_dash="dot", line_color="#8a8f98")
    figure.add_hline(y=0, line_width=1, line_color="#8a8f98")
    figure.update_layout(
        height=260,
        margin={"l": 4, "r": 8, "t": 8, "b": 4},
        legend={"orientation": "h", "y": -0.3, "yanchor": "top", "x": 0},
        xaxis={
            "title": "stages randomised, from the top",
            "range": [-0.3, len(places) - 0.7],
            "fixedrange": True,
            "gridcolor": _GRID,
        },
        yaxis={"range": [-0.45, 1.05], "fixedrange": True, "gridcolor": _GRID},
        paper_bgcolor=_CLEAR,
        plot_bgcolor=_CLEAR,
    )
    return figure


def _translucent(colour: str) -> str:
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.2)"


def similarities_csv(
    curves: Mapping[str, npt.NDArray[np.float64]], stages: Sequence[str], seeds: Sequence[int]
) -> str:
    """A line a layer, measure, seed and depth, of curves ``(measures, seeds, stages)`` by layer."""
    lines = (
        [layer, measure, seed, depth + 1, stage, f"{value:.6f}"]
        for layer, values in curves.items()
        for measure, by_seed in zip(MEASURES, values, strict=True)
        for seed, row in zip(seeds, by_seed, strict=True)
        for depth, (stage, value) in enumerate(zip(stages, row, strict=True))
        if np.isfinite(value)
    )
    return csv_text(["layer", "measure", "seed", "depth", "stage", "similarity"], lines)
