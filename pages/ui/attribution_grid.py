"""The grid of maps, a row a class and a column a method, that fills and sharpens with the work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from attribution_core.estimate import Estimate
from attribution_core.registry import METHODS
from pages.ui.attributions import (
    Place,
    caption,
    drawn_values,
    limits,
    places,
    predictions_for,
)
from pages.ui.downloads import render_downloads
from pages.ui.engine import Engine
from pages.ui.heatmap_grid import MapCell, render_heatmap_grid
from pages.ui.progress import follow, message, share
from pages.ui.sidebar import Scene
from pages.ui.work import Prediction, Work

if TYPE_CHECKING:
    from attribution_core.explanation import Attribution
    from pages.ui.progress import WorkSnapshot


def render_attribution_grid(engine: Engine, scene: Scene) -> None:
    """Ask for every map of the scene, and draw what there is until all are there."""
    settings = scene.settings
    asked: tuple[Place, ...] = ()
    if settings.layer:
        asked = places(settings, scene.picture, scene.classes, scene.labels)
    names: dict[Work, str] = {
        place.work: f"{METHODS[settings.methods[place.column]].title} for "
        f"{scene.labels[scene.classes[place.row]]}"
        for place in asked
        if place.work is not None
    }

    def draw(snapshots: Mapping[Work, WorkSnapshot], finished: bool) -> None:
        if asked:
            render_maps(engine, scene, asked, snapshots, key="attribution_grid")
        elif not settings.methods:
            st.info("Choose one or more methods in the sidebar.", icon=":material/arrow_back:")
        elif scene.prediction is not None and not scene.classes:
            st.info(
                "Choose one or more target classes in the sidebar.", icon=":material/arrow_back:"
            )
        done = {
            place: estimate
            for place in asked
            if place.work is not None
            and snapshots[place.work].state == "done"
            and (estimate := attribution_in(snapshots[place.work])) is not None
        }
        if done and finished:
            render_downloads(scene, done)

    follow(engine, scene, predictions_for(settings, scene.picture), names, draw)


def attribution_in(snapshot: WorkSnapshot) -> Attribution | None:
    """The newest attribution of a piece of work."""
    estimate = snapshot.estimate
    return None if isinstance(estimate, Prediction | Estimate) else estimate


def render_maps(
    engine: Engine,
    scene: Scene,
    asked: Sequence[Place],
    snapshots: Mapping[Work, WorkSnapshot],
    *,
    key: str,
) -> None:
    """Draw the maps as far as they are, with what is to be said of each."""
    settings = scene.settings
    estimates = {
        (place.row, place.column): estimate
        for place in asked
        if place.work is not None
        and (estimate := attribution_in(snapshots[place.work])) is not None
    }
    saturate = limits(estimates, settings)
    cells = []
    for place in asked:
        at = (place.row, place.column)
        if place.work is None:
            cells.append(MapCell(*at, status="unavailable", message=place.reason))
            continue
        cells.append(map_cell(engine, scene, *at, snapshots[place.work], saturate.get(at, 1.0)))
    render_heatmap_grid(
        rows=[scene.labels[number] for number in scene.classes],
        columns=[METHODS[name].title for name in settings.methods],
        cells=cells,
        picture=scene.picture.pixels.astype(np.uint8),
        overlay=settings.view == "overlay",
        opacity=settings.opacity,
        smooth=settings.smooth,
        column_help={METHODS[name].title: METHODS[name].summary for name in settings.methods},
        key=key,
    )


def map_cell(
    engine: Engine, scene: Scene, row: int, column: int, snapshot: WorkSnapshot, limit: float
) -> MapCell:
    """One square of a grid: the map as far as it is, and what is to be said of it."""
    estimate = attribution_in(snapshot)
    lines = () if estimate is None else caption(estimate)
    return MapCell(
        row,
        column,
        values=None if estimate is None else drawn_values(estimate),
        limit=limit,
        caption=lines if snapshot.state == "done" else lines[:1],
        status="queued" if snapshot.state == "unknown" else snapshot.state,
        progress=share(snapshot) if snapshot.state == "running" and estimate else None,
        message=message(engine, scene, snapshot),
    )
