"""Films on stage: which one is chosen, and the grid that plays it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import streamlit as st

from attribution_core.registry import METHODS
from pages.ui.components.heatmap_grid import MapCell, render_heatmap_grid
from pages.ui.components.stage_strip import StageControl
from pages.ui.motion.downloads import render_film_downloads
from pages.ui.motion.film import Film
from pages.ui.motion.path import along_path
from pages.ui.motion.sequences import over_budgets, over_classes, over_counts, over_layers
from pages.ui.shell.progress import Snapshots, follow
from pages.ui.shell.requests import predictions_for
from pages.ui.shell.scene import Scene
from pages.ui.stage.controls import (
    class_in_sight,
    film_in_sight,
    method_in_sight,
    methods_in_sight,
    offer,
    usual_layers,
)
from pages.ui.stage.curtain import on_stage
from pages.ui.worker.engine import Engine

NO_FILM = "none"
FILMS = {
    "layers": "Film: layers",
    "classes": "Film: classes",
    "counts": "Film: superpixels",
    "path": "Film: path",
    "budget": "Film: budget",
}
MOST_ROWS = 4
"""Classes of one film."""


def film_chosen(films: Mapping[str, str]) -> str | None:
    """The film that the stage's strip has chosen among those that a page offers; None for none."""
    if not on_stage():
        return None
    offered = {NO_FILM: "No film", **films}
    name = film_in_sight(tuple(offered))
    offer(StageControl("film", "Film", offered, name, ("stage-film",)))
    return None if name == NO_FILM else name


def explore_film(scene: Scene) -> Film | None:
    """The film chosen on Explore's stage."""
    name = film_chosen(FILMS)
    if name is None or scene.classifier is None or not scene.classes:
        return None
    settings = scene.settings
    titles = {method: METHODS[method].title for method in settings.methods}
    offer(methods_in_sight(titles))
    method = method_in_sight(titles) or settings.methods[0]
    shown = class_in_sight(scene)
    classes = scene.classes[:MOST_ROWS] if shown is None else (shown,)
    reference = f"{settings.reference} reference"
    there = f"{settings.layer} · {reference}"
    if name == "layers":
        return over_layers(scene, method, classes, usual_layers(scene), reference)
    if name == "classes":
        return over_classes(scene, method, there)
    if name == "counts":
        return over_counts(scene, method, classes, there)
    if name == "budget":
        return over_budgets(scene, classes[0], there)
    return along_path(scene, classes, settings.layer)


def render_film(engine: Engine, scene: Scene, film: Film) -> None:
    """Ask for a film's pictures, and play it in the place of the maps."""
    if not film.tasks:
        st.info(f"There is nothing to film here: {film.title}.", icon=":material/movie_off:")
        return

    def draw(snapshots: Snapshots, finished: bool) -> None:
        draw_film(scene, film, snapshots, finished, key="attribution_grid")

    opening = predictions_for(scene.settings, scene.picture)
    follow(engine, scene, opening, film.tasks, draw, noun="pictures", caption=film.title)


def draw_film(scene: Scene, film: Film, snapshots: Snapshots, finished: bool, *, key: str) -> None:
    """Play a film as far as its tasks, which the page has asked for, are done."""
    settings = scene.settings
    reel = film.reel(snapshots)
    squares = [
        (row, column) for row in range(len(film.rows)) for column in range(len(film.columns))
    ]
    waiting = "Nothing could be computed." if finished else "The film is being computed"
    cells = [MapCell(*at, status="queued", message=waiting) for at in squares]
    render_heatmap_grid(
        rows=film.rows,
        columns=film.columns,
        cells=reel.shots[0].cells if reel.shots else cells,
        picture=scene.picture.pixels.astype(np.uint8),
        overlay=settings.view == "overlay",
        opacity=settings.opacity,
        smooth=settings.smooth,
        colours=settings.colours,
        key=key,
        stage=film.title,
        film=reel,
    )
    if reel.shots and len(reel.shots) == reel.planned:
        render_film_downloads(scene, film, reel)
