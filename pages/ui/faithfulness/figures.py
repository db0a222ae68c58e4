"""Deletion and insertion curves, and pointing shares, as figures."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from attribution_core.images import Pixels
from attribution_core.measures.curves import FaithfulnessCurve
from attribution_core.scores import Score
from attribution_core.segmentations import counted
from pages.ui.maps.charts import BAND, GREY, Stroke, framed, plain, stroke

_MOST_NUMBERED = 16
_DASHES: Mapping[str, tuple[int, ...]] = {
    "solid": (28, 0),
    "dash": (6, 4),
    "dot": (2, 3),
    "dashdot": (6, 3, 2, 3),
    "longdash": (10, 4),
    "longdashdot": (10, 3, 2, 3),
}
"""Plotly's dashes in the legend: pixels of the line and of gaps, by turns."""


def curve_figure(
    curves: Mapping[str, FaithfulnessCurve],
    stroke_of: Mapping[str, Stroke],
    random: Sequence[FaithfulnessCurve],
    score: Score,
    score_title: str,
    cursor: tuple[str, int] | None,
) -> go.Figure:
    """One direction's curves by the methods' titles, with random orders as a band beneath.

    ``cursor`` is a method's title and a point of its curve, marked by a line and a dot.
    """
    figure = go.Figure()
    scale = 100 if score.probability else 1
    if random:
        _add_band(figure, [curve.read_as(score) for curve in random], scale)
    for title, unread in curves.items():
        curve = unread.read_as(score)
        figure.add_scatter(
            x=100 * curve.shares,
            y=scale * curve.scores,
            name=title,
            mode="lines",
            line=stroke_of[title].line,
            hovertemplate="%{x:.0f} %: %{y:.3g}<extra>" + title + "</extra>",
        )
        if cursor is not None and cursor[0] == title:
            at, height = 100 * curve.shares[cursor[1]], scale * curve.scores[cursor[1]]
            _add_cursor(figure, at, height, stroke_of[title].colour)
    removed = "removed" if any(c.direction == "deletion" for c in curves.values()) else "inserted"
    framed(
        figure, 304, x=f"share {removed}, %", y=score_title + (", %" if score.probability else "")
    )
    figure.update_layout(showlegend=False)  # `curve_legend` stands above both directions
    figure.update_xaxes(range=[0, 100], tickvals=[0, 25, 50, 75, 100])
    return figure


def curve_legend(stroke_of: Mapping[str, Stroke], seeds: int) -> str:
    """HTML of the names of both directions' curves, each beside its line."""
    lines = dict(stroke_of)
    if seeds:
        lines[f"Random order, {counted(seeds, 'seed')}"] = Stroke(GREY, "dot")
    names = (f"<span>{_drawn(line)}{escape(title)}</span>" for title, line in lines.items())
    return f'<div class="curve-legend">{"".join(names)}</div>'


def _drawn(line: Stroke) -> str:
    """A line as HTML: Streamlit takes an SVG out of it."""
    ends = list(itertools.accumulate(_DASHES[line.dash], initial=0))
    stops = (
        f"{'transparent' if number % 2 else line.colour} {start}px {end}px"
        for number, (start, end) in enumerate(itertools.pairwise(ends))
    )
    return f'<i style="background:repeating-linear-gradient(90deg,{",".join(stops)})"></i>'


def _add_cursor(figure: go.Figure, x: float, y: float, colour: str) -> None:
    """A line and a dot on a curve."""
    figure.add_vline(x, line={"color": GREY, "width": 1})
    figure.add_scatter(
        x=[x],
        y=[y],
        mode="markers",
        marker={"color": colour, "size": 11, "line": {"color": "white", "width": 2}},
        showlegend=False,
        hoverinfo="skip",
    )


def _add_band(figure: go.Figure, curves: Sequence[FaithfulnessCurve], scale: float) -> None:
    """From the lowest to the highest of the curves, and their mean."""
    shares = np.linspace(0, 1, 101)
    each = scale * np.array([np.interp(shares, curve.shares, curve.scores) for curve in curves])
    low, high, mean = each.min(axis=0), each.max(axis=0), each.mean(axis=0)
    figure.add_scatter(
        x=100 * np.concatenate([shares, shares[::-1]]),
        y=np.concatenate([high, low[::-1]]),
        fill="toself",
        fillcolor=BAND,
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
    )
    figure.add_scatter(
        x=100 * shares,
        y=mean,
        name=f"Random order, {counted(len(curves), 'seed')}",
        mode="lines",
        line={"color": GREY, "dash": "dot", "width": 2},
        hovertemplate="%{x:.0f} %: %{y:.3g}<extra>random order, mean</extra>",
    )


def pointing_figure(
    shares: Mapping[tuple[str, str], Mapping[str, float]],
    layers: Sequence[str],
    methods: Sequence[str],
    uniform: float,
) -> go.Figure:
    """Shares inside the tile, by (method, layer) and by the tile's label: means as bars, each tile
    as a dot. Methods have the colours of their curves."""
    figure = go.Figure()
    crowded = len(layers) * len(methods) > _MOST_NUMBERED
    for number, method in enumerate(methods):
        known = {layer: found for layer in layers if (found := shares.get((method, layer)))}
        if known:
            _add_method(figure, method, stroke(number).colour, known, numbered=not crowded)
    baseline = {"color": GREY, "dash": "dot", "width": 2}
    figure.add_hline(100 * uniform, line=baseline)
    figure.add_scatter(
        x=[None],
        y=[None],
        mode="lines",
        line=baseline,
        name=f"uniform or centred map: {100 * uniform:.0f} %",
    )
    framed(figure, 300, y="inside the tile, %")
    figure.update_layout(barmode="group", scattermode="group", showlegend=True)
    figure.update_xaxes(categoryorder="array", categoryarray=list(layers))
    figure.update_yaxes(range=[0, 104])
    return figure


def _add_method(
    figure: go.Figure,
    method: str,
    colour: str,
    shares: Mapping[str, Mapping[str, float]],
    *,
    numbered: bool,
) -> None:
    """One method's mean share at each layer as a bar, and its tiles as dots."""
    means = [100 * float(np.mean(list(tiles.values()))) for tiles in shares.values()]
    figure.add_bar(
        x=list(shares),
        y=means,
        name=method,
        offsetgroup=method,
        marker={"color": colour, "cornerradius": 3, "opacity": 0.8},
        text=[f"{mean:.0f} %" for mean in means] if numbered else None,
        textposition="inside",
        insidetextanchor="start",
        textangle=0,
        hovertemplate=method + " at %{x}: mean %{y:.1f} %<extra></extra>",
    )
    tiles = [(at, label, share) for at, found in shares.items() for label, share in found.items()]
    figure.add_scatter(
        x=[at for at, _, _ in tiles],
        y=[100 * share for _, _, share in tiles],
        customdata=[plain(label) for _, label, _ in tiles],
        mode="markers",
        offsetgroup=method,
        showlegend=False,
        marker={"color": colour, "size": 7, "line": {"color": "white", "width": 1}},
        hovertemplate=method + " at %{x}, %{customdata}: %{y:.1f} %<extra></extra>",
    )


def picture_at(
    picture: Pixels, reference: Pixels | None, present: npt.NDArray[np.bool_]
) -> npt.NDArray[np.uint8]:
    """What is left of a picture ``(h, w, 3)``, uint8.

    Parameters
    ----------
    picture : float array ``(h, w, 3)``
    reference : float array ``(h, w, 3)`` or None
        What absent pixels show; where None, as for positions of an inner layer, which have no
        pixels of their own, they are paled.
    present : bool array, ``(h, w)`` or of a coarser plane
    """
    rows = np.arange(picture.shape[0]) * present.shape[0] // picture.shape[0]
    columns = np.arange(picture.shape[1]) * present.shape[1] // picture.shape[1]
    shown = present[rows[:, None], columns][..., None]
    absent = 0.15 * picture + 0.85 * 190 if reference is None else reference
    return np.asarray(np.where(shown, picture, absent).round(), np.uint8)
