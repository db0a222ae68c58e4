"""What all charts have in common: named colours and dashes, one template, one way to show them."""

from __future__ import annotations

from html import escape
from typing import Any, NamedTuple

import plotly.graph_objects as go
import streamlit as st

from attribution_core.painting import CATEGORIES
from pages.ui.stage.curtain import enlarged, on_stage

GREY = "#8a8f98"
"""For baselines and zero lines: whatever is neither a class nor a method."""

BAND = "rgba(138,143,152,0.25)"
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")

TEMPLATE = {
    "margin": {"l": 4, "r": 12, "t": 8, "b": 4},
    "legend": {"orientation": "h", "x": 0, "y": 1, "yref": "container", "yanchor": "top"},
    "hovermode": "closest",
    "paper_bgcolor": "rgba(0,0,0,0)",
    "plot_bgcolor": "rgba(0,0,0,0)",
}
AXIS = {"fixedrange": True, "gridcolor": BAND, "zerolinecolor": BAND, "automargin": True}


class Stroke(NamedTuple):
    """How one of several curves is drawn: a colour, and a dash for people who cannot see it."""

    colour: str
    dash: str

    @property
    def line(self) -> dict[str, Any]:
        """As Plotly's ``line``."""
        return {"color": self.colour, "dash": self.dash, "width": 2}


def stroke(number: int) -> Stroke:
    """The stroke of curve ``number``: no two of the first 36 are the same."""
    turn, position = divmod(number, len(CATEGORIES))
    return Stroke(CATEGORIES[position], DASHES[(position + turn) % len(DASHES)])


def translucent(colour: str) -> str:
    """A colour ``#rrggbb`` for the band around its curve."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.2)"


def framed(figure: go.Figure, height: int, *, x: str = "", y: str = "") -> go.Figure:
    """The figure in the charts' template.

    Parameters
    ----------
    figure : go.Figure
    height : int
        In pixels.
    x, y : str
        The axes' titles, with their units.
    """
    # Set on the figure itself: Streamlit's own theme replaces a Plotly template's axes and legend.
    figure.update_layout(**TEMPLATE, height=height)
    figure.update_xaxes(**AXIS, title=x or None)
    figure.update_yaxes(**AXIS, title=y or None)
    return figure


def mark_zero(figure: go.Figure) -> None:
    """A line where the vertical axis is 0."""
    figure.add_hline(y=0, line={"width": 1, "color": GREY})


def mark_position(figure: go.Figure, x: float) -> None:
    """A dotted vertical line at x."""
    figure.add_vline(x=x, line={"width": 1, "dash": "dot", "color": GREY})


def plain(text: str) -> str:
    """A label from elsewhere as it stands: Plotly takes some HTML in texts for markup."""
    return escape(text, quote=False)


def show(figure: go.Figure, key: str, *, alt: str | None = None) -> None:
    """Draw a figure, larger on stage; ``alt`` says in words what it shows."""
    if on_stage():
        _enlarge(figure)
    st.plotly_chart(figure, config={"displayModeBar": False}, key=key, alt=alt)


def _enlarge(figure: go.Figure) -> None:
    """Text of 18 pixels, and the height for it."""
    font = {"size": 18}
    figure.update_layout(
        height=enlarged(figure.layout.height or 300),
        font=font,
        legend={"font": font},
        hoverlabel={"font": font},
    )
    figure.update_annotations(font=font)
    for update in (figure.update_xaxes, figure.update_yaxes):
        update(tickfont=font, title={"font": font})
