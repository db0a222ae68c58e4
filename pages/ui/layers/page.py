"""One method at many layers, and how alike two classes' maps are at each of them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from attribution_core.attribution import Attribution
from attribution_core.measures.class_correlation import class_correlation
from attribution_core.registry import METHODS
from attribution_core.request import Reason, Request
from pages.ui.maps.charts import framed, mark_zero, show, stroke
from pages.ui.maps.csv_download import csv_download, csv_text
from pages.ui.maps.downloads import render_downloads
from pages.ui.maps.grid import done_in, names_of, render_maps
from pages.ui.maps.table import MapTable, cell_for
from pages.ui.shell.choices import choice
from pages.ui.shell.choosers import choose_method, choose_whether
from pages.ui.shell.markdown import literal
from pages.ui.shell.progress import Snapshots, follow
from pages.ui.shell.requests import predictions_for, request_for
from pages.ui.shell.scene import Scene
from pages.ui.shell.settings import one_of
from pages.ui.worker.engine import MOST_TASKS, Engine
from pages.ui.worker.tasks import Explain, Task

COLUMNS = 7
"""More columns than that get too small; the rest goes into a second table."""
MEASURES = {"strength": "Strength |values|", "signed": "Signed values"}
EXTENTS = {
    "resolutions": "One a resolution",
    "main": "The last of each kind",
    "all": "Every layer",
}


@dataclass(frozen=True)
class Curve:
    """Correlations between the maps of two classes, by layer, of one method."""

    method: str
    layers: tuple[str, ...]
    correlations: tuple[float, ...]


def render_layers(engine: Engine, scene: Scene) -> None:
    """Draw the maps of one method by layer, and the curves under them."""
    classifier = engine.loaded(scene.settings.model)
    opening: list[Task] = [*predictions_for(scene.settings, scene.picture)]
    if classifier is None:
        return
    shapes = {name: classifier.layer(name).shape for name in classifier.layers}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = _method(scene)
        extent = choice(
            "layers-extent",
            lambda key, value: st.segmented_control(
                "Layers", tuple(EXTENTS), format_func=EXTENTS.__getitem__, key=key
            ),
            "resolutions",
            lambda text: one_of(text, tuple(EXTENTS)),
        )
        measure = choice(
            "layers-measure",
            lambda key, value: st.segmented_control(
                "The curve compares",
                tuple(MEASURES),
                format_func=MEASURES.__getitem__,
                key=key,
                help="Strength: do both maps mark the same places? Signed: do they also agree on "
                "what speaks for and against?",
            ),
            "strength",
            lambda text: one_of(text, tuple(MEASURES)),
        )
        with_others = choose_whether(
            "layers-methods",
            "Curves of all chosen methods",
            False,
            "One line for each method of the sidebar; each takes as long as its maps.",
        )
    layers = {
        "resolutions": resolution_layers(shapes),
        "main": classifier.main_layers,
        "all": classifier.layers,
    }[extent]
    most = MOST_TASKS - len(opening)
    rows = scene.classes[: max(2, most // len(layers))]
    if len(rows) < len(scene.classes):
        st.caption(f"With so many layers, the first {len(rows)} classes are shown.")
    # The curve compares two classes where one is chosen as well.
    layers = _part(layers, most // max(2, len(rows)))
    pair = _pair(scene, rows)
    tables = [
        _table(scene, method, rows, layers[start : start + COLUMNS])
        for start in range(0, len(layers), COLUMNS)
    ]
    methods = [method]
    if with_others:
        methods += [name for name in scene.settings.methods if name != method]
    maps: dict[Task, str] = {}
    for table in tables:
        maps.update(names_of(table))
    compared, left_out = dict[str, dict[str, tuple[Explain | Reason, ...]]](), []
    for name in methods:
        by_layer = {
            layer: tuple(_task(scene, name, target, layer) for target in pair) for layer in layers
        }
        named: dict[Task, str] = {
            task: f"{METHODS[name].title} at {layer}"
            for layer, tasks in by_layer.items()
            for task in tasks
            if isinstance(task, Explain)
        }
        if len(named.keys() | maps.keys()) > most:
            left_out.append(METHODS[name].title)
            continue
        compared[name] = by_layer
        for task, title in named.items():
            maps.setdefault(task, title)
    if left_out:
        st.caption(
            f"That would be too many maps at once: no curve for {', '.join(left_out)}. "
            "Choose fewer layers or classes."
        )

    def draw(snapshots: Snapshots, finished: bool) -> None:
        for number, table in enumerate(tables):
            render_maps(engine, scene, table, snapshots, key=f"layer_maps_{number}")
        curves = [_curve(name, measure, by_layer, snapshots) for name, by_layer in compared.items()]
        _draw_curves(scene, pair, measure, curves, layers, finished)
        if finished:
            _downloads(scene, tables, curves, snapshots)

    follow(
        engine,
        scene,
        opening,
        maps,
        draw,
        caption=f"{METHODS[method].title} at {len(layers)} layers. "
        ":red[Red] speaks for the class, :blue[blue] against it.",
    )


def _part(layers: tuple[str, ...], most: int) -> tuple[str, ...]:
    """All layers where they are few enough, else the part of them that the visitor chose."""
    if len(layers) <= most:
        return layers
    parts = math.ceil(len(layers) / most)
    edges = [len(layers) * part // parts for part in range(parts + 1)]
    titles = tuple(f"{start + 1}–{end}" for start, end in itertools.pairwise(edges))
    chosen = choice(
        "layers-part",
        lambda key, value: st.segmented_control(
            f"Part of the {len(layers)} layers, from below",
            titles,
            required=True,
            key=key,
        ),
        titles[0],
        lambda text: one_of(text, titles),
    )
    part = titles.index(chosen)
    return layers[edges[part] : edges[part + 1]]


def resolution_layers(shapes: Mapping[str, tuple[int, int, int]]) -> tuple[str, ...]:
    """The input, and of the layers of each size of plane the last."""
    names = list(shapes)
    return tuple(
        name
        for index, name in enumerate(names)
        if index == 0 or index + 1 == len(names) or shapes[names[index + 1]][:2] != shapes[name][:2]
    )


def _method(scene: Scene) -> str:
    return choose_method("layers-method", "gradient_times_input")


def _pair(scene: Scene, rows: Sequence[int]) -> tuple[int, int]:
    """The two classes whose maps are compared."""
    offered = list(rows)
    if len(offered) == 1 and scene.prediction is not None:
        offered += [number for number in scene.prediction.top(2) if number not in offered][:1]
        st.caption(
            "One class is chosen; the curve compares it with "
            f"**{literal(scene.labels[offered[1]])}**, the model's next."
        )
    if len(offered) == 2:
        return offered[0], offered[1]
    with st.container(horizontal=True):
        first = _class_choice(scene, "first", "The curve compares", offered, offered[0])
        second = _class_choice(scene, "second", "with", offered, offered[1])
    return first, second


def _class_choice(scene: Scene, name: str, title: str, offered: Sequence[int], default: int) -> int:
    return choice(
        f"layers-{name}",
        lambda key, value: st.selectbox(
            title, offered, format_func=scene.labels.__getitem__, key=key, width=240
        ),
        default,
        lambda text: int(one_of(text, tuple(map(str, offered)))),
    )


def _table(scene: Scene, method: str, rows: Sequence[int], layers: Sequence[str]) -> MapTable:
    return MapTable(
        rows=tuple(scene.labels[number] for number in rows),
        columns=tuple(layers),
        cells=tuple(
            cell_for(scene, row, column, _request(scene, method, target, layer))
            for row, target in enumerate(rows)
            for column, layer in enumerate(layers)
        ),
        row_names=tuple(map(str, rows)),
        column_names=tuple(layers),
    )


def _request(scene: Scene, method: str, target: int, layer: str) -> Request | Reason:
    return request_for(replace(scene, settings=scene.settings.at(layer)), method, target)


def _task(scene: Scene, method: str, target: int, layer: str) -> Explain | Reason:
    """The map's work, or why there is none."""
    asked = _request(scene, method, target, layer)
    return asked if isinstance(asked, Reason) else Explain(scene.settings.model, asked)


def _curve(
    method: str,
    measure: str,
    by_layer: Mapping[str, tuple[Explain | Reason, ...]],
    snapshots: Snapshots,
) -> Curve:
    found = {}
    for layer, tasks in by_layer.items():
        estimates = [
            snapshots[task].estimate
            for task in tasks
            if not isinstance(task, Reason)
            and task in snapshots
            and snapshots[task].state == "done"
        ]
        pair = [each for each in estimates if isinstance(each, Attribution)]
        if len(pair) == 2:
            first, second = (each.heatmap for each in pair)
            if measure == "strength":
                first, second = np.abs(first), np.abs(second)
            found[layer] = class_correlation(first, second)
    known = {layer: value for layer, value in found.items() if not math.isnan(value)}
    return Curve(method, tuple(known), tuple(known.values()))


def _draw_curves(
    scene: Scene,
    pair: tuple[int, int],
    measure: str,
    curves: Sequence[Curve],
    layers: Sequence[str],
    finished: bool,
) -> None:
    names = [literal(scene.labels[number]) for number in pair]
    st.markdown(f"#### How alike are the maps of {names[0]} and {names[1]}?")
    if pair[0] == pair[1]:
        st.info("Choose two different classes to compare.", icon=":material/info:")
        return
    first = curves[0]
    words = "strengths" if measure == "strength" else "signed values"
    if finished and len(first.layers) > 1:
        st.markdown(
            f"On this picture, the correlation of the two maps’ {words} with "
            f"{METHODS[first.method].title} "
            f"goes from **{first.correlations[0]:.2f}** at {literal(first.layers[0])} to "
            f"**{first.correlations[-1]:.2f}** at {literal(first.layers[-1])}."
        )
    show(curves_figure(curves, layers), "layer_curves")
    st.caption(
        f"Pearson's correlation of the two heatmaps' {words} (values summed over channels), "
        "position by position. Planes get smaller upwards, so points on the right rest on fewer "
        "positions. Compare two breeds of one animal with two different things."
    )


def curves_figure(curves: Sequence[Curve], layers: Sequence[str]) -> go.Figure:
    """Correlation against layer, a line a method."""
    figure = go.Figure()
    for number, curve in enumerate(curves):
        title = METHODS[curve.method].title
        figure.add_scatter(
            x=curve.layers,
            y=curve.correlations,
            name=title,
            mode="lines+markers",
            line=stroke(number).line,
            hovertemplate="%{x}<br>" + title + ": %{y:.3f}<extra></extra>",
        )
    mark_zero(figure)
    framed(figure, 320, y="correlation")
    figure.update_layout(showlegend=True)
    figure.update_xaxes(
        categoryorder="array", categoryarray=list(layers), range=[-0.5, len(layers) - 0.5]
    )
    figure.update_yaxes(range=[-1.05, 1.05])
    return figure


def _downloads(
    scene: Scene, tables: Sequence[MapTable], curves: Sequence[Curve], snapshots: Snapshots
) -> None:
    whole = MapTable(
        rows=tables[0].rows,
        columns=tuple(title for table in tables for title in table.columns),
        cells=(),
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


def curves_csv(curves: Sequence[Curve]) -> str:
    """A line a method and layer."""
    lines = (
        [curve.method, layer, f"{value:.6f}"]
        for curve in curves
        for layer, value in zip(curve.layers, curve.correlations, strict=True)
    )
    return csv_text(["method", "layer", "correlation"], lines)
