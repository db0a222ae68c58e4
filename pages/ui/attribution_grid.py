"""The grid of maps, a row a class and a column a method, that fills and sharpens with the work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from attribution_core.jobs import QueueFull, Snapshot
from attribution_core.registry import METHODS
from pages.ui.attributions import (
    Place,
    caption,
    drawn_values,
    in_queue,
    limits,
    places,
    reference_of,
)
from pages.ui.downloads import render_downloads
from pages.ui.engine import Engine
from pages.ui.heatmap_grid import MapCell, render_heatmap_grid
from pages.ui.sidebar import Scene, visitor
from pages.ui.work import Predict, Prediction, Work

if TYPE_CHECKING:
    from attribution_core.explanation import Attribution

POLL_SECONDS = 0.5
Snapshots = Mapping[Place, "Snapshot[Prediction | Attribution]"]


def render_attribution_grid(engine: Engine, scene: Scene) -> None:
    """Ask for every map of the scene, and draw what there is until all are there."""
    settings = scene.settings
    predictions: list[Work] = [Predict(settings.model, scene.picture)]
    reference = reference_of(settings, scene.picture)
    if reference is not None:
        predictions.append(Predict(settings.model, reference))
    asked: tuple[Place, ...] = ()
    if settings.layer:
        asked = places(settings, scene.picture, scene.classes, scene.labels)
    me = visitor()
    try:
        engine.jobs.ask(me, [*predictions, *(place.work for place in asked if place.work)])
    except QueueFull as error:
        st.error(str(error))
        return
    known = [engine.jobs.look(work, me).state == "done" for work in predictions]
    waiting = _waiting(engine, [*predictions, *(place.work for place in asked if place.work)])

    @st.fragment(run_every=POLL_SECONDS if waiting else None)
    def panel() -> None:
        engine.jobs.touch(me)
        snapshots = {
            place: engine.jobs.look(place.work, me) for place in asked if place.work is not None
        }
        arrived = [engine.jobs.look(work, me).state == "done" for work in predictions] != known
        still_waiting = _waiting(
            engine, [*predictions, *(place.work for place in asked if place.work)]
        )
        if arrived or (waiting and not still_waiting):
            # The sidebar shows the predictions, and the timer must stop with the last map.
            st.rerun()
        _progress(engine, scene, predictions, snapshots)
        if asked:
            _grid(engine, scene, asked, snapshots)
        elif not scene.settings.methods:
            st.info("Choose one or more methods in the sidebar.", icon=":material/arrow_back:")
        elif known[0] and not scene.classes:
            st.info(
                "Choose one or more target classes in the sidebar.", icon=":material/arrow_back:"
            )
        finished = {
            place: snapshot.estimate
            for place, snapshot in snapshots.items()
            if snapshot.state == "done"
            and snapshot.estimate is not None
            and not isinstance(snapshot.estimate, Prediction)
        }
        if finished and not waiting:
            render_downloads(scene, finished)

    panel()


def _waiting(engine: Engine, work: list[Work]) -> bool:
    return any(engine.jobs.look(each, visitor()).state in ("queued", "running") for each in work)


def _progress(engine: Engine, scene: Scene, predictions: list[Work], snapshots: Snapshots) -> None:
    """One line on what is going on, with Cancel or Resume; the room is kept when there is none."""
    me = visitor()
    states = [snapshot.state for snapshot in snapshots.values()]
    opening = [engine.jobs.look(work, me) for work in predictions]
    busy = any(state in ("queued", "running") for state in states) or any(
        snapshot.state in ("queued", "running") for snapshot in opening
    )
    failures = [snapshot.error for snapshot in opening if snapshot.state == "failed"]
    if failures:
        st.error(plain(failures[0]), icon=":material/error:")
    with st.container(horizontal=True, vertical_alignment="center", key="progress"):
        if busy:
            shares = [_share(snapshot) for snapshot in snapshots.values()]
            st.progress(
                float(np.mean(shares)) if shares else 0.0, text=_headline(engine, scene, snapshots)
            )
            if st.button("Cancel", key="cancel", icon=":material/stop_circle:"):
                engine.jobs.cancel(me)
                st.rerun()
        elif any(state in ("cancelled", "failed") for state in states):
            stopped = sum(state in ("cancelled", "failed") for state in states)
            st.markdown(f"{stopped} of {len(states)} maps are not finished.")
            if st.button("Resume", key="resume", icon=":material/play_circle:"):
                for place, snapshot in snapshots.items():
                    if snapshot.state in ("cancelled", "failed") and place.work is not None:
                        engine.jobs.retry(me, place.work)
                for work in predictions:
                    engine.jobs.retry(me, work)
                st.rerun()
        elif states:
            st.caption(
                f"Attributions of the {_score_name(scene)} at **{scene.settings.layer}**. "
                ":red[Red] speaks for the class, :blue[blue] against it."
            )


def _score_name(scene: Scene) -> str:
    if scene.settings.score != "contrast":
        return scene.settings.score
    return f"logit's lead over “{scene.labels[scene.settings.against or 0]}”"


def _headline(engine: Engine, scene: Scene, snapshots: Snapshots) -> str:
    if engine.loaded(scene.settings.model) is None:
        return f"Loading {scene.model.title}: a few seconds, once"
    if not snapshots:
        return "Asking the model what it sees"
    done = sum(snapshot.state == "done" for snapshot in snapshots.values())
    text = f"{done} of {len(snapshots)} maps ready"
    for place, snapshot in snapshots.items():
        if snapshot.state == "running":
            method = METHODS[scene.settings.methods[place.column]].title
            return f"{text} · {method} for {scene.labels[scene.classes[place.row]]}"
    ahead = min((snapshot.place for snapshot in snapshots.values() if snapshot.place), default=None)
    return f"{text} · {in_queue(ahead).lower()}"


def _share(snapshot: Snapshot[Prediction | Attribution]) -> float:
    if snapshot.state == "done":
        return 1.0
    estimate = snapshot.estimate
    if estimate is None or isinstance(estimate, Prediction):
        return 0.0
    return estimate.done / max(estimate.planned, 1)


def _grid(engine: Engine, scene: Scene, asked: tuple[Place, ...], snapshots: Snapshots) -> None:
    settings = scene.settings
    estimates = {
        (place.row, place.column): snapshot.estimate
        for place, snapshot in snapshots.items()
        if snapshot.estimate is not None and not isinstance(snapshot.estimate, Prediction)
    }
    saturate = limits(estimates, settings)
    cells = []
    for place in asked:
        at = (place.row, place.column)
        if place not in snapshots:
            cells.append(MapCell(*at, status="unavailable", message=place.reason))
            continue
        snapshot, estimate = snapshots[place], estimates.get(at)
        cells.append(
            MapCell(
                *at,
                values=None if estimate is None else drawn_values(estimate),
                limit=saturate.get(at, 1.0),
                caption=_cell_caption(snapshot, estimate),
                status=_status(snapshot),
                progress=_share(snapshot) if snapshot.state == "running" and estimate else None,
                message=_message(engine, scene, snapshot),
            )
        )
    render_heatmap_grid(
        rows=[scene.labels[number] for number in scene.classes],
        columns=[METHODS[name].title for name in settings.methods],
        cells=cells,
        picture=scene.picture.pixels.astype(np.uint8),
        overlay=settings.view == "overlay",
        opacity=settings.opacity,
        smooth=settings.smooth,
        column_help={METHODS[name].title: METHODS[name].summary for name in settings.methods},
        key="attribution_grid",
    )


def _status(snapshot: Snapshot[Prediction | Attribution]) -> str:
    return "queued" if snapshot.state == "unknown" else snapshot.state


def _cell_caption(
    snapshot: Snapshot[Prediction | Attribution], estimate: Attribution | None
) -> tuple[str, ...]:
    if estimate is None:
        return ()
    return caption(estimate) if snapshot.state == "done" else caption(estimate)[:1]


def _message(engine: Engine, scene: Scene, snapshot: Snapshot[Prediction | Attribution]) -> str:
    if snapshot.state == "failed":
        return plain(snapshot.error)
    if snapshot.state == "running":
        if engine.loaded(scene.settings.model) is None:
            return "Loading the model"
        if snapshot.estimate is None:
            return "Starting"
        return f"{100 * _share(snapshot):.0f} %"
    if snapshot.state in ("queued", "unknown"):
        return in_queue(snapshot.place)
    return "Cancelled" if snapshot.state == "cancelled" else ""


def plain(error: Exception | None) -> str:
    """An error in one sentence: our own sentences as they are, others by their kind."""
    if isinstance(error, ValueError | FileNotFoundError) and str(error):
        return str(error)
    return (
        f"This could not be computed ({type(error).__name__}); "
        "try it again, or with fewer samples or at a higher layer."
    )
