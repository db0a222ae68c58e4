"""Whose turn it is: more urgent jobs first, and waiters in turns within one priority."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from attribution_core.running.pace import Run

Request = TypeVar("Request", bound=Hashable)
Estimate = TypeVar("Estimate")


@dataclass(eq=False)
class Job(Generic[Request, Estimate]):
    """One request, shared by all who ask for it.

    Attributes
    ----------
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
    turn
        Grows with each turn: the one with the smallest is next.
    given_up
        What it has cancelled.
    """

    name: str
    requests: tuple[Request, ...]
    heard: float
    turn: int
    given_up: set[Request] = field(default_factory=set)
    # Those of its requests, while it is awake: hashing a request takes longer than all else here.
    jobs: tuple[Job[Request, Estimate], ...] = ()

    def wants(self, job: Job[Request, Estimate]) -> bool:
        """Whether it has not given up one of its jobs."""
        return not (self.given_up and job.request in self.given_up)


Wish = tuple[Waiter[Request, Estimate], list[Job[Request, Estimate]]]
"""A waiter, and its unfinished jobs in its own order."""


def wishes_of(waiters: Iterable[Waiter[Request, Estimate]]) -> list[Wish[Request, Estimate]]:
    """List each of the waiters that waits for something, with its unfinished jobs in its order."""
    wishes = []
    for waiter in waiters:
        unfinished = [job for job in waiter.jobs if job.outcome is None and waiter.wants(job)]
        if unfinished:
            wishes.append((waiter, sorted(unfinished, key=lambda job: job.priority)))
    return wishes


def in_line(
    wishes: list[Wish[Request, Estimate]],
) -> Iterator[tuple[Waiter[Request, Estimate], Job[Request, Estimate]]]:
    """Yield the jobs in the order in which they get time, each with the waiter whose turn it is.

    The first is due now. The rest is the order that follows if each job takes a single turn, which
    is what a place in the queue can mean while nobody knows how long jobs take.
    """
    placed = set[Job[Request, Estimate]]()
    served: dict[Waiter[Request, Estimate], int] = {}
    for level in sorted({job.priority for _, jobs in wishes for job in jobs}):
        lanes = [
            (waiter, deque(job for job in jobs if job.priority == level))
            for waiter, jobs in sorted(wishes, key=lambda wish: served.get(wish[0], -1))
        ]
        while lanes:
            for waiter, lane in lanes:
                while lane and lane[0] in placed:
                    lane.popleft()
                if lane:
                    placed.add(lane[0])
                    served[waiter] = len(placed)
                    yield waiter, lane.popleft()
            lanes = [(waiter, lane) for waiter, lane in lanes if lane]


def places_in(wishes: list[Wish[Request, Estimate]]) -> dict[Job[Request, Estimate], int]:
    """Map each job in the line to its place, 0 for those that run."""
    heads = [jobs[0] for _, jobs in wishes]
    urgent = min((job.priority for job in heads), default=0)
    running = {job for job in heads if job.started and job.priority == urgent}
    queued = (job for _, job in in_line(wishes) if job not in running)
    places = dict.fromkeys(running, 0)
    places |= {job: place for place, job in enumerate(queued, 1)}
    return places
