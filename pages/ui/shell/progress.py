"""One line on the work that a page waits for: how far it is, Cancel, and Resume.

The line polls, and the page is drawn anew only where there is something new: with many visitors
most polls find nothing, and drawing would take the processor from what they all wait for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
import streamlit as st

from attribution_core.running.jobs import QueueFull, Snapshot, Standing
from pages.ui.shell.fragments import rerun_fragment, run_again_every
from pages.ui.shell.markdown import literal
from pages.ui.shell.scene import Scene
from pages.ui.shell.session import visitor
from pages.ui.worker.engine import Engine
from pages.ui.worker.tasks import Predict, Work

WorkSnapshot = Snapshot[object]

POLL_SECONDS = 0.5
POLL_SECONDS_A_VISITOR = 0.1
"""For each other one who waits: all polls together are then at most so many a second."""

LONGEST_POLL_SECONDS = 3.0
PATIENCE_SECONDS = 0.25
_PAGE = "followed_page"
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
    work = tuple(dict.fromkeys([*opening, *maps]))
    if not ask(engine, work, settle):
        return
    followed = _Followed(engine, scene, tuple(opening), maps, work, draw, noun, caption, buttons)
    st.fragment(followed.draw_page, key=_PAGE)()


@dataclass
class _Followed:
    """What a page waits for, from one run of the whole page to the next.

    Two fragments, the page's own part and in it the line, which alone has a timer. Drawing takes
    note of how things stand; when the line finds that something has changed, it has the page drawn.
    """

    engine: Engine
    scene: Scene
    opening: tuple[Work, ...]
    maps: Mapping[Work, str]
    work: tuple[Work, ...]
    draw: Callable[[Mapping[Work, WorkSnapshot], bool], None]
    noun: str
    caption: str | None
    buttons: tuple[str, str]
    at_first: Mapping[Work, WorkSnapshot] = field(default_factory=dict)
    snapshots: Mapping[Work, WorkSnapshot] = field(default_factory=dict)
    standing: Standing = field(default_factory=Standing)
    just_drawn: bool = False

    def draw_page(self) -> None:
        """Draw the line and the page from what there is now."""
        with self.engine.page_runs.one():
            self._draw_page()

    def _draw_page(self) -> None:
        me, jobs = visitor(), self.engine.jobs
        jobs.touch(me)
        # First, so that what changes meanwhile is found by the next poll.
        self.standing = jobs.standing(me)
        self.snapshots = {each: jobs.look(each, me) for each in self.work}
        self.at_first = self.at_first or self.snapshots
        unfinished = _any_unfinished(self.snapshots)
        waiting = _any_unfinished(self.at_first)
        arrived = any(
            self.snapshots[each].state != self.at_first[each].state
            and self.snapshots[each].state not in UNFINISHED
            for each in self.opening
        )
        if arrived or waiting != unfinished or self._sidebar_is_behind():
            # The sidebar shows what arrived, and the timer must stop with the last map.
            st.rerun()
        failed = [self.snapshots[each] for each in self.opening]
        failures = [snapshot.error for snapshot in failed if snapshot.state == "failed"]
        if failures:
            st.error(plain(failures[0]), icon=":material/error:")
        self.just_drawn = True
        st.fragment(self.draw_line, run_every=self._pause() if waiting else None)()
        self.draw(self.snapshots, not unfinished)

    def draw_line(self) -> None:
        """Draw the line; at a poll, find out first whether the page is to be drawn with it."""
        if self.just_drawn:
            self.just_drawn = False
        else:
            me, seen = visitor(), self.standing
            self.engine.jobs.touch(me)
            self.standing = self.engine.jobs.standing(me)
            if (self.standing.revision, self.standing.unfinished) != (
                seen.revision,
                seen.unfinished,
            ):
                rerun_fragment(_PAGE)
            if self.standing.unfinished:
                run_again_every(self._pause())
        with st.container(horizontal=True, vertical_alignment="center", key="progress"):
            self._line()

    def _sidebar_is_behind(self) -> bool:
        """Whether the prediction came while the page was being drawn, below the sidebar already."""
        scene = self.scene
        asked = self.snapshots.get(Predict(scene.settings.model, scene.picture))
        return scene.prediction is None and asked is not None and asked.state == "done"

    def _pause(self) -> float:
        """Seconds until the next poll: more where many wait, since little happens for each."""
        # While a model is loaded, every rerun takes time from it.
        least = POLL_SECONDS * (1 if self.engine.loaded(self.scene.settings.model) else 2)
        others = max(0, self.standing.waiting - 1)
        return min(least + POLL_SECONDS_A_VISITOR * others, LONGEST_POLL_SECONDS)

    def _cancel(self) -> None:
        self.engine.jobs.cancel(visitor())

    def _resume(self, stopped: Sequence[Work]) -> None:
        for work in stopped:
            self.engine.jobs.retry(visitor(), work)

    def _line(self) -> None:
        shown = {work: self.snapshots[work] for work in self.maps}
        if _any_unfinished(self.snapshots):
            shares = [share(snapshot) for snapshot in shown.values()]
            st.progress(
                float(np.mean(shares)) if shares else 0.0, text=literal(self._headline(shown))
            )
            st.button(
                self.buttons[0],
                key="cancel",
                icon=":material/stop_circle:",
                on_click=self._cancel,
            )
            return
        stopped = [work for work, snapshot in self.snapshots.items() if snapshot.state in STOPPED]
        if stopped:
            st.markdown(
                f"{sum(work in shown for work in stopped)} of {len(shown)} {self.noun} are not "
                "finished."
            )
            st.button(
                self.buttons[1],
                key="resume",
                icon=":material/play_circle:",
                help="Coalitions that were evaluated already are not evaluated again.",
                on_click=self._resume,
                args=(stopped,),
            )
        elif shown:
            st.caption(
                f"Attributions of the {score_name(self.scene)} at "
                f"**{literal(self.scene.settings.layer)}**. "
                ":red[Red] speaks for the class, :blue[blue] against it."
                if self.caption is None
                else self.caption
            )

    def _headline(self, shown: Mapping[Work, WorkSnapshot]) -> str:
        if self.engine.loaded(self.scene.settings.model) is None:
            return f"Loading {self.scene.model.title}: a few seconds, once"
        if not shown:
            return "Asking the model what it sees"
        done = sum(snapshot.state == "done" for snapshot in shown.values())
        text = f"{done} of {len(shown)} {self.noun} ready"
        for work, snapshot in shown.items():
            if snapshot.state == "running":
                return f"{text} · {self.maps[work]}"
        return f"{text} · {in_queue(self.standing.place).lower()}"


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
    with engine.page_runs.waiting():
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
        # Places change with every step of anybody's work: the line has them.
        return "Waiting"
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


def score_name(scene: Scene) -> str:
    """The score that is explained, in Markdown."""
    if scene.settings.score != "contrast":
        return scene.settings.score
    return f"logit's lead over “{literal(scene.labels[scene.settings.against or 0])}”"
