"""Maps of a network beside those of the same network with re-initialised parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import streamlit as st

from attribution_core.registry import METHODS
from attribution_core.request import Reason, Request
from attribution_core.segmentations import counted
from pages.ui.components.stage_strip import StageControl
from pages.ui.maps.charts import show
from pages.ui.maps.csv_download import csv_download
from pages.ui.maps.downloads import render_downloads
from pages.ui.maps.grid import done_in, names_of, render_maps
from pages.ui.maps.staged import columns_on_stage, rows_on_stage
from pages.ui.maps.table import MapTable, TableCell
from pages.ui.motion.film import Film, Still, film_of_maps
from pages.ui.motion.player import draw_film, film_chosen
from pages.ui.randomisation.similarity_figures import MEASURES, similarities_csv, similarity_figure
from pages.ui.randomisation.tasks import (
    CompareRandomised,
    Draw,
    ExplainRandomised,
    FindStages,
    PredictRandomised,
    SimilarityCurves,
)
from pages.ui.shell.choices import choice
from pages.ui.shell.choosers import choose_class, choose_method, choose_one, choose_whole
from pages.ui.shell.colours import legend
from pages.ui.shell.markdown import literal
from pages.ui.shell.numbers import written
from pages.ui.shell.progress import Snapshots, TaskSnapshot, follow
from pages.ui.shell.requests import predictions_for, request_for
from pages.ui.shell.scene import Scene
from pages.ui.shell.session import visitor
from pages.ui.shell.settings import one_of
from pages.ui.shell.waiting import instead_of
from pages.ui.stage.controls import layer_control, offer, one_of_all_methods, withhold
from pages.ui.stage.curtain import on_stage
from pages.ui.worker.engine import Engine
from pages.ui.worker.tasks import Explain, Prediction, Task

INPUT = "input"
NOTHING = "nothing"
MODES = {"cascade": "From the top down to a stage", "alone": "One stage alone"}
DEFAULT_DEPTH = 4
MOST_SEEDS = 5


@dataclass(frozen=True)
class Experiment:
    """What is randomised, and what is looked at."""

    method: str
    target: int
    draw: Draw
    seeds: tuple[int, ...]
    layers: tuple[str, ...]


def render_randomisation(engine: Engine, scene: Scene) -> None:
    """Draw the maps of both networks, and the curves over all depths under them."""
    settings = scene.settings
    find = FindStages(settings.model)
    opening: list[Task] = [*predictions_for(settings, scene.picture), find]
    stages = engine.jobs.look(find, visitor()).estimate
    if not isinstance(stages, tuple):
        follow(engine, scene, opening, {}, lambda snapshots, finished: None)
        return
    experiment = _experiment(scene, stages)
    table = _staged(scene, _table(scene, experiment))
    film = _film(scene, experiment, stages)
    ask = PredictRandomised(settings.model, scene.picture, experiment.draw)
    names = dict(names_of(table))
    if film is not None:
        names |= film.tasks
    names[ask] = "the randomised network's prediction"
    compared: dict[str, CompareRandomised] = {}
    for layer in experiment.layers:
        request = _request(scene, experiment.method, experiment.target, layer)
        if isinstance(request, Request):
            compared[layer] = CompareRandomised(
                settings.model, request, experiment.seeds, experiment.draw.alone
            )
            names[compared[layer]] = f"similarities at {layer}"

    def draw(snapshots: Snapshots, finished: bool) -> None:
        _draw_prediction(scene, experiment, stages, snapshots[ask])
        if film is not None:
            draw_film(scene, film, snapshots, finished, key="randomised_maps")
        else:
            common = _on_stage_above(experiment, stages)
            render_maps(engine, scene, table, snapshots, key="randomised_maps", common=common)
        curves = {
            layer: estimate.values
            for layer, task in compared.items()
            if isinstance(estimate := snapshots[task].estimate, SimilarityCurves)
        }
        _draw_curves(scene, experiment, stages, curves, finished)
        if finished:
            render_downloads(scene, table, done_in(table, snapshots))
            csv_download(
                "Similarities as CSV",
                lambda: similarities_csv(curves, stages, experiment.seeds),
                f"randomisation-{settings.model}-{settings.picture}-{experiment.method}",
            )

    follow(
        engine,
        scene,
        opening,
        names,
        draw,
        noun="results",
        caption=f"{METHODS[experiment.method].title} before and after. {legend(scene.settings)}",
    )


def _experiment(scene: Scene, stages: Sequence[str]) -> Experiment:
    settings = scene.settings
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = choose_method("randomisation-method", "gradient_times_input")
        mode = choose_one(
            "randomisation-mode",
            "Re-initialised parameters",
            MODES,
            "cascade",
            help="Each layer's own initialiser draws the new values. The loaded network is not "
            "changed: a copy of it is.",
        )
        seeds = choose_whole(
            "randomisation-seeds",
            "Seeds",
            1,
            MOST_SEEDS,
            2,
            width=110,
            help="Draws for the curves, from the sidebar's seed on. The maps show the first.",
        )
        target = choose_class("randomisation-class", "Class of the curves", scene, width=180)
    offered = (NOTHING, *stages)
    stage = choice(
        "randomisation-stage",
        lambda key, value: st.select_slider(
            "Down to which stage of the network, from the top", offered, key=key
        ),
        offered[min(DEFAULT_DEPTH, len(stages))],
        lambda text: one_of(text, offered),
    )
    high = scene.settings.layer if settings.layer != INPUT else scene.model.default_layer
    layers = (INPUT, high) if high else (INPUT,)
    if on_stage():
        _offer_on_stage(scene, layers, method, stages, stage, mode)
    return Experiment(
        method,
        target,
        Draw(offered.index(stage), settings.seed, mode == "alone"),
        tuple(settings.seed + number for number in range(seeds)),
        layers,
    )


def _offer_on_stage(
    scene: Scene,
    layers: tuple[str, ...],
    method: str,
    stages: Sequence[str],
    stage: str,
    mode: str,
) -> None:
    """The stage's own controls: one of the two layers, and what is re-initialised."""
    offer(one_of_all_methods("randomisation-method", method))
    if not METHODS[method].of_players:
        withhold("count")
    offer(layer_control(layers, scene.settings.layer))
    titles = {name: f"down to {name}" if mode == "cascade" else name for name in stages}
    depths = {NOTHING: NOTHING, **titles}
    offer(StageControl("depth", "Re-initialised", depths, stage, ("randomisation-stage",)))


def _staged(scene: Scene, table: MapTable) -> MapTable:
    """On stage, the two networks' maps at the sidebar's layer, of the class in sight."""
    layer = scene.settings.layer
    sides = [name for name in table.column_names if name.startswith(f"{layer}-")]
    return columns_on_stage(rows_on_stage(scene, table), sides)


def _film(scene: Scene, experiment: Experiment, stages: Sequence[str]) -> Film | None:
    """The film of the randomisation stage by stage, where it is chosen on stage."""
    if film_chosen({"stages": "Film: stages"}) is None:
        return None
    draw = experiment.draw
    stills = []
    for depth, stage in enumerate(("nothing", *stages)):
        changed = replace(experiment, draw=replace(draw, depth=depth))
        down_to = "down to " if depth and not draw.alone else ""
        label = f"{down_to}{stage} re-initialised"
        stills.append(Still(label, _staged(scene, _table(scene, changed)).cells))
    table = _staged(scene, _table(scene, experiment))
    title = f"{METHODS[experiment.method].title}, stage by stage from the top"
    return film_of_maps("stages", title, table.rows, table.columns, stills, scene.settings)


def _on_stage_above(experiment: Experiment, stages: Sequence[str]) -> tuple[str, ...]:
    """What stands above the maps on stage."""
    depth, title = experiment.draw.depth, METHODS[experiment.method].title
    if depth == 0:
        return title, "nothing re-initialised"
    down_to = "" if experiment.draw.alone else "down to "
    return title, f"re-initialised {down_to}{stages[depth - 1]}"


def _request(scene: Scene, method: str, target: int, layer: str) -> Request | Reason:
    """The request at a layer, or why there is none."""
    asked = request_for(replace(scene, settings=scene.settings.at(layer)), method, target)
    # All sessions share one randomised copy: there is no second one in bfloat16.
    return asked if isinstance(asked, Reason) else asked.in_float32()


def _table(scene: Scene, experiment: Experiment) -> MapTable:
    """A row a class; at each layer, the original's map and the randomised network's."""
    model = scene.settings.model
    cells = []
    for row, target in enumerate(scene.classes):
        for column, layer in enumerate(experiment.layers):
            request = _request(scene, experiment.method, target, layer)
            if isinstance(request, Reason):
                cells += [TableCell(row, 2 * column + side, None, request) for side in (0, 1)]
                continue
            changed = ExplainRandomised(model, request, experiment.draw)
            cells.append(TableCell(row, 2 * column, Explain(model, request)))
            cells.append(TableCell(row, 2 * column + 1, changed))
    return MapTable(
        rows=tuple(scene.labels[number] for number in scene.classes),
        columns=tuple(
            f"{layer}: {side}" for layer in experiment.layers for side in ("learned", "randomised")
        ),
        cells=tuple(cells),
        row_names=tuple(map(str, scene.classes)),
        column_names=tuple(
            f"{layer}-{side}" for layer in experiment.layers for side in ("learned", "randomised")
        ),
    )


def _draw_prediction(
    scene: Scene, experiment: Experiment, stages: Sequence[str], asked: TaskSnapshot
) -> None:
    """The randomised network's prediction for the picture."""
    depth = experiment.draw.depth
    prediction = asked.estimate
    if depth == 0:
        st.markdown("Nothing is randomised: both maps of a layer are the same.")
    elif isinstance(prediction, Prediction) and scene.prediction is not None:
        before, after = scene.prediction.top(1)[0], prediction.top(1)[0]
        what = f"**{literal(stages[depth - 1])}**"
        if not experiment.draw.alone:
            what = f"everything down to {what}" if depth > 1 else what
        st.markdown(
            f"With {what} re-initialised, the network that predicted "
            f"**{literal(scene.labels[before])}** "
            f"({scene.prediction.said(before)}) predicts "
            f"**{literal(scene.labels[after])}** ({prediction.said(after)})."
        )
    else:
        st.markdown(instead_of([asked], "The randomised network is being asked …"))


def _draw_curves(
    scene: Scene,
    experiment: Experiment,
    stages: Sequence[str],
    curves: Mapping[str, npt.NDArray[np.float64]],
    finished: bool,
) -> None:
    label = literal(scene.labels[experiment.target])
    st.markdown(f"#### How alike are the maps of {label} to the learned network's?")
    begun = any(np.isfinite(values).any() for values in curves.values())
    if not curves or not (begun or finished):
        st.caption(
            "There are no curves, since no map could be computed."
            if finished
            else "One stage after the other is re-initialised, and the maps of "
            f"{counted(len(experiment.seeds), 'seed')} are compared with the learned network's. "
            "The curves come with the first of them …"
        )
        return
    if finished:
        sentence = comparison(curves)
        if sentence:
            st.markdown(sentence)
    with st.container(horizontal=True, gap="small", key="charts_similarity"):
        for number, (measure, meaning) in enumerate(MEASURES.items()):
            with st.container():
                st.markdown(f"**{measure}**", help=meaning)
                by_layer = {layer: values[number] for layer, values in curves.items()}
                figure = similarity_figure(by_layer, stages, experiment.draw.depth)
                show(figure, f"similarity_{number}")
    seeds = len(experiment.seeds)
    over = f"Mean over {seeds} seeds, band from the lowest to the highest. "
    st.caption(
        ("Of one seed. " if seeds == 1 else over)
        + "1: the same map. Stages from the top: "
        + literal(" · ".join(stages))
        + "."
    )


def comparison(curves: Mapping[str, npt.NDArray[np.float64]]) -> str:
    """The thesis's observation checked against the curves, in numbers.

    Means over seeds and depths of the absolute rank correlation and SSIM at the pixels, and at the
    other layer.
    """
    measured = {
        layer: (values[1], values[2])
        for layer, values in curves.items()
        if np.isfinite(values[1:3]).any(axis=(1, 2)).all()
    }
    if len(measured) < 2:
        return ""
    means = {
        layer: tuple(float(np.nanmean(values)) for values in pair)
        for layer, pair in measured.items()
    }
    (low, at_pixels), (high, above) = means.items()
    order = "more" if above[0] < at_pixels[0] and above[1] < at_pixels[1] else "no more"
    return (
        f"Over all depths, the maps at {literal(high)} change {order} than those at "
        f"{literal(low)}: absolute rank correlation {written(above[0])} against "
        f"{written(at_pixels[0])}, SSIM {written(above[1])} against {written(at_pixels[1])}."
    )
