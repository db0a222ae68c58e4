"""Maps for print: the caption, and names of classes however long and in whatever script."""

from __future__ import annotations

from datetime import date
from typing import Any
from xml.etree import ElementTree

import pytest

from attribution_core import FigureStyle, figure
from tests.figures.maps.drawn import LONG, SVG, WIDTHS, grid, texts
from tests.made_attributions import attribution


def test_the_caption_can_be_switched_off() -> None:
    made = figure(grid(1, 2), FigureStyle(dated=date(2026, 1, 2)))
    said = " ".join(texts(made, "caption"))
    assert said.startswith("VGG16 (CAM head, built in), layer block0;")
    assert said.endswith("2 January 2026.")
    without = figure(grid(1, 2), FigureStyle(caption=False))
    assert not texts(without, "caption")
    assert without.get_size_inches()[1] < made.get_size_inches()[1]


@pytest.mark.thorough
@pytest.mark.parametrize(
    "label",
    [
        LONG,
        "Donaudampfschifffahrtsgesellschaftskapitän",
        "котёнок",
        "قط",
        "猫と珈琲",
        "🐱",
        "$\\frac{1}{0}$ & <b>x</b>",
        "\ue123",
        "",
    ],
)
def test_whatever_a_class_is_called(label: str) -> None:
    maps = [attribution(label=label), attribution("lime", label=label)]
    made = figure(maps, FigureStyle(width="one column", smooth=False))
    for suffix in ("png", "pdf", "svg"):
        assert made.rendered(suffix, 40)
    if label.isascii() and len(label) < len(LONG):
        assert "".join(texts(made, "row")).replace(" ", "") == label.replace(" ", "")


@pytest.mark.parametrize("width", WIDTHS)
def test_a_name_that_is_shortened_stands_in_full_in_the_caption(width: Any) -> None:
    names = [f"{LONG} and a very white coat, bred in year {year}" for year in range(9)]
    maps = [attribution("lime", number, label=name) for number, name in enumerate(names)]
    maps.append(attribution("lime", 9, label="tiger cat"))
    made = figure(maps, FigureStyle(width=width))
    titles = " ".join(texts(made, "row"))
    said = " ".join(texts(made, "caption")).replace("- ", "-")
    assert titles.count("…") == len(names)
    # In the middle: what tells them apart stands at the end.
    assert all(str(year) in titles.replace(" ", "") for year in range(9))
    assert said.endswith(f" In full: {'; '.join(names)}.")
    assert "…" not in said
    # Where all have room, nothing is said twice.
    short = figure([attribution("lime", 0, label="tiger cat")], FigureStyle(width=width))
    assert "tiger cat" not in " ".join(texts(short, "caption"))


def test_a_label_is_no_formula_and_no_markup() -> None:
    label = "$x^2$ <b>&"
    made = figure(attribution(label=label), FigureStyle(smooth=False))
    root = ElementTree.fromstring(made.rendered("svg"))
    assert label in [each.text for each in root.iter(f"{SVG}text")]
