"""What pages are told about long computations: of one request, and of all that a page waits for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from attribution_core.running.pace import TimeLeft

Estimate = TypeVar("Estimate")

State = Literal["queued", "running", "done", "failed", "cancelled", "unknown"]


@dataclass(frozen=True)
class Snapshot(Generic[Estimate]):
    """What is known of one request at one moment.

    Attributes
    ----------
    state
        "queued": not started. "running": started, and taking its turns. "done", "failed": ended.
        "cancelled": unfinished, and nobody waits for it. "unknown": never asked for, or too long
        ago.
    place
        If queued, 1 + the number of queued jobs that start before this one, so that 1 is next.
    estimate
        The newest estimate; None before the first. It survives a cancel, a failure and a restart,
        until there is a newer one.
    error
        If failed, what went wrong. To be shown rather than raised: sessions share it.
    seconds
        Time that the steps since the last start took, in seconds.
    """

    state: State
    place: int | None = None
    estimate: Estimate | None = None
    error: Exception | None = None
    seconds: float = 0.0


@dataclass(frozen=True)
class Load:
    """What a runner has to do and has done, for whoever watches over it.

    Attributes
    ----------
    running, queued
        Jobs that have started and take their turns, and those that have not.
    waiters
        How many wait for something.
    step_under_way
        Seconds that the step under way has taken; 0 where there is none.
    done, failed
        How many jobs have ended so, ever.
    busy
        Seconds that all steps took that have ended.
    """

    running: int = 0
    queued: int = 0
    waiters: int = 0
    step_under_way: float = 0.0
    done: int = 0
    failed: int = 0
    busy: float = 0.0


@dataclass(frozen=True)
class Standing:
    """How things stand for one waiter at one moment: what a page asks for when it polls.

    Attributes
    ----------
    revision
        Changes whenever there is something new about the waiter's requests: a start, an estimate,
        an end.
    unfinished
        How many of its requests it still waits for.
    place
        The first of their places in the queue; None where one of them runs, or none is left.
    waiting
        How many waiters wait for something, itself included.
    left
        The time until all that it waits for is done, with what comes before; None where that is
        not known.
    held
        Seconds that a step under way has taken, if it is of what only others wait for: nobody is
        served while it lasts.
    """

    revision: int = 0
    unfinished: int = 0
    place: int | None = None
    waiting: int = 0
    left: TimeLeft | None = None
    held: float = 0.0
