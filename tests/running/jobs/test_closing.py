"""Whatever was asked, every computation ends, and so does the worker."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from attribution_core.running.jobs import Closed, Runner
from tests.patience import until
from tests.running.jobs.stage import LONG, SOON, A, B, Stage


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
    assert not stage.runner._stepping.threads[0].is_alive()


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
    assert len(runner._waiting.jobs) <= 4
    runner.close(SOON)
