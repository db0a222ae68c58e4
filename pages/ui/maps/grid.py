"""The grid of maps, a row a class and a column a method, that fills in as results come."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from attribution_core.attribution import Attribution
from attribution_core.figures.words import unit
from pages.ui.components.heatmap_grid import MapCell, render_heatmap_grid
from pages.ui.maps.downloads import render_downloads
from pages.ui.maps.drawing import drawn_map, limits, picture_beneath
from pages.ui.maps.seen import render_seen
from pages.ui.maps.staged import heading_of, methods_on_stage, rows_on_stage
from pages.ui.maps.table import MapTable, classes_by_methods
from pages.ui.shell.progress import Snapshots, TaskSnapshot, follow, message, share
from pages.ui.shell.requests import predictions_for
from pages.ui.shell.scene import Scene
from pages.ui.stage.curtain import on_stage
from pages.ui.worker.engine import Engine
from pages.ui.worker.tasks import Task


def render_attribution_grid(engine: Engine, scene: Scene) -> None:
    """Ask for every map of the scene, and draw what there is until all are there."""
    settings = scene.settings
    table = rows_on_stage(scene, methods_on_stage(classes_by_methods(scene, scene.classes)))

    def draw(snapshots: Snapshots, finished: bool) -> None:
        render_maps(engine, scene, table, snapshots, key="attribution_grid")
        if finished:
            done = done_in(table, snapshots)
            if not on_stage():
                render_seen(scene, table, done)
            render_downloads(scene, table, done)

    follow(engine, scene, predictions_for(settings, scene.picture), names_of(table), draw)


def names_of(table: MapTable) -> dict[Task, str]:
    """What the progress line calls each map."""
    return {
        cell.task: f"{table.columns[cell.column]} for {table.rows[cell.row]}"
        for cell in table.cells
        if cell.task is not None
    }


def done_in(table: MapTable, snapshots: Snapshots) -> dict[tuple[int, int], Attribution]:
    """The finished maps by row and column."""
    return {
        (cell.row, cell.column): attribution
        for cell in table.cells
        if cell.task is not None
        and snapshots[cell.task].state == "done"
        and (attribution := attribution_in(snapshots[cell.task])) is not None
    }


def estimates_in(table: MapTable, snapshots: Snapshots) -> dict[tuple[int, int], Attribution]:
    """The newest map of each cell that has any, done or not, by row and column."""
    return {
        (cell.row, cell.column): estimate
        for cell in table.cells
        if cell.task is not None and (estimate := attribution_in(snapshots[cell.task])) is not None
    }


def attribution_in(snapshot: TaskSnapshot) -> Attribution | None:
    """A task's newest attribution."""
    estimate = snapshot.estimate
    return estimate if isinstance(estimate, Attribution) else None


def render_maps(
    engine: Engine,
    scene: Scene,
    table: MapTable,
    snapshots: Snapshots,
    *,
    key: str,
    common: Sequence[str] | None = None,
) -> None:
    """Draw the maps as far as they are, with what is to be said of each.

    ``common`` is what stands above the maps on stage, after the one row's or column's title: the
    layer and the reference, unless given.
    """
    settings = scene.settings
    estimates = estimates_in(table, snapshots)
    saturate = limits(estimates, settings)
    squares = []
    for cell in table.cells:
        at = (cell.row, cell.column)
        if cell.task is None:
            squares.append(MapCell(*at, status="unavailable", message=cell.reason))
            continue
        squares.append(map_cell(engine, scene, *at, snapshots[cell.task], saturate.get(at, 1.0)))
    render_heatmap_grid(
        rows=table.rows,
        columns=table.columns,
        cells=squares,
        picture=scene.picture.pixels.astype(np.uint8),
        overlay=settings.view == "overlay",
        opacity=settings.opacity,
        smooth=settings.smooth,
        colours=settings.colours,
        column_help=table.column_help,
        key=key,
        stage=heading_of(table, *_common(scene, common)) if on_stage() else None,
    )


def _common(scene: Scene, common: Sequence[str] | None) -> Sequence[str]:
    settings = scene.settings
    return (settings.layer, f"{settings.reference} reference") if common is None else common


def map_cell(
    engine: Engine, scene: Scene, row: int, column: int, snapshot: TaskSnapshot, limit: float
) -> MapCell:
    """One square of a grid: the map as far as it is, and what is to be said of it."""
    estimate = attribution_in(snapshot)
    drawn = None if estimate is None else drawn_map(estimate)
    lines = () if drawn is None else drawn.caption
    return MapCell(
        row,
        column,
        values=None if drawn is None else drawn.values,
        packed=None if drawn is None else drawn.packed,
        limit=limit,
        caption=lines if snapshot.state == "done" else lines[:1],
        status="queued" if snapshot.state == "unknown" else snapshot.state,
        progress=share(snapshot) if snapshot.state == "running" and estimate else None,
        message=message(engine, scene, snapshot) or ("" if estimate is None else estimate.blank),
        unit="" if estimate is None else unit(estimate),
        picture=None if estimate is None else picture_beneath(scene.picture, estimate),
        spoken=drawn.where if drawn is not None and snapshot.state == "done" else "",
    )
