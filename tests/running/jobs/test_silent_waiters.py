"""Waiters that are not heard of: dropped, woken, and forgotten in the end."""

from __future__ import annotations

from collections.abc import Callable

from tests.patience import until
from tests.running.jobs.stage import A, B, C, Stage


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
    assert [*stage.runner._waiting.waiters] == ["w3", "w4", "ann"]
