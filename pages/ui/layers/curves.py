"""How alike two classes' maps are at each layer: the curves, as a chart and as CSV."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from attribution_core.attribution import Attribution
from attribution_core.measures.class_correlation import class_correlation
from attribution_core.measures.csv_tables import csv_text
from attribution_core.registry import METHODS
from attribution_core.request import Reason
from pages.ui.layers.choices import Comparison
from pages.ui.maps.charts import framed, mark_zero, show, stroke
from pages.ui.shell.markdown import literal
from pages.ui.shell.numbers import written
from pages.ui.shell.progress import Snapshots
from pages.ui.shell.scene import Scene
from pages.ui.worker.tasks import Explain


@dataclass(frozen=True)
class Curve:
    """Correlations between the maps of two classes, by layer, of one method."""

    method: str
    layers: tuple[str, ...]
    correlations: tuple[float, ...]


def curve_of(
    method: str,
    measure: str,
    by_layer: Mapping[str, tuple[Explain | Reason, ...]],
    snapshots: Snapshots,
) -> Curve:
    """The curve of one method, from the pairs of maps that are done, by layer."""
    found = {}
    for layer, tasks in by_layer.items():
        estimates = [
            snapshots[task].estimate
            for task in tasks
            if not isinstance(task, Reason)
            and task in snapshots
            and snapshots[task].state == "done"
        ]
        pair = [each for each in estimates if isinstance(each, Attribution)]
        if len(pair) == 2:
            first, second = (each.heatmap for each in pair)
            if measure == "strength":
                first, second = np.abs(first), np.abs(second)
            found[layer] = class_correlation(first, second)
    known = {layer: value for layer, value in found.items() if not math.isnan(value)}
    return Curve(method, tuple(known), tuple(known.values()))


def draw_curves(
    scene: Scene, comparison: Comparison, curves: Sequence[Curve], finished: bool
) -> None:
    """The curves as a chart, with the first and the last number in a sentence."""
    pair, layers = comparison.pair, comparison.layers
    names = [literal(scene.labels[number]) for number in pair]
    st.markdown(f"#### How alike are the maps of {names[0]} and {names[1]}?")
    if pair[0] == pair[1]:
        st.info("Choose two different classes to compare.", icon=":material/info:")
        return
    first = curves[0]
    words = "strengths" if comparison.measure == "strength" else "signed values"
    if finished and len(first.layers) > 1:
        low, high = (written(first.correlations[end]) for end in (0, -1))
        st.markdown(
            f"On this picture, the correlation of the two maps' {words} with "
            f"{METHODS[first.method].title} "
            f"goes from **{low}** at {literal(first.layers[0])} to "
            f"**{high}** at {literal(first.layers[-1])}."
        )
    show(curves_figure(curves, layers), "layer_curves")
    st.caption(
        f"Pearson's correlation of the two heatmaps' {words} (values summed over channels), "
        "position by position. Resolution decreases upwards, so points on the right rest on "
        "fewer positions. Compare two breeds of one animal with two different things."
    )


def curves_figure(curves: Sequence[Curve], layers: Sequence[str]) -> go.Figure:
    """Correlation by layer, a line for each method."""
    figure = go.Figure()
    for number, curve in enumerate(curves):
        title = METHODS[curve.method].title
        figure.add_scatter(
            x=curve.layers,
            y=curve.correlations,
            name=title,
            mode="lines+markers",
            line=stroke(number).line,
            hovertemplate="%{x}<br>" + title + ": %{y:.3f}<extra></extra>",
        )
    mark_zero(figure)
    framed(figure, 320, y="correlation")
    figure.update_layout(showlegend=True)
    figure.update_xaxes(
        categoryorder="array", categoryarray=list(layers), range=[-0.5, len(layers) - 0.5]
    )
    figure.update_yaxes(range=[-1.05, 1.05])
    return figure


def curves_csv(curves: Sequence[Curve]) -> str:
    """A line for each method and layer."""
    lines = (
        [curve.method, layer, f"{value:.6f}"]
        for curve in curves
        for layer, value in zip(curve.layers, curve.correlations, strict=True)
    )
    return csv_text(["method", "layer", "correlation"], lines)
