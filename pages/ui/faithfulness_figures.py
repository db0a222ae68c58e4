"""Deletion and insertion curves, and pointing shares, as figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from attribution_core.faithfulness import FaithfulnessCurve
from attribution_core.images import Pixels
from attribution_core.scores import Score

COLOURS = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#e69f00",
    "#56b4e9",
    "#8c6bb1",
    "#999933",
    "#aa4466",
    "#44aa99",
)
"""After Okabe and Ito 2008: told apart by the colour-blind, on light and dark grounds."""
_GREY = "#8a8f98"
_CLEAR = "rgba(0,0,0,0)"
_MOST_NUMBERED = 16
_GRID = "rgba(138,143,152,0.25)"


def curve_figure(
    curves: Mapping[str, FaithfulnessCurve],
    colour_of: Mapping[str, str],
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
            line={"color": colour_of[title], "width": 2},
            hovertemplate="%{x:.0f} %: %{y:.3g}<extra>" + title + "</extra>",
        )
        if cursor is not None and cursor[0] == title:
            figure.add_vline(100 * curve.shares[cursor[1]], line={"color": _GREY, "width": 1})
            figure.add_scatter(
                x=[100 * curve.shares[cursor[1]]],
                y=[scale * curve.scores[cursor[1]]],
                mode="markers",
                marker={
                    "color": colour_of[title],
                    "size": 11,
                    "line": {"color": "white", "width": 2},
                },
                showlegend=False,
                hoverinfo="skip",
            )
    removed = "removed" if any(c.direction == "deletion" for c in curves.values()) else "inserted"
    figure.update_layout(
        height=370,
        margin={"l": 4, "r": 18, "t": 8, "b": 4},
        legend={"orientation": "h", "y": -0.22, "yanchor": "top", "x": 0},
        xaxis={
            "title": f"share {removed}, %",
            "range": [0, 100],
            "tickvals": [0, 25, 50, 75, 100],
            "fixedrange": True,
            "gridcolor": _GRID,
        },
        yaxis={
            "title": score_title + (", %" if score.probability else ""),
            "fixedrange": True,
            "gridcolor": _GRID,
            "zerolinecolor": _GRID,
            "automargin": True,
        },
        hovermode="closest",
        paper_bgcolor=_CLEAR,
        plot_bgcolor=_CLEAR,
    )
    return figure


def _add_band(figure: go.Figure, curves: Sequence[FaithfulnessCurve], scale: float) -> None:
    """From the lowest to the highest of the curves, and their mean."""
    shares = np.linspace(0, 1, 101)
    each = scale * np.array([np.interp(shares, curve.shares, curve.scores) for curve in curves])
    low, high, mean = each.min(axis=0), each.max(axis=0), each.mean(axis=0)
    figure.add_scatter(
        x=100 * np.concatenate([shares, shares[::-1]]),
        y=np.concatenate([high, low[::-1]]),
        fill="toself",
        fillcolor="rgba(138,143,152,0.25)",
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
    )
    figure.add_scatter(
        x=100 * shares,
        y=mean,
        name=f"Random order, {len(curves)} seeds",
        mode="lines",
        line={"color": _GREY, "dash": "dot", "width": 2},
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
    for method, colour in zip(methods, COLOURS, strict=False):
        known = [layer for layer in layers if shares.get((method, layer))]
        if not known:
            continue
        means = [100 * float(np.mean(list(shares[method, layer].values()))) for layer in known]
        figure.add_bar(
            x=known,
            y=means,
            name=method,
            offsetgroup=method,
            marker={"color": colour, "cornerradius": 3, "opacity": 0.8},
            text=None if crowded else [f"{mean:.0f} %" for mean in means],
            textposition="inside",
            insidetextanchor="start",
            textangle=0,
            hovertemplate=method + " at %{x}: mean %{y:.1f} %<extra></extra>",
        )
        tiles = [(at, label, share) for at in known for label, share in shares[method, at].items()]
        figure.add_scatter(
            x=[at for at, _, _ in tiles],
            y=[100 * share for _, _, share in tiles],
            customdata=[label for _, label, _ in tiles],
            mode="markers",
            offsetgroup=method,
            showlegend=False,
            marker={"color": colour, "size": 7, "line": {"color": "white", "width": 1}},
            hovertemplate=method + " at %{x}, %{customdata}: %{y:.1f} %<extra></extra>",
        )
    figure.add_hline(100 * uniform, line={"color": _GREY, "dash": "dot", "width": 2})
    figure.add_scatter(
        x=[None],
        y=[None],
        mode="lines",
        line={"color": _GREY, "dash": "dot", "width": 2},
        name=f"uniform or centred map: {100 * uniform:.0f} %",
    )
    figure.update_layout(
        height=300,
        margin={"l": 4, "r": 8, "t": 24, "b": 4},
        legend={"orientation": "h", "y": 1.03, "yanchor": "bottom", "x": 0},
        xaxis={
            "fixedrange": True,
            "categoryorder": "array",
            "categoryarray": list(layers),
        },
        yaxis={
            "fixedrange": True,
            "range": [0, 104],
            "gridcolor": _GRID,
            "title": "inside the tile, %",
        },
        barmode="group",
        scattermode="group",
        showlegend=True,
        paper_bgcolor=_CLEAR,
        plot_bgcolor=_CLEAR,
    )
    return figure


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
