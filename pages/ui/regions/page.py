"""What speaks where: the picture with its regions, and what to compare them with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from attribution_core.images import INPUT
from attribution_core.measures.class_values import (
    BUDGET,
    ESTIMATOR,
    ClassValues,
    class_values_request,
)
from attribution_core.measures.strongest_classes import StrongestClasses
from attribution_core.methods.kernel_shap import LOCAL_WINDOWS
from attribution_core.request import Reason, Request
from attribution_core.segmentations import counted, kind_of_player
from pages.ui.components.region_map import ClassShown, PlaceShown, RegionShown, region_map
from pages.ui.components.stage_strip import StageControl
from pages.ui.regions.downloads import render_downloads
from pages.ui.regions.tasks import ValueClasses
from pages.ui.regions.words import considered, guess, hedge, how_far, sentence
from pages.ui.shell.choices import decide
from pages.ui.shell.choosers import choose_one
from pages.ui.shell.navigation import complain
from pages.ui.shell.progress import Snapshots, follow, message
from pages.ui.shell.requests import predictions_for
from pages.ui.shell.scene import Scene, choose_classes
from pages.ui.shell.settings import MOST_CLASSES, SAMPLED, segmentation_for
from pages.ui.stage.controls import offer, withhold
from pages.ui.stage.curtain import on_stage
from pages.ui.worker.engine import Engine

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier

AMONG = "regions-among"
LIKELIEST = 20
LISTED = 16
"""Classes in the list beside the picture; the others have colours and names on it all the same."""

MOST_ELSEWHERE = 6
_CHANGED = "regions_changed_choices"


def render_regions(engine: Engine, scene: Scene) -> None:
    """Draw the regions of the sidebar's layer, and offer other layers to compare."""
    classifier = scene.classifier
    if classifier is None:
        return
    among = _choose_among(scene)
    opening = predictions_for(scene.settings, scene.picture)
    asked = request_at(classifier, scene, scene.settings.layer)
    if isinstance(asked, Reason):
        st.info(asked, icon=":material/info:")
        _offer_layers(classifier, scene)
        follow(engine, scene, opening, {}, lambda snapshots, finished: None)
        return
    if among == "chosen" and len(scene.classes) < 2:
        st.info(
            "Choose two or more target classes in the sidebar to compare only these.",
            icon=":material/category:",
        )
        follow(engine, scene, opening, {}, lambda snapshots, finished: None)
        return
    task = ValueClasses(scene.settings.model, asked)

    def draw(snapshots: Snapshots, finished: bool) -> None:
        if st.session_state.pop(_CHANGED, False):
            # What was clicked changes the sidebar and the link, and a click here draws this part.
            st.rerun()
        values = snapshots[task].estimate
        if not isinstance(values, ClassValues):
            st.caption(message(engine, scene, snapshots[task]))
            return
        compared = compared_among(among, values, scene)
        _draw(scene, values, among, compared)
        _offer_layers(classifier, scene)
        if finished and not on_stage():
            render_downloads(scene, values, compared)

    follow(
        engine,
        scene,
        opening,
        {task: f"all classes at {scene.settings.layer}"},
        draw,
        settle=task,
        noun="pictures",
        caption=hedge(scene),
    )


def request_at(classifier: Classifier, scene: Scene, layer: str) -> Request | Reason:
    """The request for a scene's values at a layer, or why there is none."""
    settings = scene.settings.at(layer)
    options = settings.options_of(SAMPLED)
    return class_values_request(
        classifier,
        picture=scene.picture,
        layer=layer,
        reference=settings.reference,
        segmentation=segmentation_for(settings),
        budget=int(options.get(BUDGET, 512)),
        estimator=str(options.get(ESTIMATOR, LOCAL_WINDOWS)),
        seed=settings.seed,
    )


def _choose_among(scene: Scene) -> str:
    titles = {"all": f"All {len(scene.labels):,} classes"}
    if len(scene.labels) > LIKELIEST:
        titles["likeliest"] = f"The {LIKELIEST} likeliest"
    titles["chosen"] = "The target classes"
    among = choose_one(
        AMONG,
        "Classes considered",
        titles,
        "all",
        label_visibility="collapsed",
        help="All: a class that the network would never answer for the whole picture can be found "
        "in a part of it. With the likeliest alone the map is simpler. The target classes are "
        "those of the sidebar.",
    )
    if on_stage():
        withhold("class")
        withhold("film")
        offer(StageControl("method", "Classes considered", titles, among, (AMONG,)))
    return among


def compared_among(among: str, values: ClassValues, scene: Scene) -> tuple[int, ...] | None:
    """The classes that are compared; None for all."""
    if among == "all":
        return None
    return values.likeliest(LIKELIEST) if among == "likeliest" else scene.classes


def _draw(scene: Scene, values: ClassValues, among: str, classes: tuple[int, ...] | None) -> None:
    found = values.strongest(classes)
    at_input = values.request.layer == INPUT
    kind = kind_of_player(
        len(values.values), values.request.segmentation, values.segments.size, at_input=at_input
    )
    compared = considered(among, len(scene.labels), len(classes or ()))
    ranked, colours = found.ranked, found.colours
    st.markdown(sentence(values, found, compared, kind, scene.labels))
    region_map(
        picture=scene.picture.pixels.astype(np.uint8),
        segments=values.segments,
        places=places_shown(found, kind, scene.labels),
        regions=regions_shown(found, scene.labels),
        classes=[
            ClassShown(
                target,
                scene.labels[target],
                colours[target],
                f"{counted(count, kind)} · the network’s {guess(values.rank(target))}",
                target in scene.classes,
            )
            for target, count in ranked.items()
        ],
        listed=LISTED,
        rest=_rest(len(ranked) - LISTED),
        hint="Point at a place to read it; click to choose its class as a target class.",
        unit=f"Parts of the {scene.quantity}.",
        key="region_map",
        on_choose=lambda target: _toggle(scene, target),
    )
    st.caption(how_far(values, found, kind))


def places_shown(found: StrongestClasses, kind: str, labels: Sequence[str]) -> list[PlaceShown]:
    """Every player, its two classes and its strength as a share of the strongest."""
    largest = float(found.values[:, 0].max())
    columns = len(np.unique(found.segments[0]))
    rows = len(np.unique(found.segments[:, 0]))
    in_grid = rows * columns == len(found.classes)
    shown = []
    for player, ((first, second), (value, other)) in enumerate(
        zip(found.classes.tolist(), found.values.tolist(), strict=True)
    ):
        errors = (None, None)
        if found.standard_error is not None:
            errors = tuple(found.standard_error[player].tolist())
        where = f"{kind.capitalize()} {player}"
        if in_grid:
            where = f"Row {player // columns + 1}, column {player % columns + 1}"
        shown.append(
            PlaceShown(
                where,
                first,
                labels[first],
                value,
                labels[second],
                other,
                max(0.0, value / largest) if largest > 0 else 0.0,
                *errors,
            )
        )
    return shown


def regions_shown(found: StrongestClasses, labels: Sequence[str]) -> list[RegionShown]:
    """The regions, those with the strongest place first."""
    largest = float(found.values[:, 0].max())
    shown = [
        RegionShown(
            each.target,
            labels[each.target],
            each.players,
            each.strongest,
            float(found.values[each.strongest, 0]) / largest,
        )
        for each in found.regions
    ]
    return sorted(shown, key=lambda each: -each.strength)


def _rest(more: int) -> str:
    """What stands below a list that leaves some classes out."""
    if more <= 0:
        return ""
    return "One more class is weaker." if more == 1 else f"{more} more classes are weaker."


def _toggle(scene: Scene, target: int) -> None:
    """Make a class one of the target classes, or take it back, in a callback."""
    classes = toggled(scene.classes, target)
    if classes is None:
        complain(f"At most {MOST_CLASSES} target classes can be chosen: take one back first.")
    else:
        choose_classes(classes)
        st.session_state[_CHANGED] = True


def toggled(classes: tuple[int, ...], target: int) -> tuple[int, ...] | None:
    """The target classes with one more, or without it; None where they are too many."""
    if target in classes:
        return tuple(each for each in classes if each != target)
    return (*classes, target) if len(classes) < MOST_CLASSES else None


def _offer_layers(classifier: Classifier, scene: Scene) -> None:
    """Buttons to other layers at which the values are exact, the last one first."""
    if on_stage():
        return
    here = scene.settings.layer
    others = [
        layer
        for layer in reversed(classifier.main_layers)
        if layer not in (here, INPUT) and _is_exact(classifier, scene, layer)
    ][:MOST_ELSEWHERE]
    if not others:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="exact_layers"):
        st.caption("Exact as well at", width="content")
        for layer in others:
            st.button(layer, on_click=_go_to, args=(layer,), key=f"exact_at_{layer}")


def _go_to(layer: str) -> None:
    """Choose a layer, in a callback."""
    decide("layer", layer)
    st.session_state[_CHANGED] = True


def _is_exact(classifier: Classifier, scene: Scene, layer: str) -> bool:
    asked = request_at(classifier, scene, layer)
    return isinstance(asked, Request) and asked.method != SAMPLED
