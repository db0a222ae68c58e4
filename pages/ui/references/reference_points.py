"""One method with several references, and the mean of its maps with their spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import streamlit as st

from attribution_core.attribution import Attribution
from attribution_core.figures.words import unit
from attribution_core.painting import drawn_values
from attribution_core.references import REFERENCE_KINDS
from attribution_core.registry import METHODS
from attribution_core.request import ZEROS, Reason
from pages.ui.components.heatmap_grid import MapCell, render_heatmap_grid
from pages.ui.maps.downloads import render_downloads
from pages.ui.maps.drawing import limits
from pages.ui.maps.grid import done_in, names_of, render_maps
from pages.ui.maps.table import MapTable, cell_for
from pages.ui.references.path_profile import WalkPath, render_path
from pages.ui.references.strips import draw_references
from pages.ui.shell.choosers import choose_method, choose_whether
from pages.ui.shell.colours import legend
from pages.ui.shell.markdown import literal
from pages.ui.shell.progress import Snapshots, follow
from pages.ui.shell.requests import predictions_for, reference_of, request_for
from pages.ui.shell.scene import Scene
from pages.ui.worker.engine import Engine
from pages.ui.worker.tasks import Predict, Task

PATH = "integrated_gradients"


def render_reference_points(engine: Engine, scene: Scene) -> None:
    """Draw the references, the maps with each, their mean, and the path from one of them."""
    opening: list[Task] = [*predictions_for(scene.settings, scene.picture)]
    settings = scene.settings
    kinds = (*REFERENCE_KINDS, *(() if settings.layer == "input" else (ZEROS,)))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = choose_method("references-method", "integrated_gradients")
        with_path = choose_whether(
            "references-path",
            "Follow the path of Integrated Gradients",
            True,
            "The score between the sidebar's reference and the picture, where on the path "
            "the attribution accumulates, and the gap by number of gradients.",
        )
    if not METHODS[method].uses_reference:
        st.caption(f"{METHODS[method].title} does not use the reference: all its maps are equal.")
    pictures = {
        kind: reference_of(replace(settings, reference=kind), scene.picture) for kind in kinds
    }
    asked = {
        kind: Predict(settings.model, picture)
        for kind, picture in pictures.items()
        if picture is not None
    }
    table = _table(scene, method, kinds)
    names = names_of(table)
    for kind, task in asked.items():
        names.setdefault(task, f"the model's prediction for the {kind} reference")
    paths = _paths(scene) if with_path else {}
    for target, path in paths.items():
        names.setdefault(path, f"the path for {scene.labels[target]}")
    reference = pictures[settings.reference]

    def draw(snapshots: Snapshots, finished: bool) -> None:
        draw_references(scene, pictures, asked, snapshots)
        render_maps(engine, scene, table, snapshots, key="reference_maps")
        _draw_average(scene, table, snapshots)
        if finished:
            render_downloads(scene, table, done_in(table, snapshots))
        if paths:
            render_path(scene, reference, paths, snapshots)

    follow(
        engine,
        scene,
        opening,
        names,
        draw,
        noun="results",
        caption=f"{METHODS[method].title} at **{literal(settings.layer)}**, against "
        f"{len(kinds)} references. {legend(settings)}",
    )


def _paths(scene: Scene) -> dict[int, WalkPath]:
    """The path of each target class that has one."""
    return {
        target: WalkPath(scene.settings.model, asked)
        for target in scene.classes
        if not isinstance(asked := request_for(scene, PATH, target), Reason)
    }


def _table(scene: Scene, method: str, kinds: Sequence[str]) -> MapTable:
    against = [replace(scene, settings=replace(scene.settings, reference=kind)) for kind in kinds]
    return MapTable(
        rows=tuple(scene.labels[number] for number in scene.classes),
        columns=tuple(kind.capitalize() for kind in kinds),
        cells=tuple(
            cell_for(scene, row, column, request_for(each, method, target))
            for row, target in enumerate(scene.classes)
            for column, each in enumerate(against)
        ),
        row_names=tuple(map(str, scene.classes)),
        column_names=tuple(kinds),
    )


@dataclass(frozen=True)
class Average:
    """Maps of one class over several references.

    ``mean`` and ``spread`` (the standard deviation) are ``(h, w)``; ``agreement`` is the share of
    positions where all references give one sign.
    """

    mean: npt.NDArray[np.float64]
    spread: npt.NDArray[np.float64]
    agreement: float
    references: int


def average_over(maps: Sequence[npt.NDArray[np.float32]]) -> Average:
    """The mean of maps ``(h, w)`` of one class, and how far they disagree."""
    stack = np.stack(maps).astype(np.float64)
    signs = np.sign(stack)
    return Average(
        mean=stack.mean(axis=0),
        spread=stack.std(axis=0),
        agreement=float((signs == signs[0]).all(axis=0).mean()),
        references=len(maps),
    )


def _draw_average(scene: Scene, table: MapTable, snapshots: Snapshots) -> None:
    """Mean and standard deviation over the references whose maps are done."""
    done = done_in(table, snapshots)
    rows: list[tuple[int, Average, Attribution]] = []
    for row in range(len(table.rows)):
        found = [attribution for (at, _), attribution in done.items() if at == row]
        if len(found) > 1:
            rows.append((row, average_over([drawn_values(each) for each in found]), found[0]))
    if not rows:
        return
    st.markdown("#### Mean over the references, and standard deviation")
    cells = []
    for row, (_, average, attribution) in enumerate(rows):
        shown = replace(attribution, heatmap=average.mean.astype(np.float32), player_values=None)
        limit = limits({(0, 0): shown}, scene.settings)[0, 0]
        for column, values in enumerate((average.mean, average.spread)):
            cells.append(
                MapCell(
                    row,
                    column,
                    values=values.astype(np.float32),
                    limit=limit,
                    caption=(
                        tuple(
                            filter(
                                None,
                                [f"mean over {average.references} references", attribution.players],
                            )
                        )
                        if column == 0
                        else (
                            "standard deviation, on the mean's scale",
                            f"same sign at {100 * average.agreement:.0f} % of the positions",
                        )
                    ),
                    status="done",
                    unit=unit(attribution),
                )
            )
    with st.container(width=560):
        render_heatmap_grid(
            rows=[table.rows[row] for row, _, _ in rows],
            columns=["Mean", "Standard deviation"],
            cells=cells,
            picture=scene.picture.pixels.astype(np.uint8),
            overlay=scene.settings.view == "overlay",
            opacity=scene.settings.opacity,
            smooth=scene.settings.smooth,
            colours=scene.settings.colours,
            key="reference_average",
        )
