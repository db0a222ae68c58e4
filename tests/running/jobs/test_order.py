"""Whose job gets the next step, and what is said of places and times."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution_core.running import pace
from attribution_core.running.jobs import Runner
from attribution_core.running.times import GUESSED_SECONDS
from tests.patience import until
from tests.running.jobs.stage import LONG, SOON, A, B, C, Clock, Stage, Work


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
