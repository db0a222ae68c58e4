"""The job runner: shared, fair, stoppable between steps, and never stuck."""

from __future__ import annotations

import gc
import pickle
import queue
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution_core.running import pace
from attribution_core.running.jobs import Closed, QueueFull, Runner
from attribution_core.running.standing import Snapshot, Standing
from attribution_core.running.times import GUESSED_SECONDS
from tests.patience import UNCHANGED, until

SOON = UNCHANGED
"""Seconds after which a test that should be instantaneous counts as stuck."""


@dataclass(frozen=True)
class Work:
    name: str
    steps: int = 3
    priority: int = 0


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Stage:
    """A runner whose computations stop inside every step until they are let through."""

    def __init__(self, **settings: int) -> None:
        self.started: list[str] = []
        self.ended: list[str] = []
        self.steps: list[str] = []
        self.failures: dict[str, BaseException] = {}
        self.amounts: dict[str, pace.Work] = {}
        self.clock = Clock()
        self._entered = queue.Queue[tuple[str, int]]()
        self._passes = threading.Semaphore(0)
        self.runner: Runner[Work, str] = Runner(
            self._start,
            priority=lambda work: work.priority,
            clock=self.clock,
            keep=settings.get("keep", 256),
            per_waiter=settings.get("per_waiter", 64),
            in_all=settings.get("in_all", 512),
            work=lambda work: self.amounts.get(work.name),
            share=lambda estimate: int(estimate[-1]) / 3,
        )

    def _start(self, work: Work) -> Iterator[str]:
        self.started.append(work.name)
        try:
            for step in range(1, work.steps + 1):
                self._entered.put((work.name, step))
                assert self._passes.acquire(timeout=SOON)
                self.steps.append(work.name)
                if work.name in self.failures:
                    raise self.failures[work.name]
                yield f"{work.name}{step}"
        finally:
            self.ended.append(work.name)

    def at(self) -> tuple[str, int]:
        """Wait for the worker to be inside the next step; all steps before it are published."""
        return self._entered.get(timeout=SOON)

    def go(self) -> None:
        self._passes.release()

    def open(self) -> None:
        self._passes.release(1000)

    def state(self, work: Work, waiter: str | None = None) -> str:
        return self.runner.look(work, waiter).state

    def until(self, work: Work, state: str) -> Snapshot[str]:
        until(lambda: self.state(work) == state)
        return self.runner.look(work)


@pytest.fixture
def stages() -> Iterator[Callable[..., Stage]]:
    made: list[Stage] = []

    def make(**settings: int) -> Stage:
        made.append(Stage(**settings))
        return made[-1]

    yield make
    for stage in made:
        stage.open()
        stage.runner.close(SOON)


@pytest.fixture
def stage(stages: Callable[..., Stage]) -> Stage:
    return stages()


A, B, C = Work("a"), Work("b"), Work("c")
URGENT = Work("urgent", priority=-1)
LONG = Work("long", priority=1)


# ---- from asking to done ----


def test_the_newest_estimate_shows_while_it_runs(stage: Stage) -> None:
    assert stage.runner.look(A) == Snapshot("unknown")
    stage.runner.ask("ann", [A])
    assert stage.at() == ("a", 1)
    assert stage.runner.look(A) == Snapshot("running")
    stage.clock.now += 2.0
    stage.go()
    assert stage.at() == ("a", 2)
    assert stage.runner.look(A) == Snapshot("running", estimate="a1", seconds=2.0)
    stage.open()
    assert stage.until(A, "done") == Snapshot("done", estimate="a3", seconds=2.0)
    assert stage.ended == ["a"]


def test_a_waiters_standing_changes_with_what_is_new_to_it(stage: Stage) -> None:
    runner = stage.runner
    assert runner.standing("ann") == Standing()
    runner.ask("ann", [A])
    assert stage.at() == ("a", 1)
    begun = runner.standing("ann")
    assert (begun.unfinished, begun.place, begun.waiting) == (1, None, 1)
    # Nothing has happened to ann's: others' requests, their places and steps are no news to her.
    runner.ask("bob", [URGENT, C])
    assert runner.standing("ann") == replace(begun, waiting=2)
    asked = runner.standing("bob")
    assert (asked.unfinished, asked.place, asked.waiting) == (2, 1, 2)
    stage.go()
    assert stage.at() == ("urgent", 1)
    estimated = runner.standing("ann")
    assert estimated.revision != begun.revision
    assert runner.standing("bob").revision != asked.revision
    stage.go()
    assert stage.at() == ("urgent", 2)
    assert runner.standing("ann").revision == estimated.revision
    # What she gives up she waits for no more; an end is news.
    runner.cancel("bob")
    assert runner.standing("bob").unfinished == 0
    stage.open()
    stage.until(A, "done")
    ended = runner.standing("ann")
    assert (ended.unfinished, ended.place) == (0, None)
    assert ended.revision != estimated.revision
    until(lambda: runner.standing("ann").waiting == 0)


def test_a_fresh_start_is_news(stage: Stage) -> None:
    stage.failures["a"] = ValueError("no")
    stage.runner.ask("ann", [A])
    stage.open()
    stage.until(A, "failed")
    failed = stage.runner.standing("ann")
    stage.failures.clear()
    stage.runner.retry("ann", A)
    assert stage.runner.standing("ann").revision != failed.revision
    stage.until(A, "done")


def test_nothing_to_yield_is_done_without_estimate() -> None:
    runner: Runner[str, int] = Runner(lambda request: iter(()))
    runner.ask("ann", ["x"])
    until(lambda: runner.look("x") == Snapshot("done", seconds=runner.look("x").seconds))
    runner.close(SOON)


def test_equal_requests_are_one_job(stage: Stage) -> None:
    stage.runner.ask("ann", [Work("a"), Work("a")])
    stage.at()
    stage.runner.ask("bob", [Work("a")])
    stage.open()
    stage.until(A, "done")
    stage.runner.ask("cid", [Work("a")])
    assert stage.state(A, "cid") == "done"
    assert stage.started == ["a"]


def test_snapshots_travel(stage: Stage) -> None:
    stage.failures["a"] = ValueError("no")
    stage.runner.ask("ann", [A])
    stage.open()
    failed = stage.until(A, "failed")
    copy = pickle.loads(pickle.dumps(failed))
    assert (copy.state, str(copy.error)) == ("failed", "no")


# ---- order ----


def test_one_waiter_gets_its_jobs_in_order_one_at_a_time(stage: Stage) -> None:
    stage.runner.ask("ann", [B, A, C])
    stage.open()
    stage.until(C, "done")
    assert stage.steps == [*"bbbaaaccc"]


def test_interactive_goes_before_long_even_mid_way(stage: Stage) -> None:
    stage.runner.ask("ann", [LONG])
    assert stage.at() == ("long", 1)
    stage.runner.ask("bob", [A])
    stage.go()
    assert stage.at() == ("a", 1)
    held = stage.runner.look(LONG)
    assert (held.state, held.place, held.estimate) == ("running", None, "long1")
    stage.open()
    stage.until(LONG, "done")
    assert stage.steps == ["long", "a", "a", "a", "long", "long"]
    assert stage.started == ["long", "a"], "held up, not started over"


def test_a_waiters_own_interactive_request_goes_before_its_long_one(stage: Stage) -> None:
    stage.runner.ask("ann", [LONG])
    stage.at()
    stage.runner.ask("ann", [LONG, A])
    stage.go()
    assert stage.at() == ("a", 1)
    assert (stage.state(LONG), stage.state(A)) == ("running", "running")
    stage.open()
    stage.until(LONG, "done")
    assert stage.steps == ["long", "a", "a", "a", "long", "long"]


def test_repeating_a_list_does_not_cost_ones_turn(stage: Stage) -> None:
    stage.runner.ask("ann", [Work("a", 1)])
    stage.at()
    stage.runner.ask("bob", [B])
    stage.runner.ask("cid", [C])
    stage.runner.ask("bob", [B])
    stage.go()
    assert stage.at() == ("b", 1)
    assert stage.runner.look(C).place == 1


def test_what_two_wait_for_is_made_once_and_both_have_it(stage: Stage) -> None:
    stage.runner.ask("ann", [Work("other", 1)])
    stage.at()
    for waiter in ("bob", "cid"):
        stage.runner.ask(waiter, [A])
    stage.runner.ask("dan", [B])
    stage.open()
    stage.until(B, "done")
    assert stage.steps == ["other", *"aaabbb"]


waiters_lists = st.lists(st.lists(st.integers(0, 8), max_size=6, unique=True), max_size=5)


@settings(max_examples=60, deadline=None)
@given(waiters_lists, st.lists(st.integers(0, 1), min_size=9, max_size=9))
def test_places_are_the_order_in_which_jobs_get_time(
    lists: list[list[int]], priorities: list[int]
) -> None:
    gate, order, clock = threading.Event(), list[int](), Clock()

    def start(request: int) -> Iterator[None]:
        order.append(request)
        if request < 0:
            assert gate.wait(SOON)
        clock.now += GUESSED_SECONDS
        return iter(())

    runner = Runner(start, priority=lambda request: (*priorities, -1)[request], clock=clock)
    runner.ask("first", [-1])
    until(lambda: order == [-1])
    for waiter, requests in enumerate(lists):
        runner.ask(str(waiter), requests)
    asked = {request for requests in lists for request in requests}
    places = {request: runner.look(request).place or 0 for request in asked}
    assert sorted(places.values()) == list(range(1, len(asked) + 1))
    gate.set()
    until(lambda: all(runner.look(request).state == "done" for request in asked))
    runner.close(SOON)
    assert order == [-1, *sorted(asked, key=lambda request: places[request])]


def test_places_mean_something_to_a_person(stage: Stage) -> None:
    stage.runner.ask("ann", [A, B, LONG])
    stage.at()
    stage.runner.ask("bob", [C])
    place = {work.name: stage.runner.look(work).place for work in (A, B, C, LONG)}
    assert place == {"a": None, "c": 1, "b": 2, "long": 3}
    stage.runner.cancel("ann", B)
    assert stage.runner.look(LONG).place == 2


def test_who_is_held_up_by_a_step_of_anothers_learns_how_long_it_takes(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    stage.runner.ask("ann", [A])
    stage.at()
    stage.runner.ask("bob", [B])
    stage.clock.now += 4.0
    assert (stage.runner.standing("ann").held, stage.runner.standing("bob").held) == (0.0, 4.0)
    stage.clock.now += 3.0
    stage.go()
    stage.at()
    assert stage.runner.standing("bob").held == 0.0
    assert "A step of Work took 7.0 s." in caplog.text


def test_what_is_to_be_done_soon_is_told_by_the_line(stage: Stage) -> None:
    stage.amounts = {name: pace.Work("alike", 3.0) for name in "abc"}
    stage.runner.ask("ann", [A, LONG])
    # Three steps of a second; the first of a kind is not measured.
    for _ in range(3):
        stage.at()
        # What cannot be told may be soon, if it is urgent and nothing else comes before it.
        assert stage.runner.soon("ann", 0.0, A.priority) == [A]
        assert stage.runner.soon("ann", 1000.0, A.priority - 1) == []
        stage.clock.now += 1.0
        stage.go()
    stage.until(A, "done")

    assert stage.runner.ask("ann", [A, B])
    stage.at()
    assert stage.runner.soon("ann", 3.0, 0) == [B]
    assert stage.runner.soon("ann", 2.9, 0) == []
    # Another's comes first; with others in the line, nothing is soon that cannot be told.
    stage.runner.ask("bob", [C])
    assert stage.runner.soon("bob", 5.9, 0) == []
    assert stage.runner.soon("bob", 6.0, 0) == [C]
    stage.runner.ask("eve", [LONG])
    assert stage.runner.soon("eve", 1000.0, LONG.priority) == []
    assert stage.runner.soon("nobody", 1000.0, LONG.priority) == []
    stage.runner.cancel("ann", B)
    assert stage.runner.soon("ann", 3.0, 0) == []


def test_only_what_was_not_asked_before_is_a_new_wish(stage: Stage) -> None:
    assert stage.runner.ask("ann", [A])
    assert not stage.runner.ask("ann", [A])
    assert stage.runner.ask("ann", [A, B])
    assert not stage.runner.ask("ann", [B])
    assert not stage.runner.ask("ann", [])


def test_waiting_ends_with_the_last_of_what_is_waited_for(stage: Stage) -> None:
    stage.runner.ask("ann", [A, B, C])
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(stage.runner.wait, [A, B], SOON)
        for _ in range(4):
            stage.at()
            stage.go()
        assert stage.at() == ("b", 2)
        assert not waiting.done()
        stage.go()
        stage.at()
        stage.go()
        assert waiting.result(SOON)
        assert stage.at() == ("c", 1)
    assert not stage.runner.wait([B, C], 0.01)
    assert stage.runner.wait([], SOON)


# ---- who no longer waits ----


def test_what_nobody_names_any_more_stops_between_steps(stage: Stage) -> None:
    stage.runner.ask("ann", [A])
    stage.at()
    stage.runner.ask("ann", [B])
    stage.go()
    assert stage.at() == ("b", 1)
    assert stage.steps == ["a"], "at most the step it was in"
    assert stage.ended == ["a"], "the generator was closed, its finally has run"
    assert stage.runner.look(A) == Snapshot("cancelled", estimate="a1")


def test_cancel_shows_at_once_and_keeps_the_newest_estimate(stage: Stage) -> None:
    stage.runner.ask("ann", [A, B])
    stage.at()
    stage.go()
    stage.at()
    stage.runner.cancel("ann")
    assert stage.runner.look(A) == Snapshot("cancelled", estimate="a1")
    assert stage.state(B) == "cancelled"
    stage.go()
    until(lambda: stage.ended == ["a"])
    assert stage.runner.look(A) == Snapshot("cancelled", estimate="a2")
    assert stage.steps == ["a", "a"]


def test_cancel_leaves_others_their_job(stage: Stage) -> None:
    stage.runner.ask("ann", [A])
    stage.runner.ask("bob", [A])
    stage.at()
    stage.runner.cancel("ann", A)
    assert stage.state(A, "ann") == "cancelled"
    assert stage.state(A, "bob") == stage.state(A) == "running"
    stage.open()
    stage.until(A, "done")
    assert stage.state(A, "ann") == "done", "what is there for free is shown"


def test_a_cancel_outlasts_reruns_until_the_person_acts(stage: Stage) -> None:
    stage.runner.ask("ann", [A])
    stage.at()
    stage.runner.cancel("ann", A)
    stage.open()
    until(lambda: stage.ended == ["a"])
    for _ in range(3):
        stage.runner.ask("ann", [A])
        stage.runner.touch("ann")
    stage.runner.ask("ann", [A, B])
    stage.until(B, "done")
    assert stage.state(A) == "cancelled"
    assert stage.started == ["a", "b"]

    stage.runner.ask("ann", [B])
    stage.runner.ask("ann", [A, B])
    assert stage.until(A, "done").estimate == "a3"

    assert stage.started == ["a", "b", "a"]


def test_a_cancelled_job_resumes_at_retry_or_for_somebody_else(stage: Stage) -> None:
    stage.runner.ask("ann", [A, B])
    stage.at()
    stage.clock.now += 2.0
    stage.runner.cancel("ann")
    stage.open()
    until(lambda: stage.ended == ["a"])
    stage.runner.retry("ann", A)
    assert stage.until(A, "done").seconds == 0.0, "counted from its last start"
    assert stage.state(B) == "cancelled"
    stage.runner.ask("bob", [B])
    stage.until(B, "done")
    assert stage.started == ["a", "a", "b"]


def test_cancel_and_retry_of_what_is_not_ones_own_do_nothing(stage: Stage) -> None:
    stage.failures["b"] = OSError("no")
    stage.runner.ask("ann", [B, A])
    stage.at()
    stage.go()
    stage.at()
    stage.runner.ask("bob", [C])
    for request in (A, B):
        stage.runner.cancel("bob", request)
        stage.runner.retry("bob", request)
        stage.runner.cancel("nobody", request)
        stage.runner.retry("nobody", request)
    assert (stage.state(A), stage.state(B)) == ("running", "failed")
    stage.runner.retry("ann", A)
    stage.open()
    stage.until(A, "done")
    stage.runner.cancel("ann", A)
    stage.runner.retry("ann", A)
    assert stage.state(A) == "done"
    assert stage.started.count("a") == 1


def test_asked_again_before_its_step_ends_it_goes_on(stage: Stage) -> None:
    stage.runner.ask("ann", [A])
    stage.at()
    stage.runner.ask("ann", [])
    stage.runner.ask("bob", [A])
    stage.open()
    stage.until(A, "done")
    assert stage.started == ["a"]


def test_a_waiter_not_heard_of_is_dropped_and_one_that_polls_is_not(stage: Stage) -> None:
    stage.runner.ask("ann", [A])
    stage.runner.ask("bob", [B])
    stage.at()
    for _ in range(3):
        stage.clock.now += 6.0
        stage.runner.touch("bob")
    stage.open()
    stage.until(B, "done")
    assert stage.steps.count("a") == 1
    assert stage.ended == ["a", "b"]
    assert stage.state(A) == "cancelled"


def test_a_waiter_heard_of_again_waits_as_before(stage: Stage) -> None:
    stage.runner.ask("ann", [A, B, C])
    stage.at()
    stage.runner.cancel("ann", B)
    stage.clock.now += 11.0
    stage.go()
    until(lambda: stage.ended == ["a"])
    assert stage.state(C) == "cancelled"
    stage.runner.touch("ann")
    stage.open()
    stage.until(C, "done")
    assert stage.started == ["a", "a", "c"]
    assert stage.state(B) == "cancelled"


def test_a_sleeping_waiter_wakes_even_when_its_jobs_are_forgotten(
    stages: Callable[..., Stage],
) -> None:
    stage = stages(keep=1)
    stage.open()
    stage.runner.ask("ann", [A, B])
    stage.until(B, "done")
    stage.runner.cancel("ann")
    stage.clock.now += 11.0
    stage.runner.ask("bob", [C])
    stage.until(C, "done")
    assert stage.state(A) == "unknown"
    stage.runner.touch("ann")
    stage.until(A, "done")
    stage.runner.touch("nobody")


def test_sleeping_waiters_are_forgotten_in_the_end(stages: Callable[..., Stage]) -> None:
    stage = stages(keep=2)
    stage.open()
    for index in range(5):
        stage.runner.ask(f"w{index}", [A])
    stage.until(A, "done")
    stage.clock.now += 11.0
    stage.runner.ask("ann", [A])
    assert [*stage.runner._waiters] == ["w3", "w4", "ann"]


# ---- failures ----


def test_a_failure_reaches_all_who_wait_and_the_worker_survives(stage: Stage) -> None:
    stage.failures["a"] = ValueError("bad layer")
    stage.runner.ask("ann", [A])
    stage.at()
    stage.runner.ask("bob", [A, B])
    stage.open()
    stage.until(B, "done")
    for waiter in ("ann", "bob"):
        failed = stage.runner.look(A, waiter)
        assert (failed.state, str(failed.error)) == ("failed", "bad layer")


def test_a_failed_job_runs_again_only_at_retry_or_a_fresh_wish(stage: Stage) -> None:
    stage.open()
    stage.failures["a"] = ValueError("bad layer")
    stage.runner.ask("ann", [A])
    stage.until(A, "failed")
    for _ in range(3):
        stage.runner.ask("ann", [A])
    stage.runner.ask("ann", [A, B])
    stage.until(B, "done")
    assert stage.started == ["a", "b"]

    stage.runner.retry("ann", A)
    until(lambda: stage.started == ["a", "b", "a"])
    stage.until(A, "failed")

    del stage.failures["a"]
    stage.runner.ask("bob", [A])
    done = stage.until(A, "done")
    assert (done.estimate, done.error) == ("a3", None)


def test_a_failure_late_keeps_the_newest_estimate(stage: Stage) -> None:
    stage.runner.ask("ann", [A])
    stage.at()
    stage.go()
    stage.at()
    stage.failures["a"] = OSError("gone")
    stage.go()
    assert stage.until(A, "failed").estimate == "a1"


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_a_stop_from_inside_ends_the_job_alone(stage: Stage, stop: type[BaseException]) -> None:
    stage.open()
    stage.failures["a"] = stop()
    stage.runner.ask("ann", [A, B])
    stage.until(B, "done")
    failed = stage.runner.look(A)
    assert failed.state == "failed"
    assert isinstance(failed.error, Exception)
    assert stop.__name__ in str(failed.error)


@pytest.mark.parametrize("error", [ValueError("unknown layer"), StopIteration()])
def test_a_failing_start_is_a_failing_job(error: Exception) -> None:
    def start(request: str) -> Iterator[int]:
        if request == "bad":
            raise error
        return iter([1])

    runner = Runner(start)
    runner.ask("ann", ["bad", "good"])
    until(lambda: runner.look("good").state == "done")
    assert runner.look("bad").error is error
    runner.close(SOON)


def test_a_failure_does_not_keep_the_arrays_of_its_frames() -> None:
    arrays: list[weakref.ref[np.ndarray]] = []

    def start(request: str) -> Iterator[int]:
        array = np.zeros(1000)
        arrays.append(weakref.ref(array))
        yield 1
        raise ValueError(f"after {array.size}")

    runner = Runner(start)
    runner.ask("ann", ["x"])
    until(lambda: runner.look("x").state == "failed")
    runner.close(SOON)
    gc.collect()
    assert runner.look("x").error is not None
    assert arrays[0]() is None


def test_an_iterator_that_will_not_close_is_left_behind() -> None:
    entered, gate = threading.Event(), threading.Event()

    def start(request: str) -> Iterator[int]:
        try:
            if request == "stubborn":
                entered.set()
                assert gate.wait(SOON)
            yield 1
            yield 2
        finally:
            if request == "stubborn":
                raise SystemExit

    runner = Runner(start)
    runner.ask("ann", ["stubborn"])
    assert entered.wait(SOON)
    runner.ask("ann", ["good"])
    gate.set()
    until(lambda: runner.look("good").state == "done")
    runner.close(SOON)


# ---- bounds ----


def test_a_list_too_long_is_refused_and_nothing_changes(stages: Callable[..., Stage]) -> None:
    stage = stages(per_waiter=2)
    stage.runner.ask("ann", [A])
    stage.at()
    with pytest.raises(QueueFull, match="At most 2"):
        stage.runner.ask("ann", [A, B, C])
    assert (stage.state(A), stage.state(B)) == ("running", "unknown")
    stage.runner.ask("ann", [A, B, B])


def test_a_full_queue_refuses_what_is_new_beyond_ones_share(
    stages: Callable[..., Stage],
) -> None:
    stage = stages(in_all=2)
    stage.runner.ask("ann", [A, B])
    stage.at()
    with pytest.raises(QueueFull, match="queue is full"):
        stage.runner.ask("ann", [A, B, C])
    with pytest.raises(QueueFull, match="more than your share"):
        stage.runner.ask("bob", [C, LONG])
    assert (stage.state(C), stage.state(LONG)) == ("unknown", "unknown")
    assert (stage.state(A), stage.runner.look(B).place) == ("running", 1)
    # One who has filled the queue keeps nobody out, nor is it refused what it has asked for.
    stage.runner.ask("bob", [C])
    stage.runner.ask("ann", [A, B])
    assert stage.state(C) == "queued"
    stage.runner.ask("bob", [])
    stage.runner.ask("ann", [B, C])
    assert stage.state(C) == "queued"


def test_waking_may_overfill_the_queue_and_lists_may_still_be_repeated(
    stages: Callable[..., Stage],
) -> None:
    stage = stages(in_all=1)
    stage.runner.ask("ann", [A])
    stage.at()
    stage.clock.now += 11.0
    stage.runner.ask("bob", [B])
    stage.runner.touch("ann")
    stage.runner.ask("bob", [B])
    stage.open()
    stage.until(A, "done")
    stage.until(B, "done")


def test_results_are_kept_while_named_and_then_the_recent_ones(
    stages: Callable[..., Stage],
) -> None:
    stage = stages(keep=2)
    stage.open()
    works = [Work(f"w{index}", 1) for index in range(5)]
    stage.runner.ask("ann", works)
    stage.until(works[-1], "done")
    assert all(stage.state(work) == "done" for work in works), "named"
    stage.runner.look(works[0])
    stage.runner.look(works[2])
    stage.runner.ask("ann", [])
    assert [stage.state(work) for work in works] == [
        "done", "unknown", "done", "unknown", "unknown",
    ]  # fmt: skip


# ---- closing ----


def test_close_stops_after_the_step_and_closes_what_is_suspended(stage: Stage) -> None:
    stage.runner.ask("ann", [LONG])
    stage.at()
    stage.runner.ask("bob", [A, B])
    stage.go()
    assert stage.at() == ("a", 1)
    closing = threading.Thread(target=stage.runner.close)
    closing.start()
    until(lambda: stage.state(A) == "cancelled")
    stage.go()
    closing.join(SOON)
    assert not closing.is_alive()
    assert sorted(stage.ended) == ["a", "long"]
    assert stage.steps == ["long", "a"]
    assert [stage.state(work) for work in (LONG, A, B)] == ["cancelled"] * 3
    assert stage.runner.look(A).estimate == "a1"
    with pytest.raises(Closed, match="restarting"):
        stage.runner.ask("ann", [A])
    stage.runner.touch("ann")
    stage.runner.close(SOON)


def test_an_idle_runner_closes_at_once(stage: Stage) -> None:
    stage.runner.close(SOON)
    assert not stage.runner._thread.is_alive()


def test_whatever_many_sessions_do_every_computation_ends_and_the_worker_lives() -> None:
    started, ended = list[int](), list[int]()

    def start(request: int) -> Iterator[int]:
        started.append(request)
        try:
            yield from range(request)
            if request % 4 == 3:
                raise ValueError(request)
        finally:
            ended.append(request)

    runner = Runner(start, priority=lambda request: request % 2, keep=3)

    def click(seed: int) -> None:
        random, waiter = np.random.default_rng(seed), f"w{seed % 5}"
        for action in random.integers(0, 5, 150):
            request = int(random.integers(0, 12))
            if action == 0:
                runner.ask(waiter, random.integers(0, 12, 4).tolist())
            elif action == 1:
                runner.cancel(waiter, request)
            elif action == 2:
                runner.retry(waiter, request)
            else:
                snapshot = runner.look(request, waiter)
                assert (snapshot.place is not None) == (snapshot.state == "queued")
                assert (snapshot.error is not None) == (snapshot.state == "failed")

    with ThreadPoolExecutor(6) as pool:
        for clicked in [pool.submit(click, seed) for seed in range(6)]:
            clicked.result(SOON)
    for waiter in range(5):
        runner.ask(f"w{waiter}", [])
    runner.ask("last", [100])
    until(lambda: runner.look(100).state == "done")
    assert sorted(started) == sorted(ended)
    assert len(runner._jobs) <= 4
    runner.close(SOON)
