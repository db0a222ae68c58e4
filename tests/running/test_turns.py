"""Whose turn it is, against closed forms: jobs that take exactly what they say."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution_core.running.jobs import Runner
from attribution_core.running.pace import Work
from attribution_core.running.shares import EvenTurns
from attribution_core.running.wishes import Job
from tests.patience import UNCHANGED, until

GATE = "gate"
LONGEST = 500
"""Steps that any test takes: where others follow, something is never served."""


@dataclass(frozen=True)
class Timed:
    """Work whose steps take a second each."""

    name: str
    seconds: int = 1
    priority: int = 0


class Hall:
    """A runner that knows how long everything takes, and starts when all have asked."""

    def __init__(self) -> None:
        self.now = 0.0
        self.steps: list[str] = []
        self.ends: dict[str, float] = {}
        self.said: dict[str, float] = {}
        self._gate = threading.Event()
        self.runner: Runner[Timed, float] = Runner(
            self._start,
            priority=lambda timed: timed.priority,
            clock=lambda: self.now,
            patience=1e9,
            work=lambda timed: Work("second", timed.seconds, timed),
            share=lambda share: share,
        )
        self.learn()

    def learn(self) -> None:
        """Two runs, since the first of a kind is not measured."""
        for each in (Timed("prepare"), Timed("measure")):
            self.runner.ask("before", [each])
            until(lambda each=each: self.runner.look(each).state == "done")
        self.runner.ask("before", [])
        self.steps.clear()

    def _start(self, timed: Timed) -> Iterator[float]:
        if timed.name == GATE:
            assert self._gate.wait(UNCHANGED)
            return
        for step in range(timed.seconds):
            self.now += 1.0
            self.steps.append(timed.name)
            self.ends[timed.name] = self.now
            self.arrive()
            yield (step + 1) / timed.seconds

    def arrive(self) -> None:
        """What happens within each step."""

    def serve(self, wishes: Mapping[str, Sequence[Timed]], most: int = LONGEST) -> None:
        """All ask at one moment, and are served, at least for so many steps if not to the end."""
        gate = Timed(GATE, 0)
        self.runner.ask(GATE, [gate])
        until(lambda: self.runner.look(gate).state == "running")
        for waiter, asked in wishes.items():
            self.runner.ask(waiter, asked)
        for waiter in wishes:
            left = self.runner.standing(waiter).left
            assert left is not None
            self.said[waiter] = self.now + left.seconds
        self._gate.set()
        due = [each for asked in wishes.values() for each in asked]
        try:
            until(
                lambda: (
                    len(self.steps) >= most
                    or all(self.steps.count(each.name) >= each.seconds for each in due)
                ),
                watched=lambda: min(LONGEST, len(self.steps)),
            )
        finally:
            self.runner.close(UNCHANGED)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=6))
def test_a_crowd_that_asks_at_once_is_served_one_after_the_other_the_quickest_first(
    seconds: list[int],
) -> None:
    """No order has a smaller mean (Smith 1956); in turns, all would be done late."""
    hall = Hall()
    hall.serve({f"v{at}": [Timed(f"v{at}", each)] for at, each in enumerate(seconds)})
    began, in_order = 2.0, sorted(range(len(seconds)), key=lambda at: (seconds[at], at))
    for place, at in enumerate(in_order):
        assert hall.ends[f"v{at}"] == began + sum(seconds[each] for each in in_order[: place + 1])


def test_nobodys_long_list_keeps_others_from_a_first_map() -> None:
    hall = Hall()
    hall.serve(
        {
            "ann": [Timed(f"a{number}") for number in range(12)],
            "bob": [Timed(f"b{number}") for number in range(12)],
            "cid": [Timed("c")],
        }
    )
    assert hall.steps[:5] == ["c", "a0", "b0", "a1", "b1"]


class Stream(Hall):
    """While someone waits for long work, another asks for a second's as soon as it has one."""

    def __init__(self, priority: int = 0) -> None:
        self.priority = priority
        self.asked = 0
        super().__init__()

    def arrive(self) -> None:
        if self.steps[-1] != "measure" and self.steps[-1] != "prepare":
            self.asked += 1
            self.runner.ask("stream", [Timed(f"s{self.asked}", 1, self.priority)])


@pytest.mark.parametrize("seconds", [3, 5, 8])
def test_who_has_waited_as_long_as_the_work_takes_is_not_passed_by_quicker_work(
    seconds: int,
) -> None:
    stream = Stream()
    stream.serve({"patient": [Timed("long", seconds)], "stream": [Timed("s0")]})
    first = stream.steps.index("long")
    # (first + 1) / seconds against (0 + 1) / 1, and of equals goes who came first.
    assert first == seconds - 1


def test_less_urgent_work_gets_a_tenth_of_the_time_while_more_urgent_work_never_ends() -> None:
    stream = Stream()
    stream.serve({"patient": [Timed("long", 6, priority=2)], "stream": [Timed("s0")]})
    served = [at for at, step in enumerate(stream.steps) if step == "long"]
    assert served == [9, 19, 29, 39, 49, 59]


def test_the_tenth_of_long_work_is_shared_by_two_visitors() -> None:
    """Each has a twentieth, whoever came first: both see their maps sharpen."""
    stream = Stream()
    patient = {name: [Timed(name, 15, priority=2)] for name in ("ann", "bob")}
    stream.serve({**patient, "stream": [Timed("s0")]})
    steps = [step for step in stream.steps if step in patient]
    assert steps[:10] == ["ann", "bob"] * 5
    served = [at for at, step in enumerate(stream.steps) if step in patient]
    assert served == [10 * number + 9 for number in range(30)]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=2, max_size=2))
def test_the_time_left_knows_of_the_turns_that_two_visitors_long_work_takes(
    seconds: list[int],
) -> None:
    hall = Hall()
    hall.serve({f"v{at}": [Timed(f"v{at}", each)] for at, each in enumerate(seconds)})
    for name, said in hall.said.items():
        assert said == pytest.approx(hall.ends[name], abs=1)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=3, max_size=5))
def test_the_time_left_knows_of_the_turns_of_more(seconds: list[int]) -> None:
    """Of those who come out nearly alike, who is first is not known: one of them is then."""
    hall = Hall()
    hall.serve({f"v{at}": [Timed(f"v{at}", each)] for at, each in enumerate(seconds)})
    ends = sorted(hall.ends[name] for name in hall.said)
    for said, end in zip(sorted(hall.said.values()), ends, strict=True):
        assert abs(said - end) <= 4 + 0.1 * end


class Newcomers(Stream):
    """And two more, again and again, for five seconds of the same priority as the long work."""

    def arrive(self) -> None:
        super().arrive()
        for name in ("cid", "dan"):
            if self.runner.standing(name).unfinished == 0:
                self.asked += 1
                self.runner.ask(name, [Timed(f"{name}{self.asked}", 5, priority=2)])


@pytest.mark.parametrize("patient", [("ann",), ("ann", "bob")])
def test_long_work_has_its_tenth_though_quicker_work_of_its_priority_keeps_coming(
    patient: tuple[str, ...],
) -> None:
    """As exact Shapley values beside visitors who look at the pixels: a tenth is theirs alone."""
    newcomers = Newcomers()
    wishes = {name: [Timed(name, 600, priority=2)] for name in patient}
    newcomers.serve({**wishes, "stream": [Timed("s0")]}, most=300)
    steps = newcomers.steps[:300]
    served = [step for step in steps if step in patient]
    # Each that is owed has a ninth of what more urgent work takes: u + u/9 + (u + u/9)/9 = 1.
    assert len(served) == pytest.approx(0.1 * len(steps), abs=1)
    assert sum(step[:3] in ("cid", "dan") for step in steps) == pytest.approx(0.09 * 300, abs=1)
    assert served == [name for _ in range(30) for name in patient][: len(served)]


def test_two_who_take_turns_have_as_much_time_each_however_long_their_steps_are() -> None:
    had = {"long": 0.0, "short": 0.0}
    turns: EvenTurns[str, float] = EvenTurns()
    jobs = [Job("long", 0, 0), Job("short", 0, 0, revision=1)]
    took = {"long": 1.0, "short": 0.25}
    for _ in range(50):
        job = turns.next(jobs)
        had[job.request] += took[job.request]
        turns.took(job, took[job.request])
    assert had == {"long": 10.0, "short": 10.0}


def test_long_work_is_shared_by_visitors_and_not_by_what_they_ask_for() -> None:
    hall = Hall()
    hall.serve({"ann": [Timed("ann", 60)], "bob": [Timed(f"b{number}", 20) for number in range(5)]})
    # A step each until ten of hers are left.
    assert [step == "ann" for step in hall.steps[:98]] == [True, False] * 49
    assert hall.steps[98:109] == ["ann"] * 11
    assert hall.ends["b0"] < hall.ends["b1"] < hall.ends["ann"] < hall.ends["b2"]


def test_two_visitors_at_a_time_have_long_work_under_way() -> None:
    """What has begun holds memory."""
    hall = Hall()
    names = ("ann", "bob", "cid", "dan")
    hall.serve({name: [Timed(name, 30)] for name in names})
    for at in range(len(hall.steps)):
        begun, ahead = set(hall.steps[: at + 1]), set(hall.steps[at + 1 :])
        assert len(begun & ahead) <= 2
    assert [hall.steps[:4], hall.steps[-4:]] == [["ann", "bob"] * 2, ["dan"] * 4]


def test_what_is_had_while_nothing_urgent_waits_is_no_debt() -> None:
    hall = Hall()
    hall.serve({"ann": [Timed("long", 5, priority=2)]})
    shares = hall.runner._waiting.shares
    urgent, long = (0, False), (2, False)
    assert shares.due({urgent, long}, {urgent, long}) == urgent
    for _ in range(9):
        shares.took(urgent, 1.0)
    assert shares.due({urgent, long}, {urgent, long}) == long
