"""The time left, against what a clock that is only told the time then shows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pytest

from attribution_core import FunctionGame, kernel_shap, lime
from attribution_core.arrays import BoolArray, FloatArray
from attribution_core.methods.estimate import Estimate
from attribution_core.running.jobs import Runner
from attribution_core.running.pace import Paces, Run, TimeLeft, Work
from tests.patience import until

MET = Work("met", 100.0)


def begun(paces: Paces, work: Work = MET) -> Run:
    run = paces.run(work)
    run.begin()
    return run


def a_kind_that_was_met() -> Paces:
    paces = Paces()
    paces.note(MET.kind, 0, 0)
    return paces


def left(run: Run) -> float:
    found = run.left()
    assert found is not None
    return found.seconds


def test_at_a_constant_pace_the_time_left_is_exact_once_it_is_steady() -> None:
    run = begun(a_kind_that_was_met())
    for step in range(1, 41):
        run.step(step / 40, 0.25)
        if step < 4:
            assert run.left() is None
        else:
            assert left(run) == pytest.approx((40 - step) * 0.25)


def test_after_a_change_of_pace_the_time_left_comes_back_to_the_truth() -> None:
    run = begun(a_kind_that_was_met())
    for step in range(1, 21):
        run.step(step / 100, 0.2)
    assert left(run) == pytest.approx(80 * 0.2)
    for step in range(21, 41):
        run.step(step / 100, 0.6)
    assert left(run) == pytest.approx(60 * 0.6)


def test_while_the_pace_changes_no_number_is_made_up() -> None:
    run = begun(a_kind_that_was_met())
    for step in range(1, 13):
        run.step(step / 100, 0.2)
    for step in range(13, 19):
        run.step(step / 100, 2.0)
    assert run.left() is None


def test_steps_without_progress_count_with_the_next_that_has_some() -> None:
    run = begun(a_kind_that_was_met())
    for step in range(1, 25):
        run.step(step // 3 / 20, 0.5)
    assert left(run) == pytest.approx((1 - 8 / 20) * 20 * 1.5)


def test_the_first_step_of_a_kind_is_not_measured_and_its_first_run_tells_the_next_ones_cost() -> (
    None
):
    paces = Paces()
    assert paces.seconds_for(MET) is None
    run = begun(paces)
    run.step(0.1, 30.0)
    for step in range(2, 11):
        run.step(step / 10, 1.0)
    run.end(done=True)
    assert paces.seconds_for(MET) == pytest.approx(10.0)
    assert paces.seconds_for(Work("met", 250.0)) == pytest.approx(25.0)
    assert paces.seconds_for(Work("other", 250.0)) is None
    assert paces.seconds_for(Work("met", math.nan)) is None
    assert left(begun(paces)) == pytest.approx(10.0)


def test_one_slow_run_among_many_does_not_change_the_cost() -> None:
    paces = a_kind_that_was_met()
    for seconds in (10, 10, 90, 10, 10):
        run = begun(paces)
        run.step(1.0, seconds)
        run.end(done=True)
    assert paces.seconds_for(MET) == pytest.approx(10.0)


def test_what_is_known_already_costs_nothing_and_teaches_nothing() -> None:
    paces = a_kind_that_was_met()
    work = Work("met", 100.0, together="one game")
    first, follower = begun(paces, work), paces.run(work)
    first.step(1.0, 10.0)
    first.end(done=True)
    assert left(follower) == 0
    follower.begin()
    follower.step(1.0, 0.001)
    follower.end(done=True)
    assert paces.seconds_for(work) == pytest.approx(10.0)


def test_what_was_cancelled_half_way_teaches_its_pace_and_is_not_known() -> None:
    paces = a_kind_that_was_met()
    work = Work("met", 100.0, together="one game")
    run = begun(paces, work)
    run.step(0.5, 5.0)
    run.end(done=False)
    assert left(begun(paces, work)) == pytest.approx(10.0)


def test_kinds_beyond_those_remembered_are_forgotten_the_oldest_first() -> None:
    paces = Paces()
    for kind in range(600):
        paces.note(kind, 1.0, 1.0)
    assert paces.seconds_for(Work(0, 1.0)) is None
    assert paces.seconds_for(Work(599, 2.0)) == 2.0


@dataclass(frozen=True)
class Timed:
    name: str
    steps: int
    seconds: float


class Told:
    """A runner on a clock that its steps move: each takes exactly its seconds."""

    def __init__(self) -> None:
        self.now = 0.0
        self.seen: list[tuple[float, float | None]] = []
        self.runner: Runner[Timed, float] = Runner(
            self._start,
            clock=lambda: self.now,
            patience=1e9,
            work=lambda timed: Work(timed.seconds, timed.steps * timed.seconds, timed),
            share=lambda share: share,
        )

    def _start(self, timed: Timed) -> Iterator[float]:
        for step in range(timed.steps):
            if timed.name == "watched":
                found = self.runner.standing("me").left
                self.seen.append((self.now, None if found is None else found.seconds))
            self.now += timed.seconds
            yield (step + 1) / timed.steps


def test_on_a_runner_the_time_left_and_the_cost_before_are_what_then_happens() -> None:
    told = Told()
    measured, watched = Timed("measured", 10, 1.0), Timed("watched", 20, 1.0)
    asked = Timed("asked", 40, 1.0)
    try:
        assert told.runner.cost([measured]) is None
        told.runner.ask("other", [measured])
        until(lambda: told.runner.look(measured).state == "done")
        assert told.runner.cost([watched, asked]) == TimeLeft(60.0)
        assert told.runner.cost([measured]) == TimeLeft(0.0)
        told.runner.ask("me", [watched])
        until(lambda: told.runner.look(watched).state == "done")
    finally:
        told.runner.close()
    end = told.now
    assert len(told.seen) == 20
    assert told.seen == [(now, pytest.approx(end - now)) for now, _ in told.seen]


@dataclass(frozen=True)
class Sampled:
    method: str
    coalitions: int


class CountedEvaluations:
    """A runner of real methods whose clock counts the evaluations of their game."""

    def __init__(self) -> None:
        self.evaluated = 0
        self.seen: list[tuple[float, int, float]] = []
        self.runner: Runner[Sampled, Estimate] = Runner(
            self._start,
            clock=lambda: float(self.evaluated),
            patience=1e9,
            work=lambda sampled: Work(sampled.method, sampled.coalitions, sampled),
            share=lambda estimate: estimate.done / estimate.planned,
        )

    def _worth(self, coalitions: BoolArray) -> FloatArray:
        self.evaluated += len(coalitions)
        return np.sqrt(coalitions @ np.arange(1.0, 13.0))

    def _start(self, sampled: Sampled) -> Iterator[Estimate]:
        game = FunctionGame(12, self._worth, batch_size=32)
        for estimate in METHODS_RUN[sampled.method](game, sampled.coalitions):
            yield estimate
            found = self.runner.standing("me").left
            if found is not None:
                share = estimate.done / estimate.planned
                self.seen.append((share, self.evaluated, found.seconds))


METHODS_RUN: Mapping[str, Callable[[FunctionGame, int], Iterator[Estimate]]] = {
    "lime": lambda game, coalitions: lime.refine(game, samples=coalitions),
    "kernel_shap": lambda game, coalitions: kernel_shap.refine(game, budget=coalitions),
}


@pytest.mark.parametrize(("method", "coalitions"), [("lime", 640), ("kernel_shap", 640)])
def test_between_30_and_70_percent_the_time_left_is_within_30_percent_of_what_then_happens(
    method: str, coalitions: int
) -> None:
    counted, asked = CountedEvaluations(), Sampled(method, coalitions)
    try:
        counted.runner.ask("me", [asked])
        until(lambda: counted.runner.look(asked).state == "done")
    finally:
        counted.runner.close()
    midway = [each for each in counted.seen if 0.3 <= each[0] <= 0.7]
    assert len(midway) >= 5
    for _, evaluated, left_then in midway:
        assert left_then == pytest.approx(counted.evaluated - evaluated, rel=0.3)
