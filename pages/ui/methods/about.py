"""The page of one method: its maps here, what it promises, its formula and its options."""

from __future__ import annotations

from typing import Any

import streamlit as st

from attribution_core.axioms.promises import facts_of
from attribution_core.methods.badges import badges_of
from attribution_core.methods.method import Method
from pages.ui.maps.downloads import render_downloads
from pages.ui.maps.grid import done_in, names_of, render_maps
from pages.ui.maps.table import MapTable, asked_beside, cell_for
from pages.ui.shell.markdown import literal
from pages.ui.shell.progress import Snapshots, follow
from pages.ui.shell.requests import predictions_for, request_for
from pages.ui.shell.scene import Scene
from pages.ui.worker.engine import Engine


def render_about(engine: Engine, scene: Scene, method: Method[Any]) -> None:
    """Draw what is to be known of a method, and its maps of all target classes."""
    badges = badges_of(method, scene.settings.options_of(method.name))
    with st.container(horizontal=True, gap="small", key="badges"):
        for badge in badges:
            st.badge(badge.title, color="gray", help=badge.help)
    _maps(engine, scene, method)
    if method.two_variables is not None:
        st.markdown("On a function of two variables:")
        st.latex(method.two_variables.formula)
    st.markdown("\n".join(f"- {fact}" for fact in facts_of(method)))
    if method.options:
        st.markdown(_options(method))
        st.caption("They are set under *More* in the sidebar, on the pages that show the method.")
    st.caption(f"Command line: `attributions explain PICTURE --method {method.name}`")


def _maps(engine: Engine, scene: Scene, method: Method[Any]) -> None:
    """The maps of all target classes beside each other."""
    table = MapTable(
        rows=(method.title,),
        columns=tuple(scene.labels[number] for number in scene.classes),
        cells=tuple(
            cell_for(
                scene,
                0,
                column,
                request_for(scene, method.name, target),
                asked_beside(scene.settings, scene.classes, target),
            )
            for column, target in enumerate(scene.classes)
        ),
        row_names=(method.name,),
        column_names=tuple(map(str, scene.classes)),
    )

    def draw(snapshots: Snapshots, finished: bool) -> None:
        render_maps(engine, scene, table, snapshots, key="method_maps")
        if finished:
            render_downloads(scene, table, done_in(table, snapshots))

    follow(engine, scene, predictions_for(scene.settings, scene.picture), names_of(table), draw)


def _options(method: Method[Any]) -> str:
    """The options in Markdown, a line each: a table would not fit a phone."""
    return "**Options**\n" + "\n".join(
        f"- *{literal(option.label)}*, usually {_shown(option.default)}: "
        f"{literal(option.help)} ({literal(option.expected)})"
        for option in method.options
    )


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return literal(str(value))
