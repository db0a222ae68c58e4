"""What taking players out did to the classes, beside what each attribution had predicted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from attribution_core.attribution import Attribution


@dataclass(frozen=True)
class Change:
    """One class before and after players were taken out.

    ``true`` is the change of the explained score, ``predicted`` that of each method by its title;
    probabilities are shares of 1.
    """

    label: str
    probability_whole: float
    probability_now: float
    logit_whole: float
    logit_now: float
    true: float
    predicted: Mapping[str, float]


def predicted_change(attribution: Attribution, absent: Collection[int]) -> float:
    """The change of the score if players only added up: minus the values of the absent."""
    if attribution.player_values is None:
        return 0.0
    return 0.0 - float(sum(float(attribution.player_values[player]) for player in absent))


def probability_bars(changes: Sequence[Change]) -> go.Figure:
    """Each class's probability: the whole picture's in grey, that of what is left in colour."""
    labels = [change.label for change in changes]
    bars = []
    for name, colour, shares in (
        ("whole picture", "#b9bec5", [100 * change.probability_whole for change in changes]),
        ("what is left", "#b2473f", [100 * change.probability_now for change in changes]),
    ):
        bar = go.Bar(
            y=labels,
            x=shares,
            name=name,
            orientation="h",
            marker={"color": colour, "cornerradius": 3},
            text=[f"{share:.1f} %" for share in shares],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}, " + name + ": %{x:.2f} %<extra></extra>",
        )
        bars.append(bar)
    return _laid_out(bars, len(changes), {"range": [0, 112], "visible": False})


def change_bars(changes: Sequence[Change]) -> go.Figure:
    """Each class's true change of score, and the change that each method predicted."""
    colours = ["#4c78a8", "#e0a458", "#7a9e7e", "#9d7fb8"]
    labels = [change.label for change in changes]
    bars = []
    titles = list(dict.fromkeys(title for change in changes for title in change.predicted))
    rows = [("true", "#8a8f98", [change.true for change in changes])]
    for title, colour in zip(titles, colours, strict=False):
        rows.append(
            (f"{title} predicted", colour, [change.predicted.get(title, 0) for change in changes])
        )
    for name, colour, values in rows:
        bar = go.Bar(
            y=labels,
            x=values,
            name=name,
            orientation="h",
            marker={"color": colour, "cornerradius": 3},
            text=[f"{value + 0.0:+.2f}" for value in values],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}, " + name + ": %{x:+.3f}<extra></extra>",
        )
        bars.append(bar)
    return _laid_out(bars, len(changes), {"zeroline": True, "showticklabels": False})


def _laid_out(bars: Sequence[go.Bar], classes: int, xaxis: Mapping[str, object]) -> go.Figure:
    # Given with the layout at once: updating a figure takes as long as the rest of a rerun.
    layout = go.Layout(
        barmode="group",
        height=64 + classes * (14 + 20 * len(bars)),
        margin={"l": 0, "r": 48, "t": 26, "b": 4},
        legend={"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0, "traceorder": "normal"},
        xaxis={**xaxis, "fixedrange": True},
        yaxis={"autorange": "reversed", "fixedrange": True, "automargin": True},
        bargap=0.3,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    return go.Figure(list(bars), layout)
