"""How much may be asked for at once, and how much is kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from attribution_core.running.jobs import QueueFull
from tests.running.jobs.stage import LONG, A, B, C, Stage, Work


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
