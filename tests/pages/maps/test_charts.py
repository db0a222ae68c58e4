"""Charts: strokes that can be told apart, one template, and labels that stay text."""

from __future__ import annotations

import plotly.graph_objects as go
import pytest

from attribution_core.painting import CATEGORIES
from pages.ui.maps.charts import framed, plain, stroke, translucent

GROUNDS = {"light": "#fdfcfb", "dark": "#17181c"}

# Viénot, Brettel and Mollon 1999, on linear RGB: what is left of a colour without one kind of cone.
DEFICIENT = {
    "protanopia": ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0)),
    "deuteranopia": ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0)),
}


def linear(colour: str) -> list[float]:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def luminance(colour: str) -> float:
    """As WCAG 2 has it, 0..1."""
    return sum(
        weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear(colour), strict=True)
    )


def lab(rgb: list[float]) -> list[float]:
    """CIELAB of linear RGB, white point D65."""
    xyz = [
        sum(weight * part for weight, part in zip(row, rgb, strict=True)) / white
        for row, white in (
            ((0.4124, 0.3576, 0.1805), 0.9505),
            ((0.2126, 0.7152, 0.0722), 1.0),
            ((0.0193, 0.1192, 0.9505), 1.089),
        )
    ]
    x, y, z = (t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in xyz)
    return [116 * y - 16, 500 * (x - y), 200 * (y - z)]


@pytest.mark.parametrize("deficiency", DEFICIENT)
def test_colours_are_told_apart_without_one_kind_of_cone(deficiency: str) -> None:
    seen = [
        lab(
            [
                max(0.0, sum(w * part for w, part in zip(row, linear(colour), strict=True)))
                for row in DEFICIENT[deficiency]
            ]
        )
        for colour in CATEGORIES
    ]
    distances = [
        sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5
        for number, one in enumerate(seen)
        for other in seen[:number]
    ]
    # Two colours side by side are told apart from about 2.3 on; lines that cross need more.
    assert min(distances) > 10


@pytest.mark.parametrize("ground", GROUNDS.values(), ids=GROUNDS)
def test_colours_stand_out_from_the_page(ground: str) -> None:
    for colour in CATEGORIES:
        light, dark = sorted((luminance(colour), luminance(ground)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) > 2


def test_strokes_differ_by_dash_where_colours_repeat() -> None:
    assert len({stroke(number) for number in range(36)}) == 36
    assert len({stroke(number).dash for number in range(6)}) == 6
    assert stroke(3).line == {"color": stroke(3).colour, "dash": stroke(3).dash, "width": 2}


def test_a_frame_leaves_the_page_visible_and_names_the_axes() -> None:
    figure = framed(go.Figure(), 240, x="share, %", y="logit")
    assert figure.layout.height == 240
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("share, %", "logit")
    assert figure.layout.xaxis.fixedrange
    assert figure.layout.yaxis.fixedrange


def test_labels_are_text() -> None:
    assert plain("<b>cat</b> & dog") == "&lt;b&gt;cat&lt;/b&gt; &amp; dog"


def test_a_band_has_its_curves_colour() -> None:
    assert translucent("#0072b2") == "rgba(0,114,178,0.2)"
