"""What is owed of the time: to less urgent work, and to whoever has waited longest for long work.

Each less urgent priority in which anything waits has a tenth of the time. Where other work of its
priority would be done first, of newcomers whose work is quicker, so have the two visitors together
who have waited longest for long work.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

from attribution_core.running.turns import LONG_REST
from attribution_core.running.wishes import Job, Level, Rest, Wish

Request = TypeVar("Request", bound=Hashable)
Estimate = TypeVar("Estimate")

SHARE = 0.1
"""Of the time, for each who is owed any."""

GUESSED_STEP = 1.0
"""Seconds that a step takes as long as none was made."""

MOST_PATIENT = 2
"""Visitors whose long work goes on beside others': what it has computed is held in memory."""


class Shares:
    """What each is owed of the time that more urgent work takes.

    It is paid by whole steps, each once it is owed.
    """

    def __init__(self) -> None:
        self._owed: dict[Level, float] = {}
        self._step: dict[Level, float] = {}

    def due(self, waiting: Collection[Level], ready: Collection[Level]) -> Level:
        """Whose turn it is, of those that are ready among those in which anything waits."""
        self._owed = {each: self._owed.get(each, 0.0) for each in waiting}
        paid = [
            each
            for each, owed in self._owed.items()
            if each in ready and owed > 0 and owed >= self._step.get(each, GUESSED_STEP)
        ]
        return max(paid, default=min(ready))

    def took(self, level: Level, seconds: float) -> None:
        """Note that a step has taken so long of this one's time."""
        self._step[level] = seconds
        for each in self._owed:
            if each > level:
                self._owed[each] += seconds * SHARE / (1 - SHARE)
        if level in self._owed:
            # What is had where nothing more urgent waits is no debt.
            least = 0.0 if level == min(self._owed) else -math.inf
            self._owed[level] = max(least, self._owed[level] - seconds)


def most_patient(
    wishes: Sequence[Wish[Request, Estimate]],
    rests: Mapping[Job[Request, Estimate], Rest],
    priority: int,
) -> list[Job[Request, Estimate]]:
    """The long work of those who have waited longest for any, a job each; none where nobody else
    waits for anything of this priority."""
    long, others = dict[Hashable, Job[Request, Estimate]](), 0
    for _, jobs in sorted(wishes, key=lambda wish: (wish[0].since, wish[0].turn)):
        mine = [job for job in jobs if job.priority == priority]
        # Long from its start to its end, lest another begins each time that one comes near it.
        own = next((job for job in mine if job.seconds + rests[job].seconds > LONG_REST), None)
        if own is None or (rests[own].group not in long and len(long) == MOST_PATIENT):
            others += bool(mine)
        else:
            long.setdefault(rests[own].group, own)
    return list(long.values()) if others else []


class EvenTurns(Generic[Request, Estimate]):
    """Shares time evenly among the few whose jobs make steps in turn."""

    def __init__(self) -> None:
        self._had: dict[Job[Request, Estimate], float] = {}

    def next(self, jobs: Sequence[Job[Request, Estimate]]) -> Job[Request, Estimate]:
        """Whose step is next: of who has had the least since just these take turns."""
        if self._had.keys() != set(jobs):
            self._had = dict.fromkeys(jobs, 0.0)
        # A revision is younger with each step.
        return min(jobs, key=lambda job: (self._had[job], job.revision))

    def took(self, job: Job[Request, Estimate], seconds: float) -> None:
        """Note that a step of a job has taken so long."""
        if job in self._had:
            self._had[job] += seconds
