"""From asking to done: what a waiter sees of its jobs."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from attribution_core.running.jobs import Runner
from attribution_core.running.standing import Snapshot, Standing
from tests.patience import until
from tests.running.jobs.stage import SOON, URGENT, A, B, C, Stage, Work


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
