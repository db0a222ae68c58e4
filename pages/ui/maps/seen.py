"""What is to be seen on a grid of maps, in a sentence, and what to try next."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import streamlit as st

from attribution_core.attribution import Attribution
from attribution_core.images import INPUT
from attribution_core.measures.whereabouts import Whereabouts, told_by
from attribution_core.painting import COLOUR_SCALES
from pages.ui.maps.drawing import drawn_map
from pages.ui.maps.table import MapTable
from pages.ui.shell.markdown import literal
from pages.ui.shell.scene import Scene


class Seen(NamedTuple):
    """A row of maps: the class's label, and where the positive values of its maps lie."""

    label: str
    found: Whereabouts


def render_seen(
    scene: Scene, table: MapTable, finished: Mapping[tuple[int, int], Attribution]
) -> None:
    """Say what is to be seen on a grid of a row a class, and what to try next."""
    rows = rows_seen(table, finished)
    if not rows:
        return
    scale = COLOUR_SCALES[scene.settings.colours]
    colour = f"the {scale.positive}" if scale.signed else "what speaks for the class"
    with st.container(gap=None, key="seen"):
        st.markdown(literal(sentence_on(rows, colour)))
        st.caption(literal(next_step(scene, rows)))


def rows_seen(table: MapTable, finished: Mapping[tuple[int, int], Attribution]) -> list[Seen]:
    """The rows that have finished maps."""
    seen = []
    for row, label in enumerate(table.rows):
        maps = [drawn_map(each) for at, each in sorted(finished.items()) if at[0] == row]
        if maps:
            seen.append(Seen(label, told_by([each.shares for each in maps])))
    return seen


def sentence_on(rows: list[Seen], colour: str) -> str:
    """Where the positive values lie, as far as the maps agree on it; ``colour`` names the values.

    Such as "Egyptian cat: 81 to 97 % of the red lies in the left half; espresso: …".
    """
    said = [f"{label}: {_where(found, colour)}" for label, found in rows]
    return f"{'; '.join(said)}. These are places alone: look yourself at what is there."


def _where(found: Whereabouts, colour: str) -> str:
    shares = [share for share in found.shares if not math.isnan(share)]
    if found.part is None:
        return "no value is positive"
    low, high = (f"{100 * share:.0f}" for share in (min(shares), max(shares)))
    percent = f"{low} %" if low == high else f"{low} to {high} %"
    if found.spread:
        return f"{colour} is spread over the picture, {percent} of it in {found.part.name}"
    where = f"{percent} of {colour} lies in {found.part.name}"
    return where if found.agreed else f"the methods disagree, {where}"


def next_step(scene: Scene, rows: list[Seen]) -> str:
    """What to try next, in a sentence, from what is set and what was found."""
    settings = scene.settings
    if any(not found.agreed and not found.spread for _, found in rows):
        return (
            "Next: which of the methods is right about it? Faithfulness removes what each one "
            "marks, and watches the score."
        )
    if len(rows) < 2:
        return "Next: add a second class under “Target class”. Does its map look elsewhere?"
    if settings.layer == INPUT:
        top = scene.model.default_layer
        if not top and scene.classifier is not None:
            top = scene.classifier.layers[-1]
        return f"Next: set Layer to {top or 'a higher one'}. Do the maps of the classes part?"
    return f"Next: set Layer to {INPUT}, the pixels. Do the maps of the classes still differ?"
