"""What is wished for: jobs, those who wait for them, and how long they still take."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from attribution_core.running.pace import Run

Request = TypeVar("Request", bound=Hashable)
Estimate = TypeVar("Estimate")

Level = tuple[int, bool]
"""A priority, and whether it is of those alone who have waited longest for long work there."""


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
    account
        Whose time its steps are taken from; None before the first.
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
    account: Level | None = None


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


def wishes_of(waiters: Iterable[Waiter[Request, Estimate]]) -> list[Wish[Request, Estimate]]:
    """List each of the waiters that waits for something, with its unfinished jobs in its order."""
    wishes = []
    for waiter in waiters:
        unfinished = [job for job in waiter.jobs if job.outcome is None and waiter.wants(job)]
        if unfinished:
            wishes.append((waiter, sorted(unfinished, key=lambda job: job.priority)))
    return wishes
