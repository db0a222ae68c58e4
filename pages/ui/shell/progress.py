"""One line on the tasks that a page waits for: their progress, Cancel, and Resume.

Quick work is waited for, and drawn with all else that a click changes. For other work the line
polls, and the page is redrawn only where there is something new: with many visitors most polls find
nothing, and drawing would take the processor from what they all wait for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import streamlit as st

from attribution_core.running.jobs import QueueFull
from attribution_core.running.standing import Snapshot, Standing, State
from attribution_core.scores import FINER, FINER_TITLE
from pages.ui.shell.colours import legend
from pages.ui.shell.fragments import draw_fragment, rerun_fragment, run_again_every
from pages.ui.shell.markdown import literal
from pages.ui.shell.scene import Scene
from pages.ui.shell.session import visitor
from pages.ui.worker.cost import about, says_how_much, share_of
from pages.ui.worker.engine import INTERACTIVE, Engine
from pages.ui.worker.tasks import Predict, Task

TaskSnapshot = Snapshot[object]
Snapshots = Mapping[Task, TaskSnapshot]
"""How each of a page's tasks stands."""

POLL_SECONDS = 0.5
POLL_SECONDS_A_VISITOR = 0.1
"""Added for each other visitor who waits, which bounds the polls of all of them per second."""

LONGEST_POLL_SECONDS = 3.0
LONG_STEP_SECONDS = 2.0
"""A step of another visitor's work that lasts longer is named as what is waited for."""

PATIENCE_SECONDS = 0.3
"""A run waits for so long for what a click has asked for, if it is to be there by then."""

_LINE = "followed_line"
_PAGE = "followed_page"
UNFINISHED = ("queued", "running")
STOPPED = ("cancelled", "failed")


def follow(
    engine: Engine,
    scene: Scene,
    opening: Sequence[Task],
    maps: Mapping[Task, str],
    draw: Callable[[Snapshots, bool], None],
    *,
    settle: Task | None = None,
    noun: str = "maps",
    caption: str | None = None,
    buttons: tuple[str, str] = ("Cancel", "Resume"),
) -> None:
    """Ask for tasks, and redraw the page as their results come until all of them have ended.

    Parameters
    ----------
    engine, scene
    opening : sequence of Task
        Asked first. The sidebar shows some of their results: the whole app is rerun with them.
    maps : mapping of Task to str
        The page's own tasks, with names for the progress line.
    draw : callable
        Draws the page from the snapshots of all tasks; the flag says whether all have ended.
    settle : Task, optional
        A quick task worth a short wait, so that the effect of a click is seen in the same run.
    noun : str
        What the progress line calls the results of the page's own tasks.
    caption : str, optional
        Markdown shown instead of the line when all is done; by default how to read attributions.
    buttons : (str, str)
        Labels of the buttons that stop the tasks and resume them.
    """
    tasks = tuple(dict.fromkeys([*opening, *maps]))
    before = {each: engine.jobs.look(each, visitor()).state for each in opening}
    if not ask(engine, tasks, settle):
        return
    _Followed(engine, scene, before, maps, tasks, draw, noun, caption, buttons).draw()


@dataclass
class _Followed:
    """What a page waits for, from one run of the whole app to the next.

    Two fragments, one above the other: the line, which alone has a timer, and the page's own part.
    What both draw is looked up first. When a poll of the line finds that it has changed, it is
    looked up again, and the page's part is rerun after the line.
    """

    engine: Engine
    scene: Scene
    opening: Mapping[Task, State]
    """How those stood when the sidebar was drawn whose results it shows."""
    maps: Mapping[Task, str]
    tasks: tuple[Task, ...]
    draw_maps: Callable[[Snapshots, bool], None]
    noun: str
    caption: str | None
    buttons: tuple[str, str]
    at_first: Snapshots = field(default_factory=dict)
    snapshots: Snapshots = field(default_factory=dict)
    standing: Standing = field(default_factory=Standing)
    to_draw: set[str] = field(default_factory=set)
    """Which of the two have yet to draw what was looked up for both."""

    def draw(self) -> None:
        """Draw the line and the page from what there is now."""
        self.look()
        self.to_draw = {_LINE, _PAGE}
        waiting = _any_unfinished(self.snapshots)
        draw_fragment(self.draw_line, run_every=self._pause() if waiting else None, key=_LINE)
        draw_fragment(self.draw_page, key=_PAGE)

    def look(self) -> None:
        """See how the tasks stand; rerun the whole app where more than this part has to change."""
        me, jobs = visitor(), self.engine.jobs
        jobs.touch(me)
        # First, so that what changes meanwhile is found by the next poll.
        self.standing = jobs.standing(me)
        self.snapshots = {each: jobs.look(each, me) for each in self.tasks}
        self.at_first = self.at_first or self.snapshots
        arrived = any(
            self.snapshots[each].state not in (before, *UNFINISHED)
            for each, before in self.opening.items()
        )
        ended_or_resumed = _any_unfinished(self.snapshots) != _any_unfinished(self.at_first)
        if arrived or ended_or_resumed or self._sidebar_is_behind():
            # The sidebar shows what arrived, and the timer must stop with the last map.
            st.rerun()

    def draw_line(self) -> None:
        """Draw the line; at a poll, look again where something has changed, and redraw the page."""
        changed = not self._to_draw(_LINE) and self._poll()
        with st.container(horizontal=True, vertical_alignment="center", key="progress"):
            self._line()
        if changed:
            self.to_draw = {_PAGE}
            rerun_fragment(_PAGE)

    def _poll(self) -> bool:
        """Whether anything has changed since the page was drawn."""
        me, seen = visitor(), self.standing
        self.engine.jobs.touch(me)
        self.standing = self.engine.jobs.standing(me)
        now = (self.standing.revision, self.standing.unfinished)
        changed = now != (seen.revision, seen.unfinished)
        if changed:
            self.look()
        if self.standing.unfinished:
            run_again_every(self._pause())
        return changed

    def draw_page(self) -> None:
        """Draw the page's own part; after a click in it, from how the tasks stand then."""
        with self.engine.page_runs.one():
            if not self._to_draw(_PAGE):
                self.look()
            for each in self.opening:
                if self.snapshots[each].state == "failed":
                    st.error(plain(self.snapshots[each].error), icon=":material/error:")
                    break
            self.draw_maps(self.snapshots, not _any_unfinished(self.snapshots))

    def _to_draw(self, part: str) -> bool:
        """Whether this part has yet to draw what was looked up for both; not again after this."""
        to_draw = part in self.to_draw
        self.to_draw.discard(part)
        return to_draw

    def _sidebar_is_behind(self) -> bool:
        """Whether the prediction came after the sidebar, and before the page, was drawn."""
        scene = self.scene
        asked = self.snapshots.get(Predict(scene.settings.model, scene.picture))
        return scene.prediction is None and asked is not None and asked.state == "done"

    def _pause(self) -> float:
        """Seconds until the next poll: more where many wait, since each then sees few changes."""
        # While a model is loaded, every rerun takes time from it.
        least = POLL_SECONDS * (1 if self.engine.loaded(self.scene.settings.model) else 2)
        others = max(0, self.standing.waiting - 1)
        return min(least + POLL_SECONDS_A_VISITOR * others, LONGEST_POLL_SECONDS)

    def _cancel(self) -> None:
        self.engine.jobs.cancel(visitor())

    def _resume(self, stopped: Sequence[Task]) -> None:
        for task in stopped:
            self.engine.jobs.retry(visitor(), task)

    def _line(self) -> None:
        shown = {task: self.snapshots[task] for task in self.maps}
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
        stopped = [task for task, snapshot in self.snapshots.items() if snapshot.state in STOPPED]
        if stopped:
            st.markdown(
                f"{sum(task in shown for task in stopped)} of {len(shown)} {self.noun} are not "
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
                f"{legend(self.scene.settings)}"
                if self.caption is None
                else self.caption
            )

    def _headline(self, shown: Snapshots) -> str:
        if self.engine.loaded(self.scene.settings.model) is None:
            return f"Loading {self.scene.model.title}: a few seconds, once"
        if not shown:
            return "Asking the model what it sees"
        done = sum(snapshot.state == "done" for snapshot in shown.values())
        text = f"{done} of {len(shown)} {self.noun} ready"
        if self.standing.held > LONG_STEP_SECONDS:
            return f"{text} · waiting for another visitor’s long step"
        for task, snapshot in shown.items():
            if snapshot.state == "running":
                left = about(self.standing.left, "left")
                return " · ".join(filter(None, (text, self.maps[task], left)))
        place = in_queue(self.standing.place).lower()
        return " · ".join(filter(None, (text, place, about(self.standing.left))))


def ask(engine: Engine, tasks: Sequence[Task], settle: Task | None = None) -> bool:
    """Ask for exactly these tasks; False where the queue is full, which the page then says.

    New wishes that are to be done in a moment, or may be, are waited for, with what comes before
    them in the line: drawn at once, they cost one run instead of two, and no poll. ``settle`` is
    another that is worth as short a wait.
    """
    me, jobs = visitor(), engine.jobs
    try:
        new = jobs.ask(me, tasks)
    except QueueFull as error:
        st.error(str(error))
        return False
    quick = new and all(engine.loaded(task.model) is not None for task in tasks)
    awaited = jobs.soon(me, PATIENCE_SECONDS, INTERACTIVE) if quick else []
    with engine.page_runs.waiting():
        jobs.wait(awaited if settle is None else [*awaited, settle], PATIENCE_SECONDS)
    return True


def share(snapshot: TaskSnapshot) -> float:
    """How much of the task is done, 0..1."""
    if snapshot.state == "done":
        return 1.0
    estimate = snapshot.estimate
    return share_of(estimate) if says_how_much(estimate) else 0.0


def in_queue(position: int | None) -> str:
    """The position in the queue, in words."""
    if position is None:
        return "Waiting"
    return "Next in the queue" if position == 1 else f"Number {position} in the queue"


def message(engine: Engine, scene: Scene, snapshot: TaskSnapshot) -> str:
    """What to say of a task that is not done."""
    if snapshot.state == "failed":
        return plain(snapshot.error)
    if snapshot.state == "running":
        if engine.loaded(scene.settings.model) is None:
            return "Loading the model"
        return "Starting" if snapshot.estimate is None else f"{100 * share(snapshot):.0f} %"
    if snapshot.state in ("queued", "unknown"):
        # Positions in the queue change with every step of any task: the line has them.
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


def _any_unfinished(snapshots: Snapshots) -> bool:
    return any(snapshot.state in UNFINISHED for snapshot in snapshots.values())


def score_name(scene: Scene) -> str:
    """The score that is explained, in Markdown."""
    if scene.settings.score == FINER:
        return FINER_TITLE
    if scene.settings.score != "contrast":
        return scene.settings.score
    return f"{scene.quantity}'s lead over “{literal(scene.labels[scene.settings.against or 0])}”"
