"""Deletion and insertion on the sidebar's picture, for each chosen method and for random order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from attribution_core.measures.curves import FaithfulnessCurve
from attribution_core.registry import METHODS
from attribution_core.scores import Score
from pages.ui.faithfulness.areas import Pair, csv_of_curves, table_of_areas, verdict
from pages.ui.faithfulness.cursor import choose_cursor, draw_point, marks
from pages.ui.faithfulness.figures import curve_figure, curve_legend
from pages.ui.faithfulness.protocol import (
    Protocol,
    choose_protocol,
    removal_in_words,
    score_in_words,
    score_of,
)
from pages.ui.faithfulness.tasks import Curves, DrawCurves, DrawRandomCurves, RandomCurves
from pages.ui.faithfulness.templates import why_no_maps
from pages.ui.maps.charts import show, stroke
from pages.ui.maps.csv_download import csv_download
from pages.ui.maps.downloads import render_downloads
from pages.ui.maps.grid import done_in, names_of, render_maps
from pages.ui.maps.table import MapTable, classes_by_methods
from pages.ui.shell.choosers import choose_class
from pages.ui.shell.html import draw_html
from pages.ui.shell.progress import Snapshots, follow
from pages.ui.shell.requests import predictions_for
from pages.ui.shell.scene import Scene
from pages.ui.shell.waiting import instead_of
from pages.ui.worker.engine import Engine
from pages.ui.worker.tasks import Explain

RANDOM_ORDERS = 5


def render_picture_curves(engine: Engine, scene: Scene) -> None:
    """Ask for the maps and their curves, and draw them as they come."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        target = choose_class("faithfulness-class", "Class", scene)
        protocol = choose_protocol(engine, scene)
    table = classes_by_methods(scene, (target,))
    tasks = _curve_tasks(table, protocol)
    if not tasks:
        st.info(why_no_maps(cell.reason for cell in table.cells), icon=":material/info:")
        return
    random = DrawRandomCurves(
        scene.settings.model,
        next(iter(tasks.values())).request,
        protocol.players,
        protocol.points,
        RANDOM_ORDERS,
    )
    names = dict(names_of(table))
    names.update({task: f"curves of {METHODS[name].title}" for name, task in tasks.items()})
    names[random] = "curves of random orders"

    def draw(snapshots: Snapshots, finished: bool) -> None:
        _draw_curves(scene, protocol, target, tasks, random, snapshots, finished)
        st.markdown("#### The maps that give the order")
        render_maps(engine, scene, table, snapshots, key="faithfulness_maps")
        if finished:
            render_downloads(scene, table, done_in(table, snapshots))

    follow(
        engine,
        scene,
        predictions_for(scene.settings, scene.picture),
        names,
        draw,
        noun="maps and curves",
        caption=removal_in_words(scene, protocol),
    )


def _curve_tasks(table: MapTable, protocol: Protocol) -> dict[str, DrawCurves]:
    """By the method's name, where it has a map."""
    return {
        table.column_names[cell.column]: DrawCurves(
            cell.task.model, cell.task.request, protocol.players, protocol.points
        )
        for cell in table.cells
        if isinstance(cell.task, Explain)
    }


def _draw_curves(
    scene: Scene,
    protocol: Protocol,
    target: int,
    tasks: Mapping[str, DrawCurves],
    random: DrawRandomCurves,
    snapshots: Snapshots,
    finished: bool,
) -> None:
    known = {
        name: estimate
        for name, task in tasks.items()
        if isinstance(estimate := snapshots[task].estimate, Curves)
    }
    orders = snapshots[random].estimate
    if not isinstance(orders, RandomCurves):
        orders = RandomCurves((), (), 0, RANDOM_ORDERS)
    if not known or scene.prediction is None:
        st.caption(
            instead_of(
                (snapshots[task] for task in tasks.values()), "The curves come with the maps …"
            )
        )
        return
    score = score_of(
        protocol.score,
        target,
        len(scene.labels),
        scene.prediction.logits,
        scene.settings.against if scene.settings.score == "contrast" else None,
        scene.link,
    )
    _draw_figures(scene, protocol, target, tuple(tasks), known, orders, score)
    rows = {METHODS[name].title: (each.deletion, each.insertion) for name, each in known.items()}
    pairs = list(zip(orders.deletions, orders.insertions, strict=True))
    if finished and pairs:
        st.markdown(verdict(rows, pairs, score))
    table_of_areas(rows, pairs, score)
    csv_download(
        "Curves as CSV",
        lambda: csv_of_curves({**rows, **_numbered(pairs)}, score),
        f"faithfulness-{scene.settings.model}-{scene.settings.picture}-{target}",
    )


def _draw_figures(
    scene: Scene,
    protocol: Protocol,
    target: int,
    methods: Sequence[str],
    known: Mapping[str, Curves],
    orders: RandomCurves,
    score: Score,
) -> None:
    """Both figures, and beside them the picture at the cursor."""
    stroke_of = {METHODS[name].title: stroke(number) for number, name in enumerate(methods)}
    draw_html(curve_legend(stroke_of, len(orders.deletions)))
    with st.container(horizontal=True, gap="small", key="charts_curves"):
        charts = [st.container() for _ in range(2)]
        with st.container():
            cursor = choose_cursor(tuple(methods))
            if cursor.method in known:
                draw_point(scene, protocol, known[cursor.method], cursor, target)
            else:
                st.caption("The order comes with the map …")
    for chart, direction, better, baseline in (
        (charts[0], "deletion", "lower", orders.deletions),
        (charts[1], "insertion", "higher", orders.insertions),
    ):
        curves = {METHODS[name].title: each.of(direction) for name, each in known.items()}
        with chart:
            st.markdown(f"**{direction.capitalize()}**: {better} is better")
            figure = curve_figure(
                curves,
                stroke_of,
                baseline,
                score,
                score_in_words(scene, score),
                marks(cursor, known, direction),
            )
            show(figure, f"{direction}_chart")


def _numbered(pairs: Sequence[Pair]) -> dict[str, tuple[FaithfulnessCurve, FaithfulnessCurve]]:
    return {f"Random order, seed {number + 1}": pair for number, pair in enumerate(pairs)}
