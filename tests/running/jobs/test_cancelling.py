"""Who no longer waits: what is given up, cancelled or taken up again."""

from __future__ import annotations

from attribution_core.running.standing import Snapshot
from tests.patience import until
from tests.running.jobs.stage import A, B, C, Stage


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
