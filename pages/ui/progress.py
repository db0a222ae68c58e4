"""One line on the work that a page waits for: how far it is, Cancel, and Resume."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import streamlit as st

from attribution_core.jobs import QueueFull, Snapshot
from pages.ui.engine import Engine
from pages.ui.markdown import literal
from pages.ui.shell.scene import Scene
from pages.ui.shell.session import visitor
from pages.ui.work import Work

WorkSnapshot = Snapshot[object]

POLL_SECONDS = 0.5
PATIENCE_SECONDS = 0.25
UNFINISHED = ("queued", "running")
STOPPED = ("cancelled", "failed")


def follow(
    engine: Engine,
    scene: Scene,
    opening: Sequence[Work],
    maps: Mapping[Work, str],
    draw: Callable[[Mapping[Work, WorkSnapshot], bool], None],
    *,
    settle: Work | None = None,
    noun: str = "maps",
    caption: str | None = None,
    buttons: tuple[str, str] = ("Cancel", "Resume"),
) -> None:
    """Ask for work, and draw what there is again and again until all of it is done.

    Parameters
    ----------
    engine, scene
    opening : sequence of Work
        Asked first; the sidebar shows some of it, so the whole page is drawn anew when it comes.
    maps : mapping of Work to str
        The page's own work, with names for the progress line.
    draw : callable
        Draws the page from the snapshots of all work; also told whether all of it is at its end.
    settle : Work, optional
        Quick work worth a moment's waiting, so that what a click did is seen in the same run.
    noun : str
        What the page's work is called in the progress line.
    caption : str, optional
        Markdown in the line's place when all is done; by default how to read attributions.
    buttons : (str, str)
        What the buttons that stop the work and go on with it are called.
    """
    me = visitor()
    work = list(dict.fromkeys([*opening, *maps]))
    if not ask(engine, work, settle):
        return
    first = {each: engine.jobs.look(each, me) for each in work}
    waiting = _any_unfinished(first)
    opened = [first[each].state for each in opening]

    # While a model is loaded, every rerun takes time from it.
    pause = POLL_SECONDS if engine.loaded(scene.settings.model) else 2 * POLL_SECONDS

    @st.fragment(run_every=pause if waiting else None)
    def panel() -> None:
        engine.jobs.touch(me)
        snapshots = {each: engine.jobs.look(each, me) for each in work}
        unfinished = _any_unfinished(snapshots)
        arrived = any(
            snapshots[each].state != before and snapshots[each].state not in UNFINISHED
            for each, before in zip(opening, opened, strict=True)
        )
        if arrived or (waiting and not unfinished):
            # The sidebar shows what arrived, and the timer must stop with the last map.
            st.rerun()
        _render_line(engine, scene, opening, maps, snapshots, noun, caption, buttons)
        draw(snapshots, not unfinished)

    panel()


def ask(engine: Engine, work: Sequence[Work], settle: Work | None = None) -> bool:
    """Ask for exactly this work; False where the queue is full, which the page then says.

    ``settle`` is quick work among it that is worth a moment's waiting.
    """
    me = visitor()
    try:
        engine.jobs.ask(me, work)
    except QueueFull as error:
        st.error(str(error))
        return False
    until = time.monotonic() + PATIENCE_SECONDS
    while (
        settle is not None
        and engine.jobs.look(settle, me).state in UNFINISHED
        and time.monotonic() < until
    ):
        time.sleep(0.01)
    return True


@runtime_checkable
class Partial(Protocol):
    """A result that says how much of its work is done."""

    @property
    def done(self) -> int: ...

    @property
    def planned(self) -> int: ...


def share(snapshot: WorkSnapshot) -> float:
    """How much of the work is done, 0..1."""
    if snapshot.state == "done":
        return 1.0
    estimate = snapshot.estimate
    return estimate.done / max(estimate.planned, 1) if isinstance(estimate, Partial) else 0.0


def in_queue(place: int | None) -> str:
    """The place in the queue in words."""
    if place is None:
        return "Waiting"
    return "Next in the queue" if place == 1 else f"Number {place} in the queue"


def message(engine: Engine, scene: Scene, snapshot: WorkSnapshot) -> str:
    """What is to be said of one piece of work that is not done."""
    if snapshot.state == "failed":
        return plain(snapshot.error)
    if snapshot.state == "running":
        if engine.loaded(scene.settings.model) is None:
            return "Loading the model"
        return "Starting" if snapshot.estimate is None else f"{100 * share(snapshot):.0f} %"
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


def _any_unfinished(snapshots: Mapping[Work, WorkSnapshot]) -> bool:
    return any(snapshot.state in UNFINISHED for snapshot in snapshots.values())


def _render_line(
    engine: Engine,
    scene: Scene,
    opening: Sequence[Work],
    maps: Mapping[Work, str],
    snapshots: Mapping[Work, WorkSnapshot],
    noun: str,
    caption: str | None,
    buttons: tuple[str, str],
) -> None:
    me = visitor()
    failures = [snapshots[each].error for each in opening if snapshots[each].state == "failed"]
    if failures:
        st.error(plain(failures[0]), icon=":material/error:")
    shown = {work: snapshots[work] for work in maps}
    with st.container(horizontal=True, vertical_alignment="center", key="progress"):
        if _any_unfinished(snapshots):
            shares = [share(snapshot) for snapshot in shown.values()]
            st.progress(
                float(np.mean(shares)) if shares else 0.0,
                text=literal(_headline(engine, scene, maps, shown, noun)),
            )
            if st.button(buttons[0], key="cancel", icon=":material/stop_circle:"):
                engine.jobs.cancel(me)
                st.rerun()
            return
        stopped = [work for work, snapshot in snapshots.items() if snapshot.state in STOPPED]
        if stopped:
            st.markdown(
                f"{sum(work in shown for work in stopped)} of {len(shown)} {noun} are not finished."
            )
            if st.button(
                buttons[1],
                key="resume",
                icon=":material/play_circle:",
                help="Coalitions that were evaluated already are not evaluated again.",
            ):
                for work in stopped:
                    engine.jobs.retry(me, work)
                st.rerun()
        elif shown:
            st.caption(
                f"Attributions of the {score_name(scene)} at **{literal(scene.settings.layer)}**. "
                ":red[Red] speaks for the class, :blue[blue] against it."
                if caption is None
                else caption
            )


def score_name(scene: Scene) -> str:
    """The score that is explained, in Markdown."""
    if scene.settings.score != "contrast":
        return scene.settings.score
    return f"logit's lead over “{literal(scene.labels[scene.settings.against or 0])}”"


def _headline(
    engine: Engine,
    scene: Scene,
    maps: Mapping[Work, str],
    shown: Mapping[Work, WorkSnapshot],
    noun: str,
) -> str:
    if engine.loaded(scene.settings.model) is None:
        return f"Loading {scene.model.title}: a few seconds, once"
    if not shown:
        return "Asking the model what it sees"
    done = sum(snapshot.state == "done" for snapshot in shown.values())
    text = f"{done} of {len(shown)} {noun} ready"
    for work, snapshot in shown.items():
        if snapshot.state == "running":
            return f"{text} · {maps[work]}"
    ahead = min((snapshot.place for snapshot in shown.values() if snapshot.place), default=None)
    return f"{text} · {in_queue(ahead).lower()}"
