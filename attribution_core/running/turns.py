"""Whose turn it is: the quickest first for whoever waits longest.

More urgent priorities go first. Within one, the waiter is served whose rest there takes the least
time beside what that waiter has waited: shortest remaining time with ageing, the "highest response
ratio next" of Brinch Hansen (Short-term scheduling in multiprogramming systems, 1971). Each result
starts the waiting anew, so that nobody's long list keeps others from a first map. While the work of
the first in line is long, the next visitor's has half of the time. What is owed to less urgent and
to long work is in `shares`.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from attribution_core.running.pace import TimeLeft
from attribution_core.running.wishes import Job, Rest, Waiter, Wish

Request = TypeVar("Request", bound=Hashable)
Estimate = TypeVar("Estimate")

GRACE = 1.0
"""Seconds added to each waiting, so that of those who have just come the quickest is first."""

SHORTEST = 0.01
"""Seconds that any rest is taken to last."""

LONG_REST = 10.0
"""Seconds: work that still takes longer shares the time with that of the next visitor in line.

With one, since work that has begun holds what it has computed in memory.
"""


@dataclass(frozen=True, eq=False)
class Turn(Generic[Request, Estimate]):
    """That a waiter is served with a job, which is to be done after so many seconds from now.

    ``left`` is None where that is not known.
    """

    waiter: Waiter[Request, Estimate]
    job: Job[Request, Estimate]
    left: TimeLeft | None


class Lane(Generic[Request, Estimate]):
    """What one waiter waits for in one priority, at least one job.

    Pages ask where they stand after every step of anyone's work: `response` must be quick.

    Parameters
    ----------
    waiter, jobs
        In the waiter's order.
    rests
        What is left of each job.
    done
        Groups of jobs of which one is done.
    since, turn
        When the waiting began, in seconds from now, and what decides between equals.

    Attributes
    ----------
    waiter, jobs
        The jobs that have not ended.
    """

    def __init__(
        self,
        waiter: Waiter[Request, Estimate],
        jobs: Sequence[Job[Request, Estimate]],
        rests: Mapping[Job[Request, Estimate], Rest],
        done: Collection[Hashable],
        since: float,
        turn: int,
    ) -> None:
        self.waiter = waiter
        self.jobs = deque(jobs)
        self._rests = rests
        self._since, self._turn = since, turn
        groups = {rests[job].group: rests[job].seconds for job in jobs}
        self._groups = {each: left for each, left in groups.items() if each not in done}
        self._rest = self._sum()

    @property
    def group(self) -> Hashable:
        """That of the first job."""
        return self._rests[self.jobs[0]].group

    @property
    def left(self) -> float:
        """Seconds that the first job still takes."""
        return self._groups.get(self.group, 0.0)

    def set_left(self, group: Hashable, seconds: float) -> None:
        """Note how long jobs that are computed in one go still take."""
        if group in self._groups:
            self._groups[group] = seconds
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


def lanes_of(
    wishes: Sequence[Wish[Request, Estimate]],
    rests: Mapping[Job[Request, Estimate], Rest],
    priority: int,
    now: float,
) -> list[Lane[Request, Estimate]]:
    """What each waits for of this priority; of those who wait for none of it, nothing."""
    lanes = []
    for waiter, jobs in wishes:
        if mine := [job for job in jobs if job.priority == priority]:
            lanes.append(Lane(waiter, mine, rests, (), waiter.since - now, waiter.turn))
    return lanes


def abreast(
    lanes: Collection[Lane[Request, Estimate]], after: float = 0.0
) -> list[Lane[Request, Estimate]]:
    """Those who are served so many seconds from now, each with an even part of the time.

    The first in line, and while its job is long, the next who waits for something else.

    Parameters
    ----------
    lanes
        Of one priority, at least one.
    """
    first = max(lanes, key=lambda lane: lane.response(after))
    if first.left <= LONG_REST:
        return [first]
    others = [lane for lane in lanes if lane is not first and lane.group != first.group]
    if not others:
        return [first]
    return [first, max(others, key=lambda lane: lane.response(after + first.left))]


def in_line(
    wishes: Sequence[Wish[Request, Estimate]],
    rest_of: Callable[[Job[Request, Estimate]], Rest],
    now: float,
    at_once: int = 1,
) -> Iterator[Turn[Request, Estimate]]:
    """Yield the jobs in the order in which they end, if nothing is asked for any more.

    Where several run beside each other, as if each then ran to its end.

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
        lanes: dict[Waiter[Request, Estimate], Lane[Request, Estimate]] = {}
        for waiter, jobs in wishes:
            if mine := [job for job in jobs if job.priority == priority]:
                lanes[waiter] = Lane(waiter, mine, rests, done, *waiting[waiter])
        while lanes:
            served = abreast(lanes.values(), free[0])[: 2 if at_once == 1 else 1]
            for lane in served:
                if lane.group not in done:
                    rest = rests[lane.jobs[0]]
                    measured, at_most = measured and rest.measured, at_most or rest.at_most
            if len(served) == 2:
                free[0] += _share_time(served, lanes.values(), free[0])
            lane = served[-1]
            if len(served) == 2 and lane.left > 0:
                continue
            job, group = lane.jobs[0], lane.group
            placed.add(job)
            if group not in done:
                done[group] = free[0] + lane.left
                heapq.heapreplace(free, done[group])
                for each in lanes.values():
                    each.leave_out(group)
            after = max(free[0], done[group])
            for waiter in sorted(wanted_by[job], key=lambda each: waiting[each][1]):
                waiting[waiter] = after, next(turns)
                lanes[waiter].go_on(placed, *waiting[waiter])
                if not lanes[waiter].jobs:
                    del lanes[waiter]
            yield Turn(lane.waiter, job, TimeLeft(after, at_most) if measured else None)


def _share_time(
    served: Sequence[Lane[Request, Estimate]],
    lanes: Collection[Lane[Request, Estimate]],
    after: float,
) -> float:
    """Let two be served until one of them ends, or who is served may change; the seconds it took.

    Others may come before them as time goes by: that is looked at ever more seldom.
    """
    first, beside = served
    each = max(SHORTEST, min(first.left - LONG_REST, beside.left, max(LONG_REST, after)))
    for lane in served:
        group, left = lane.group, max(0.0, lane.left - each)
        for other in lanes:
            other.set_left(group, left)
    return 2 * each
