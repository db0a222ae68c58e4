"""All methods on one picture, by the question that they answer; or one of them with its page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from attribution_core.methods.method import Method
from attribution_core.methods.presets import PRESETS
from attribution_core.registry import METHODS
from attribution_core.segmentations import counted
from pages.ui.maps.csv_download import csv_download
from pages.ui.methods.about import render_about
from pages.ui.methods.asked import Asked, ask_for_all, quickest_first, times_before
from pages.ui.methods.wall import Wall, draw_wall, wall_csv
from pages.ui.shell.choices import decide, forget, recalled, remember
from pages.ui.shell.choosers import choose_class, choose_from_list
from pages.ui.shell.colours import legend
from pages.ui.shell.costs import costs_here
from pages.ui.shell.markdown import literal
from pages.ui.shell.method_presets import runnable
from pages.ui.shell.progress import Snapshots, follow
from pages.ui.shell.requests import predictions_for
from pages.ui.shell.scene import Scene, choose_methods
from pages.ui.shell.settings import one_of
from pages.ui.worker.engine import Engine
from pages.ui.worker.tasks import Task

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier

ABOUT = "methods-about"
EVERY = "all"
_OPENED = "methods_opened"
_LEAVING = "methods_leaving"


def opened_method() -> Method[Any] | None:
    """The method whose page is open."""
    about = recalled(ABOUT, "", lambda text: one_of(text, tuple(METHODS)))
    remember(ABOUT, about, "")
    return METHODS[about] if about else None


def render_methods(engine: Engine, scene: Scene, opened: Method[Any] | None) -> None:
    """Draw the wall, or the page of the method that is open."""
    if st.session_state.pop(_LEAVING, False):
        st.switch_page("pages/explore.py")
    classifier = engine.loaded(scene.settings.model)
    if classifier is None:
        return
    if opened is not None:
        st.button(
            "All methods",
            icon=":material/arrow_back:",
            on_click=forget,
            args=(ABOUT,),
            key="all_methods",
        )
        render_about(engine, scene, opened)
        return
    _render_wall(engine, scene, classifier)


def _render_wall(engine: Engine, scene: Scene, classifier: Classifier) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="methods_choices"):
        target = choose_class("methods-class", "Target class", scene)
        names = _choose_methods(engine, scene)
    other = _other_class(scene, target)
    named = "" if other is None else scene.labels[other]
    wall = Wall(ask_for_all(classifier, scene, names, target, other), named)
    order = quickest_first(wall.asked, times_before(engine, wall.asked, {}))
    label = scene.labels[target]

    def draw(snapshots: Snapshots, finished: bool) -> None:
        if st.session_state.pop(_OPENED, False):
            # The click draws this part alone, and leads to another page.
            st.rerun()
        draw_wall(engine, scene, wall, snapshots, _open)
        if finished:
            csv_download("Table as CSV", lambda: wall_csv(wall, snapshots), "methods")

    follow(
        engine,
        scene,
        predictions_for(scene.settings, scene.picture),
        _tasks(order, label, named),
        draw,
        caption=f"**{literal(label)}** at **{literal(scene.settings.layer)}** by "
        f"{counted(len(order), 'method')}. {legend(scene.settings)}",
    )


def _choose_methods(engine: Engine, scene: Scene) -> tuple[str, ...]:
    """The names of the methods to show: all, or those of a set."""
    sets = {title.replace(" ", "_"): preset for title, preset in PRESETS.items()}
    titles = {name: preset.title[:1].upper() + preset.title[1:] for name, preset in sets.items()}
    shown = choose_from_list(
        "methods-shown", "Methods", {EVERY: "All methods", **titles}, EVERY, width=180
    )
    if shown == EVERY:
        return tuple(METHODS)
    names = runnable(sets[shown], costs_here(engine, scene))
    st.button(
        "Compare them on Explore",
        key="compare_on_explore",
        icon=":material/grid_on:",
        on_click=_take_to_explore,
        args=(names,),
    )
    return names


def _take_to_explore(names: tuple[str, ...]) -> None:
    """Choose methods and leave for Explore, in a callback."""
    choose_methods(names)
    st.session_state[_LEAVING] = True


def _other_class(scene: Scene, target: int) -> int | None:
    """The class whose maps those of the target are compared with: another target, or a likely
    one; None where the network has one output."""
    likely = () if scene.prediction is None else scene.prediction.top(2)
    return next((each for each in (*scene.classes, *likely) if each != target), None)


def _tasks(order: Sequence[Asked], label: str, other: str) -> dict[Task, str]:
    """All maps of the class, the quickest first, and then those of the other class."""
    tasks: dict[Task, str] = {}
    for each in order:
        if each.task is not None:
            tasks[each.task] = f"{each.method.title} for {label}"
    for each in order:
        if each.other is not None:
            tasks.setdefault(each.other, f"{each.method.title} for {other}")
    return tasks


def _open(name: str) -> None:
    """Open a method's page, in a callback."""
    decide(ABOUT, name)
    st.session_state[_OPENED] = True
