"""A job that fails ends alone: the worker goes on, and nothing of it is kept."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import numpy as np
import pytest

from attribution_core.running.jobs import Runner
from tests.patience import until
from tests.running.jobs.stage import SOON, A, B, Stage


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
