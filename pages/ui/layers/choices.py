"""What the Layers page compares: one method, at which layers, for which classes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from pages.ui.shell.choosers import choose_from_list, choose_method, choose_one, choose_whether
from pages.ui.shell.markdown import literal
from pages.ui.shell.scene import Scene

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier

MEASURES = {"strength": "Strength |values|", "signed": "Signed values"}
EXTENTS = {
    "resolutions": "One per resolution",
    "main": "The last of each kind",
    "all": "Every layer",
}


@dataclass(frozen=True)
class Comparison:
    """What is shown and compared.

    Attributes
    ----------
    method : str
        Whose maps are shown.
    methods : tuple of str
        Those that have a curve, ``method`` first.
    measure : {"strength", "signed"}
    layers : tuple of str
        From the input upwards.
    classes : tuple of int
        A row each.
    pair : (int, int)
        The two classes whose maps are compared.
    """

    method: str
    methods: tuple[str, ...]
    measure: str
    layers: tuple[str, ...]
    classes: tuple[int, ...]
    pair: tuple[int, int]


def choose_comparison(classifier: Classifier, scene: Scene, most: int) -> Comparison:
    """Draw the controls; ``most`` is how many maps may be asked for."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = choose_method("layers-method", "gradient_times_input")
        extent = choose_one("layers-extent", "Layers", EXTENTS, "resolutions")
    # What is about the curve stands together: one of these would be alone in a line of its own.
    with st.container(horizontal=True, vertical_alignment="bottom", key="curve_choices"):
        measure = choose_one(
            "layers-measure",
            "The curve compares",
            MEASURES,
            "strength",
            help="Strength: do both maps mark the same positions? Signed: do they also agree on "
            "what speaks for and against the class?",
        )
        with_others = choose_whether(
            "layers-methods",
            "Curves of all chosen methods",
            False,
            "One line for each method of the sidebar; each takes as long as its maps.",
        )
    layers = _layers(classifier, extent)
    classes = scene.classes[: max(2, most // len(layers))]
    if len(classes) < len(scene.classes):
        st.caption(f"With so many layers, the first {len(classes)} classes are shown.")
    # The curve compares two classes even where only one is chosen.
    layers = _part(layers, most // max(2, len(classes)))
    pair = _pair(scene, classes)
    others = scene.settings.methods if with_others else ()
    return Comparison(
        method, tuple(dict.fromkeys([method, *others])), measure, layers, classes, pair
    )


def _layers(classifier: Classifier, extent: str) -> tuple[str, ...]:
    if extent == "all":
        return classifier.layers
    if extent == "main":
        return classifier.main_layers
    return resolution_layers({name: classifier.layer(name).shape for name in classifier.layers})


def resolution_layers(shapes: Mapping[str, tuple[int, int, int]]) -> tuple[str, ...]:
    """The input, and the last of the layers of each height and width."""
    names = list(shapes)
    return tuple(
        name
        for index, name in enumerate(names)
        if index == 0 or index + 1 == len(names) or shapes[names[index + 1]][:2] != shapes[name][:2]
    )


def _part(layers: tuple[str, ...], most: int) -> tuple[str, ...]:
    """All layers where they are few enough, else the part of them that the visitor chose."""
    if len(layers) <= most:
        return layers
    parts = math.ceil(len(layers) / most)
    edges = [len(layers) * part // parts for part in range(parts + 1)]
    titles = [f"{start + 1}–{end}" for start, end in itertools.pairwise(edges)]
    chosen = choose_one(
        "layers-part",
        f"Part of the {len(layers)} layers, from below",
        {title: title for title in titles},
        titles[0],
    )
    part = titles.index(chosen)
    return layers[edges[part] : edges[part + 1]]


def _pair(scene: Scene, classes: Sequence[int]) -> tuple[int, int]:
    """The two classes whose maps are compared; the same one twice where there is no other."""
    offered = list(classes)
    if len(scene.labels) == 1:
        st.caption("The model has one output, and no other to compare its maps with.")
        return 0, 0
    if len(offered) == 1 and scene.prediction is not None:
        offered += [number for number in scene.prediction.top(2) if number not in offered][:1]
        st.caption(
            "One class is chosen; the curve compares it with "
            f"**{literal(scene.labels[offered[1]])}**, the most probable other class."
        )
    if len(offered) == 2:
        return offered[0], offered[1]
    titles = {number: scene.labels[number] for number in offered}
    with st.container(horizontal=True):
        first, second = (
            choose_from_list(f"layers-{name}", title, titles, default, width=240)
            for name, title, default in (
                ("first", "The curve compares", offered[0]),
                ("second", "with", offered[1]),
            )
        )
    return first, second
