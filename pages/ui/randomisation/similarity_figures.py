"""Similarity to the original's maps by depth of randomisation, as figures and as CSV."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from attribution_core.measures.csv_tables import csv_text
from pages.ui.maps.charts import framed, mark_position, mark_zero, stroke, translucent

MEASURES = {
    "Spearman, signed": "Do signed values keep their order?",
    "Spearman, absolute": "Are the same positions marked, whatever their sign?",
    "SSIM": "Structural similarity (Wang et al. 2004), each map scaled to 0..1 about its zero.",
    "HOG": "Correlation of histograms of oriented gradients (Dalal and Triggs 2005).",
}
"""In the order of `Similarity`'s fields."""


def similarity_figure(
    curves: Mapping[str, npt.NDArray[np.float64]], stages: Sequence[str], depth: int
) -> go.Figure:
    """One measure's curves by layer, each ``(seeds, stages)``: the mean, and a band over seeds.

    ``depth`` is marked by a line; 0 stands for the original, whose similarity is 1.
    """
    figure = go.Figure()
    for number, (layer, values) in enumerate(curves.items()):
        drawn = stroke(number)
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
            fillcolor=translucent(drawn.colour),
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
            line=drawn.line,
            customdata=[("nothing", *stages)[depth] for depth in here],
            hovertemplate="down to %{customdata}: %{y:.2f}<extra>" + layer + "</extra>",
        )
    mark_position(figure, depth)
    mark_zero(figure)
    framed(figure, 260, x="stages randomised, from the top")
    figure.update_layout(legend={"y": 0, "yanchor": "bottom"})
    figure.update_xaxes(range=[-0.3, len(stages) + 0.3])
    every = np.concatenate([np.zeros(1), *(values.ravel() for values in curves.values())])
    figure.update_yaxes(range=[min(-0.45, float(np.nanmin(every)) - 0.05), 1.05])
    return figure


def similarities_csv(
    curves: Mapping[str, npt.NDArray[np.float64]], stages: Sequence[str], seeds: Sequence[int]
) -> str:
    """A line for each number of the curves ``(measures, seeds, stages)``, given by layer."""
    lines = (
        [layer, measure, seed, depth + 1, stage, f"{value:.6f}"]
        for layer, values in curves.items()
        for measure, by_seed in zip(MEASURES, values, strict=True)
        for seed, row in zip(seeds, by_seed, strict=True)
        for depth, (stage, value) in enumerate(zip(stages, row, strict=True))
        if np.isfinite(value)
    )
    return csv_text(["layer", "measure", "seed", "depth", "stage", "similarity"], lines)
