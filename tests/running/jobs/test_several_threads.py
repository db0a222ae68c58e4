"""A runner that makes several steps at a time: the same order, and never two of one job."""

from __future__ import annotations

import pytest

from tests.running.jobs.stage import LONG, A, B, C, Stage


@pytest.fixture
def wide(stages: object) -> Stage:
    stage: Stage = stages(threads=2)  # type: ignore[operator]
    return stage


def inside(stage: Stage, count: int) -> set[tuple[str, int]]:
    return {stage.at() for _ in range(count)}


def test_as_many_steps_are_under_way_as_there_are_threads(wide: Stage) -> None:
    wide.runner.ask("ann", [A, B, C])
    assert inside(wide, 2) == {("a", 1), ("b", 1)}
    assert [wide.state(each) for each in (A, B, C)] == ["running", "running", "queued"]
    assert wide.runner.look(C).place == 1
    wide.go()
    name, step = wide.at()
    # The first in the list that is in no step goes on.
    assert step == 2
    assert name in "ab"


def test_one_who_comes_is_served_beside_another_s_long_list(wide: Stage) -> None:
    wide.runner.ask("ann", [LONG, A])
    inside(wide, 2)
    wide.clock.now += 5
    wide.runner.ask("bob", [C])
    wide.open()
    wide.until(C, "done")
    wide.until(A, "done")
    wide.until(LONG, "done")
    assert sorted(wide.steps) == ["a"] * 3 + ["c"] * 3 + ["long"] * 3
    assert sorted(wide.ended) == ["a", "c", "long"]


def test_what_is_dropped_is_closed_after_its_step_and_not_in_it(wide: Stage) -> None:
    wide.runner.ask("ann", [A, B])
    inside(wide, 2)
    wide.runner.ask("ann", [])
    assert wide.ended == []
    wide.open()
    wide.runner.close(60)
    assert sorted(wide.ended) == ["a", "b"]
    assert sorted(wide.steps) == ["a", "b"]


def test_no_step_begins_beside_those_that_it_may_not_stand_beside(stages: object) -> None:
    stage: Stage = stages(  # type: ignore[operator]
        threads=3, beside=lambda work, others: work.name != "b"
    )
    stage.runner.ask("ann", [A, B, C])
    assert inside(stage, 2) == {("a", 1), ("c", 1)}
    assert "b" not in stage.started
    stage.open()
    stage.until(B, "done")
    assert stage.steps.index("b") > stage.steps.index("a")


def test_time_left_is_shared_by_those_who_work_beside_each_other(stages: object) -> None:
    from attribution_core.running.turns import in_line
    from attribution_core.running.wishes import Job, Rest, Waiter

    jobs: tuple[Job[str, str], ...] = tuple(Job(name, 0, 0) for name in "abcd")
    seconds = dict(zip(jobs, (4.0, 2.0, 1.0, 3.0), strict=True))
    waiter: Waiter[str, str] = Waiter("ann", tuple("abcd"), 0.0, 0.0, 0, jobs=jobs)

    def rest(job: Job[str, str]) -> Rest:
        return Rest(seconds[job], True, False, job)

    def ends(at_once: int) -> list[float]:
        turns = in_line([(waiter, list(jobs))], rest, 0.0, at_once)
        return [turn.left.seconds for turn in turns if turn.left]

    assert ends(1) == [4, 6, 7, 10]
    # By hand: a 0–4 beside b 0–2, c 2–3, d 3–6.
    assert ends(2) == [4, 2, 3, 6]
    assert ends(9) == [4, 2, 1, 3]
