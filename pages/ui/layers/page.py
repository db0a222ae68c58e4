"""One method at many layers, and how alike two classes' maps are at each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st

from attribution_core.registry import METHODS
from attribution_core.request import Reason, Request
from attribution_core.segmentations import counted
from pages.ui.layers.choices import Comparison, choose_comparison
from pages.ui.layers.curves import Curve, curve_of, curves_csv, draw_curves
from pages.ui.layers.observed import draw_shipped, shipped
from pages.ui.layers.over_gallery import choose_gallery, draw_over_gallery, tasks_over_gallery
from pages.ui.maps.csv_download import csv_download
from pages.ui.maps.downloads import render_downloads
from pages.ui.maps.grid import done_in, names_of, render_maps
from pages.ui.maps.staged import rows_on_stage
from pages.ui.maps.table import MapTable, cell_for
from pages.ui.motion.film import Film
from pages.ui.motion.player import FILMS, draw_film, film_chosen
from pages.ui.motion.sequences import over_layers
from pages.ui.shell.colours import legend
from pages.ui.shell.gallery import gallery
from pages.ui.shell.progress import Snapshots, follow
from pages.ui.shell.requests import predictions_for, request_for
from pages.ui.shell.scene import Scene
from pages.ui.stage.controls import class_in_sight, layer_control, offer, one_of_all_methods
from pages.ui.stage.curtain import on_stage
from pages.ui.worker.engine import MOST_TASKS, Engine
from pages.ui.worker.tasks import Explain, Task

COLUMNS = 7
"""More columns than that get too small; the rest goes into a second table."""

Pairs = Mapping[str, tuple[Explain | Reason, ...]]
"""By layer, the task for each of the two classes compared, or why it has no map."""


def render_layers(engine: Engine, scene: Scene) -> None:
    """Draw the maps of one method by layer, and the curves under them."""
    classifier = engine.loaded(scene.settings.model)
    if classifier is None:
        return
    opening = predictions_for(scene.settings, scene.picture)
    known = shipped(scene.settings.model)
    most = MOST_TASKS - len(opening) - (0 if known else len(gallery()))
    comparison = choose_comparison(classifier, scene, most)
    layers = comparison.layers
    tables = _tables(scene, comparison)
    names: dict[Task, str] = {}
    film = _film(scene, comparison)
    if film is not None:
        names.update(film.tasks)
    for table in tables:
        names.update(names_of(table))
    several = comparison.pair[0] != comparison.pair[1]
    compared = _ask_for_curves(scene, comparison, names, most) if several else {}
    over_gallery: dict[Task, str] = {}
    if known is None and classifier.classes > 1 and not on_stage() and choose_gallery():
        over_gallery = tasks_over_gallery(classifier, scene, comparison.method)
    names |= over_gallery
    common = (METHODS[comparison.method].title, f"{scene.settings.reference} reference")

    def draw(snapshots: Snapshots, finished: bool) -> None:
        if film is not None:
            draw_film(scene, film, snapshots, finished, key="layer_maps_0")
        for number, table in enumerate(tables if film is None else []):
            render_maps(engine, scene, table, snapshots, key=f"layer_maps_{number}", common=common)
        curves = [
            curve_of(method, comparison.measure, by_layer, snapshots)
            for method, by_layer in compared.items()
        ]
        if curves:
            draw_curves(scene, comparison, curves, finished)
        if over_gallery:
            draw_over_gallery(scene, over_gallery, snapshots)
        if finished:
            _downloads(scene, tables, curves, snapshots)

    follow(
        engine,
        scene,
        opening,
        names,
        draw,
        caption=f"{METHODS[comparison.method].title} at {counted(len(layers), 'layer')}. "
        f"{legend(scene.settings)}",
    )
    if known is not None and not on_stage():
        draw_shipped(known)


def _tables(scene: Scene, comparison: Comparison) -> list[MapTable]:
    """The maps of all layers, a few in a table; on stage, those of one layer."""
    layers = comparison.layers
    if not on_stage():
        return [
            _table(scene, comparison, layers[start : start + COLUMNS])
            for start in range(0, len(layers), COLUMNS)
        ]
    offer(one_of_all_methods("layers-method", comparison.method))
    shown = _layer_in_sight(scene, layers)
    offer(layer_control(layers, shown))
    return [rows_on_stage(scene, _table(scene, comparison, [shown]))]


def _film(scene: Scene, comparison: Comparison) -> Film | None:
    """The film of the layers that are compared, where it is chosen on stage."""
    if film_chosen({"layers": FILMS["layers"]}) is None:
        return None
    shown = class_in_sight(scene)
    classes = comparison.classes if shown is None else (shown,)
    reference = f"{scene.settings.reference} reference"
    return over_layers(scene, comparison.method, classes, comparison.layers, reference)


def _layer_in_sight(scene: Scene, layers: Sequence[str]) -> str:
    """The sidebar's layer, or the highest below it that is compared."""
    every = () if scene.classifier is None else scene.classifier.layers
    if scene.settings.layer not in every:
        return layers[-1]
    below = every[: every.index(scene.settings.layer) + 1]
    return next((layer for layer in reversed(layers) if layer in below), layers[0])


def _ask_for_curves(
    scene: Scene, comparison: Comparison, names: dict[Task, str], most: int
) -> dict[str, Pairs]:
    """The maps of each method's curve, added to ``names`` as long as these are at most so many."""
    compared: dict[str, Pairs] = {}
    left_out = []
    for method in comparison.methods:
        by_layer = {
            layer: tuple(_task(scene, method, target, layer) for target in comparison.pair)
            for layer in comparison.layers
        }
        named: dict[Task, str] = {
            task: f"{METHODS[method].title} at {layer}"
            for layer, tasks in by_layer.items()
            for task in tasks
            if isinstance(task, Explain)
        }
        if len(named.keys() | names.keys()) > most:
            left_out.append(METHODS[method].title)
            continue
        compared[method] = by_layer
        for task, title in named.items():
            names.setdefault(task, title)
    if left_out:
        st.caption(
            f"That would be too many maps at once: no curve for {', '.join(left_out)}. "
            "Choose fewer layers or classes."
        )
    return compared


def _table(scene: Scene, comparison: Comparison, layers: Sequence[str]) -> MapTable:
    return MapTable(
        rows=tuple(scene.labels[number] for number in comparison.classes),
        columns=tuple(layers),
        cells=tuple(
            cell_for(scene, row, column, _request(scene, comparison.method, target, layer))
            for row, target in enumerate(comparison.classes)
            for column, layer in enumerate(layers)
        ),
        row_names=tuple(map(str, comparison.classes)),
        column_names=tuple(layers),
    )


def _request(scene: Scene, method: str, target: int, layer: str) -> Request | Reason:
    return request_for(replace(scene, settings=scene.settings.at(layer)), method, target)


def _task(scene: Scene, method: str, target: int, layer: str) -> Explain | Reason:
    """The task for a map, or why there is none."""
    asked = _request(scene, method, target, layer)
    return asked if isinstance(asked, Reason) else Explain(scene.settings.model, asked)


def _downloads(
    scene: Scene, tables: Sequence[MapTable], curves: Sequence[Curve], snapshots: Snapshots
) -> None:
    whole = MapTable(
        rows=tables[0].rows,
        columns=tuple(title for table in tables for title in table.columns),
        cells=tuple(
            replace(cell, column=cell.column + number * COLUMNS)
            for number, table in enumerate(tables)
            for cell in table.cells
        ),
        row_names=tables[0].row_names,
        column_names=tuple(name for table in tables for name in table.column_names),
    )
    done = {
        (row, column + number * COLUMNS): attribution
        for number, table in enumerate(tables)
        for (row, column), attribution in done_in(table, snapshots).items()
    }
    render_downloads(scene, whole, done)
    csv_download(
        "Curves as CSV",
        lambda: curves_csv(curves),
        f"class-correlation-{scene.settings.model}-{scene.settings.picture}",
    )
