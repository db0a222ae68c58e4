"""What can be changed on stage: the sidebar's choices, and which of the maps are in sight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from attribution_core.references import REFERENCE_KINDS
from attribution_core.registry import METHODS
from attribution_core.request import ZEROS
from pages.ui.components.stage_strip import StageControl
from pages.ui.shell.choices import recalled, remember
from pages.ui.shell.scene import Scene
from pages.ui.shell.session import session
from pages.ui.shell.settings import one_of

ALL = "all"
COUNTS = (2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 150, 200, 300, 400)
"""Superpixel counts that the keys step through."""

FIRST_FILM = {"": "layers", "layers": "layers", "randomisation": "stages"}
"""What the button of films plays, by the pages that have films."""

CLASS, METHOD, FILM = "stage-class", "stage-method", "stage-film"


def offer(control: StageControl) -> None:
    """Have a page's own control on the strip, in the place of the usual one of its role."""
    session().stage_offers[control.role] = control


def withhold(role: str) -> None:
    """Leave a control out that would change nothing on this page."""
    session().stage_offers[role] = StageControl(role, "", {}, "", ())


def class_in_sight(scene: Scene) -> int | None:
    """The one target class whose maps are in sight; None for all."""
    if not scene.classes:  # not known yet: a link's class is not refused for that
        return None
    text = _in_sight(CLASS, [*map(str, scene.classes), ALL], ALL)
    return None if text == ALL else int(text)


def method_in_sight(methods: Mapping[str, str]) -> str | None:
    """The one method whose maps are in sight, at first the first; None for all."""
    text = _in_sight(METHOD, [*methods, ALL], next(iter(methods), ALL))
    return None if text == ALL else text


def film_in_sight(films: Sequence[str]) -> str:
    """The film that is chosen, at first the first."""
    return _in_sight(FILM, list(films), films[0])


def _in_sight(name: str, offered: list[str], default: str) -> str:
    text = recalled(name, default, lambda text: one_of(text, tuple(offered)))
    remember(name, text, default)
    return text


def usual_controls(scene: Scene) -> list[StageControl]:
    """The controls that every page's stage has unless the page offers its own."""
    settings = scene.settings
    classes = {str(number): scene.labels[number] for number in scene.classes}
    shown = class_in_sight(scene)
    controls = [
        StageControl(
            "class",
            "Target class",
            {**classes, ALL: "All classes"},
            ALL if shown is None else str(shown),
            (CLASS,),
        ),
        layer_control(usual_layers(scene), settings.layer),
        StageControl(
            "reference",
            "Reference point",
            {kind: kind.capitalize() for kind in _references(settings.layer)},
            settings.reference,
            ("reference",),
        ),
        StageControl(
            "count",
            "Superpixels",
            {str(count): f"{count} superpixels" for count in sorted({*COUNTS, settings.count})},
            str(settings.count),
            ("count",),
        ),
    ]
    return [control for control in controls if control.options]


def methods_in_sight(methods: Mapping[str, str]) -> StageControl:
    """Which of several methods' maps are in sight."""
    offered = {**methods, ALL: "All methods"} if len(methods) > 1 else dict(methods)
    return StageControl("method", "Method", offered, method_in_sight(methods) or ALL, (METHOD,))


def one_of_all_methods(name: str, value: str) -> StageControl:
    """The method of a page that shows one; ``name`` is that of the page's choice."""
    titles = {method: entry.title for method, entry in METHODS.items()}
    return StageControl("method", "Method", titles, value, (name,))


def usual_layers(scene: Scene) -> tuple[str, ...]:
    """The layers that the sidebar lists, from the pixels upwards."""
    chosen, classifier = scene.settings.layer, scene.classifier
    if classifier is None:
        return (chosen,) if chosen else ()
    every = bool(st.session_state.get("every_layer", False))
    listed = {*(classifier.layers if every else classifier.main_layers), chosen}
    return tuple(name for name in classifier.layers if name in listed)


def layer_control(layers: tuple[str, ...], value: str) -> StageControl:
    """The layer, from the pixels upwards."""
    return StageControl("layer", "Layer", {name: name for name in layers}, value, ("layer",))


def _references(layer: str) -> tuple[str, ...]:
    return (*REFERENCE_KINDS, ZEROS) if layer != "input" else tuple(REFERENCE_KINDS)
