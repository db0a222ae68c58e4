"""Whose turn it is: the quickest first for whoever waits longest, and a share for long work.

More urgent priorities go first. Within one, the waiter is served whose rest there takes the least
time beside what that waiter has waited: shortest remaining time with ageing, the "highest response
ratio next" of Brinch Hansen (Short-term scheduling in multiprogramming systems, 1971). Each result
starts the waiting anew, so that nobody's long list keeps others from a first map. Less urgent work
gets a tenth of the time while any waits. Of long work, the first two visitors in line make a step
each in turn.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections import deque
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from attribution_core.running.pace import Run, TimeLeft

Request = TypeVar("Request", bound=Hashable)
Estimate = TypeVar("Estimate")


@dataclass(eq=False)
class Job(Generic[Request, Estimate]):
    """One request, shared by all who ask for it.

    Attributes
    ----------
    looked
        Grows each time that somebody looks at it, and when it ends: the smallest is forgotten
        first.
    revision
        Changes with every start, estimate and end.
    started
        Whether it has an iterator to be closed, or is to get one.
    outcome
        How it ended; None while it has not.
    seconds
        Time that the steps since the last start took.
    run
        How far it has come and how fast; None while it is not known how much work it is.
    """

    request: Request
    priority: int
    looked: int
    revision: int = 0
    iterator: Iterator[Estimate] | None = None
    started: bool = False
    outcome: Literal["done", "failed"] | None = None
    estimate: Estimate | None = None
    error: Exception | None = None
    seconds: float = 0.0
    run: Run | None = None


@dataclass(eq=False)
class Waiter(Generic[Request, Estimate]):
    """One who waits for results.

    Attributes
    ----------
    requests
        What it waits for, in its own order.
    heard
        When it was last heard from, by the runner's clock.
    since
        When its waiting began: at its wish, or at its latest result, by the runner's clock.
    turn
        Grows with each such beginning, and decides between equals: the smallest is next.
    given_up
        What it has cancelled.
    """

    name: str
    requests: tuple[Request, ...]
    heard: float
    since: float
    turn: int
    given_up: set[Request] = field(default_factory=set)
    # Those of its requests, while it is awake: hashing a request takes longer than all else here.
    jobs: tuple[Job[Request, Estimate], ...] = ()

    def wants(self, job: Job[Request, Estimate]) -> bool:
        """Whether it has not given up one of its jobs."""
        return not (self.given_up and job.request in self.given_up)


SHARE_OF_LESS_URGENT = 0.1
"""Of the time, for each less urgent priority in which anything waits."""

GRACE = 1.0
"""Seconds added to each waiting, so that of those who have just come the quickest is first."""

GUESSED_STEP = 1.0
"""Seconds that a step of a priority takes as long as none was made."""

SHORTEST = 0.01
"""Seconds that any rest is taken to last."""

LONG_REST = 10.0
"""Seconds: work that still takes longer takes turns with that of the next visitor in line.

Of no more than two, since work that has begun holds what it has computed in memory.
"""

Wish = tuple[Waiter[Request, Estimate], list[Job[Request, Estimate]]]
"""A waiter, and its unfinished jobs in its own order."""


@dataclass(frozen=True)
class Rest:
    """What is left of a job.

    Attributes
    ----------
    seconds
        How long it still takes.
    measured
        Whether the seconds are: otherwise they are a guess.
    at_most
        Whether it may end earlier.
    group
        Equal for jobs that are computed in one go: all are there when one of them is.
    """

    seconds: float
    measured: bool
    at_most: bool
    group: Hashable


@dataclass(frozen=True, eq=False)
class Turn(Generic[Request, Estimate]):
    """That a waiter is served with a job, which is to be done after so many seconds from now.

    ``left`` is None where that is not known.
    """

    waiter: Waiter[Request, Estimate]
    job: Job[Request, Estimate]
    left: TimeLeft | None


def wishes_of(waiters: Iterable[Waiter[Request, Estimate]]) -> list[Wish[Request, Estimate]]:
    """List each of the waiters that waits for something, with its unfinished jobs in its order."""
    wishes = []
    for waiter in waiters:
        unfinished = [job for job in waiter.jobs if job.outcome is None and waiter.wants(job)]
        if unfinished:
            wishes.append((waiter, sorted(unfinished, key=lambda job: job.priority)))
    return wishes


class Shares:
    """What less urgent priorities are owed of the time that more urgent work takes.

    It is paid by whole steps, each once it is owed.
    """

    def __init__(self) -> None:
        self._owed: dict[int, float] = {}
        self._step: dict[int, float] = {}

    def due(self, waiting: Collection[int], ready: Collection[int]) -> int:
        """Whose turn it is, of the priorities that are ready among those in which anything
        waits."""
        self._owed = {each: self._owed.get(each, 0.0) for each in waiting}
        paid = [
            each
            for each, owed in self._owed.items()
            if each in ready and owed > 0 and owed >= self._step.get(each, GUESSED_STEP)
        ]
        return max(paid, default=min(ready))

    def took(self, priority: int, seconds: float) -> None:
        """Note that a step of this priority has taken so long."""
        self._step[priority] = seconds
        for each in self._owed:
            if each > priority:
                self._owed[each] += seconds * SHARE_OF_LESS_URGENT / (1 - SHARE_OF_LESS_URGENT)
        if priority in self._owed:
            # What is had where nothing more urgent waits is no debt.
            least = 0.0 if priority == min(self._owed) else -math.inf
            self._owed[priority] = max(least, self._owed[priority] - seconds)


def in_line(
    wishes: Sequence[Wish[Request, Estimate]],
    rest_of: Callable[[Job[Request, Estimate]], Rest],
    now: float,
    at_once: int = 1,
) -> Iterator[Turn[Request, Estimate]]:
    """Yield the jobs in the order in which they are served, if each then runs to its end.

    Parameters
    ----------
    wishes
        What each of the waiters waits for.
    rest_of
        Tells what is left of a job.
    now
        By the clock of the waiters.
    at_once
        How many run beside each other, at least 1.
    """
    wanted_by: dict[Job[Request, Estimate], list[Waiter[Request, Estimate]]] = {}
    for waiter, jobs in wishes:
        for job in jobs:
            wanted_by.setdefault(job, []).append(waiter)
    rests = {job: rest_of(job) for job in wanted_by}
    # Since when each has waited, in seconds from now, and what decides between equals.
    waiting = {waiter: (waiter.since - now, waiter.turn) for waiter, _ in wishes}
    turns = itertools.count(max((turn for _, turn in waiting.values()), default=0) + 1)
    placed, done = set[Job[Request, Estimate]](), dict[Hashable, float]()
    # When each of those that run beside each other is free again, in seconds from now.
    free = [0.0] * at_once
    measured, at_most = True, False
    for priority in sorted({job.priority for job in rests}):
        lanes: dict[Waiter[Request, Estimate], _Lane[Request, Estimate]] = {}
        for waiter, jobs in wishes:
            if mine := [job for job in jobs if job.priority == priority]:
                lanes[waiter] = _Lane(mine, rests, done, *waiting[waiter])
        while lanes:
            served, lane = max(lanes.items(), key=lambda each: each[1].response(free[0]))
            job = lane.jobs[0]
            placed.add(job)
            rest = rests[job]
            if rest.group not in done:
                done[rest.group] = free[0] + rest.seconds
                heapq.heapreplace(free, done[rest.group])
                measured, at_most = measured and rest.measured, at_most or rest.at_most
                for each in lanes.values():
                    each.leave_out(rest.group)
            after = max(free[0], done[rest.group])
            for waiter in sorted(wanted_by[job], key=lambda each: waiting[each][1]):
                waiting[waiter] = after, next(turns)
                lanes[waiter].go_on(placed, *waiting[waiter])
                if not lanes[waiter].jobs:
                    del lanes[waiter]
            yield Turn(served, job, TimeLeft(after, at_most) if measured else None)


def in_turn(
    line: Iterator[Turn[Request, Estimate]], rest_of: Callable[[Job[Request, Estimate]], Rest]
) -> Job[Request, Estimate]:
    """The job that makes the next step: the first in line, or the next visitor's.

    The latter where the first is long work that has made a step since the other has.

    Parameters
    ----------
    line
        As `in_line` gives it, not empty.
    rest_of
        Tells what is left of a job.
    """
    first = next(line)
    rest = rest_of(first.job)
    if rest.seconds <= LONG_REST:
        return first.job
    beside = next((turn.job for turn in line if turn.waiter is not first.waiter), None)
    if beside is None or rest_of(beside).group == rest.group:
        return first.job
    # A revision is younger with each step.
    return min(first.job, beside, key=lambda job: job.revision)


class _Lane(Generic[Request, Estimate]):
    """What one waiter waits for in one priority, at least one job.

    Pages ask where they stand after every step of anyone's work: `response` must be quick.
    """

    def __init__(
        self,
        jobs: Sequence[Job[Request, Estimate]],
        rests: Mapping[Job[Request, Estimate], Rest],
        done: Collection[Hashable],
        since: float,
        turn: int,
    ) -> None:
        self.jobs = deque(jobs)
        self._since, self._turn = since, turn
        groups = {rests[job].group: rests[job].seconds for job in jobs}
        self._groups = {each: left for each, left in groups.items() if each not in done}
        self._rest = self._sum()

    def leave_out(self, group: Hashable) -> None:
        """Note that jobs that are computed in one go are done."""
        if self._groups.pop(group, None) is not None:
            self._rest = self._sum()

    def go_on(self, placed: Collection[Job[Request, Estimate]], since: float, turn: int) -> None:
        """Begin to wait anew, for those of the jobs that have no place yet."""
        while self.jobs and self.jobs[0] in placed:
            self.jobs.popleft()
        self._since, self._turn = since, turn

    def response(self, after: float) -> tuple[float, int]:
        """Its waiting beside the rest of its work: who has the largest is next."""
        return (after - self._since + GRACE) / self._rest, -self._turn

    def _sum(self) -> float:
        return max(SHORTEST, sum(self._groups.values()))
