"""Long computations, run step by step on one thread and shared by everyone who asks for the same.

A computation is an iterator of estimates, each sharper than the one before. Suspending one costs
nothing, so the runner decides again before every step: urgent work goes first, of that the quickest
for whoever waits longest, and work that nobody waits for any more is dropped. Pages only ask and
look: requests and snapshots are plain values and nothing calls back, so another process could serve
the same interface.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import replace
from typing import Generic, TypeVar

from attribution_core.running.pace import TimeLeft, Work
from attribution_core.running.standing import Load, Snapshot, Standing, State
from attribution_core.running.stepping import Stepping
from attribution_core.running.waiting import Waiting
from attribution_core.running.wishes import Job, Waiter

Request = TypeVar("Request", bound=Hashable)
Estimate = TypeVar("Estimate")


class QueueFull(ValueError):
    """More was asked for than the runner accepts; the message is a plain sentence for the user."""


class Closed(QueueFull):
    """The runner accepts nothing any more."""


RESTARTING = "The server is restarting; your settings are in the link."
"""What whoever asks a runner is told that has been closed."""


class Runner(Generic[Request, Estimate]):
    """Runs requests for those who wait for them, one step at a time, or several where it may.

    *Order.* Decided before every step. Smaller priorities go first, but a tenth of the time belongs
    to each larger one in which anything waits, and one to the long work of the two who have waited
    longest for any, where others' of their priority would be done first. Within one priority, next
    is whose rest takes least beside the time it has waited since its wish or its latest result;
    while that is long, the next waiter's has half of the time. One waiter's jobs run in the order
    it asked, one at a time to the end; where several steps are made at the same time, so many of
    its first. Equal requests are one job.

    *Wishes.* A request that the waiter's previous list did not name is a new wish: it runs, even
    after a failure or a cancel. Repeating a name is not, so pages may send their list at every
    rerun: what was cancelled stays so, and what failed too, until `retry`, or until the waiter
    sends a list without it and later one with it.

    *Patience.* A waiter not heard from for a while sleeps: nothing runs for it, and unfinished jobs
    that only it wanted are dropped. Once heard from again (browsers slow the timers of hidden tabs)
    its wishes stand as before, cancels included, and what was dropped starts over.

    Parameters
    ----------
    start
        Makes the iterator of a request's estimates. Called on a worker thread, as are its steps,
        and its `close`, if it has one as generators do, when the job is dropped. Of one job, no two
        are called at the same time.
    priority
        Smaller is more urgent, say 0 for interactive and 1 for long work. Must be quick.
    patience
        Seconds after which a waiter not heard from sleeps. Checked between steps.
    keep
        How many jobs that no waiter names are remembered, the least recently looked at forgotten
        first; and how many sleeping waiters.
    per_waiter, in_all
        The most requests in one waiter's list, and the most unfinished ones of all together.
    clock
        Tells the time in seconds.
    work
        How much a request asks for, for the time left; None while that is not known. Must be quick.
    share
        How much of its request's work is done when an estimate is there, 0..1.
    threads
        The most steps that are made at the same time.
    beside
        Whether a step of a request may begin beside those under way of others, of which there is
        at least one; with one thread there is none. Must be quick.
    at_once
        About how many steps are made at the same time, for the time left.
    """

    def __init__(
        self,
        start: Callable[[Request], Iterator[Estimate]],
        *,
        priority: Callable[[Request], int] = lambda request: 0,
        patience: float = 10.0,
        keep: int = 256,
        per_waiter: int = 64,
        in_all: int = 512,
        clock: Callable[[], float] = time.monotonic,
        work: Callable[[Request], Work | None] = lambda request: None,
        share: Callable[[Estimate], float] = lambda estimate: 0.0,
        threads: int = 1,
        beside: Callable[[Request, Sequence[Request]], bool] = lambda request, others: True,
        at_once: Callable[[], int] = lambda: 1,
    ) -> None:
        self._per_waiter = per_waiter
        self._in_all = in_all
        self._clock = clock
        self._changed = threading.Condition()
        self._waiting: Waiting[Request, Estimate] = Waiting(
            priority,
            work,
            share,
            clock=clock,
            patience=patience,
            keep=keep,
            in_all=in_all,
            at_once=at_once,
        )
        self._stepping = Stepping(
            start, self._waiting, self._changed, clock, threads=threads, beside=beside
        )

    def ask(self, waiter: str, requests: Sequence[Request]) -> bool:
        """Say that `waiter` now waits for exactly these, in this order, and is awake.

        It no longer waits for what it no longer names; with an empty list, for nothing.

        Returns
        -------
        bool
            Whether there is a new wish among them.

        Raises
        ------
        QueueFull
            If the list is too long, or adds something new to a full queue. Then nothing changes.
        Closed
            If the runner is closed.
        """
        wanted = tuple(dict.fromkeys(requests))
        if len(wanted) > self._per_waiter:
            raise QueueFull(
                f"At most {self._per_waiter} results can be asked for at once; "
                f"this asks for {len(wanted)}."
            )
        with self._changed:
            waiting = self._waiting
            if waiting.closed:
                raise Closed(RESTARTING)
            old = waiting.waiters.get(waiter)
            new, fresh = waiting.new(waiter, wanted, old)
            admitted = waiting.admit(new)
            waiting.replace(new)
            # Only something new can be refused: pages repeat their lists, in a full queue as well.
            if fresh and waiting.is_full_for(new):
                waiting.take_back(new, old, admitted)
                raise QueueFull(
                    f"The queue is full: at most {self._in_all} results can be waited for by "
                    "everyone together, and this is more than your share. Ask for fewer, or try "
                    "again later."
                )
            waiting.waiters.move_to_end(waiter)
            if not wanted:
                del waiting.waiters[waiter]
            for request in fresh:
                waiting.lift_failure(request)
            self._change()
            return bool(fresh)

    def touch(self, waiter: str) -> None:
        """Note that `waiter` is still there: the heartbeat of a page that polls."""
        with self._changed:
            self._hear(waiter)

    def look(self, request: Request, waiter: str | None = None) -> Snapshot[Estimate]:
        """Return what is known about `request`.

        For `waiter`, if named, what it cancelled is "cancelled" even while others wait for it.
        """
        with self._changed:
            job = self._waiting.jobs.get(request)
            if job is None:
                return Snapshot("unknown")
            self._waiting.look(job)
            place = self._waiting.line().places.get(job)
            viewer = None if waiter is None else self._waiting.waiters.get(waiter)
            state: State
            if job.outcome is not None:
                state = job.outcome
            elif place is None or (viewer is not None and request in viewer.given_up):
                state = "cancelled"
            else:
                state = "queued" if place else "running"
            shown = place if state == "queued" else None
            return Snapshot(state, shown, job.estimate, job.error, job.seconds)

    def standing(self, waiter: str) -> Standing:
        """Return how things stand for `waiter`, at far less cost than looking at all it wants."""
        with self._changed:
            known = self._waiting.waiters.get(waiter)
            if known is None:
                return Standing()
            line = self._waiting.line()
            waited_for = [job for job in known.jobs if job in line.places and known.wants(job)]
            stepping = self._waiting.times.stepping
            return Standing(
                max((job.revision for job in known.jobs), default=0),
                len(waited_for),
                min((line.places[job] for job in waited_for), default=0) or None,
                line.waiting,
                line.left(waited_for, self._clock()),
                0.0 if stepping.keys() & set(known.jobs) else min(stepping.values(), default=0.0),
            )

    def soon(self, waiter: str, seconds: float, priority: int) -> list[Request]:
        """List what `waiter` waits for that is to be done within so many seconds from now.

        As the line stands, with what comes before it. What cannot be told is among it where nobody
        else waits, if it has this priority or a more urgent one.
        """
        with self._changed:
            known = self._waiting.waiters.get(waiter)
            if known is None:
                return []
            line, now = self._waiting.line(), self._clock()

            def is_soon(job: Job[Request, Estimate]) -> bool:
                left = line.left([job], now)
                if left is None:
                    return line.waiting == 1 and job.priority <= priority
                return left.seconds <= seconds

            waited_for = [job for job in known.jobs if job in line.places and known.wants(job)]
            return [job.request for job in waited_for if is_soon(job)]

    def wait(self, requests: Sequence[Request], seconds: float) -> bool:
        """Wait until all of these have ended, at most for so many seconds of real time.

        Returns
        -------
        bool
            Whether they have.
        """
        with self._changed:
            known = self._waiting.jobs
            jobs = [known[request] for request in requests if request in known]
            return self._changed.wait_for(
                lambda: all(job.outcome is not None for job in jobs), seconds
            )

    @property
    def load(self) -> Load:
        """What there is to do, and what has been done so far."""
        with self._changed:
            line, stepping = self._waiting.line(), self._waiting.times.stepping
            running = sum(place == 0 for place in line.places.values())
            return replace(
                self._stepping.load,
                running=running,
                queued=len(line.places) - running,
                waiters=line.waiting,
                step_under_way=max(stepping.values(), default=0.0),
            )

    @property
    def ended(self) -> int:
        """How many runs of jobs have ended, when `cost` may come to say something else."""
        return self._waiting.times.ended

    def cost(self, requests: Sequence[Request]) -> TimeLeft | None:
        """Return how long these take from their start to their end where nothing else runs.

        What is there already counts for nothing. None where some of it was never measured.
        """
        with self._changed:
            known = [self._waiting.jobs.get(request) or Job(request, 0, 0) for request in requests]
            return self._waiting.times.cost([job for job in known if job.outcome != "done"])

    def cancel(self, waiter: str, request: Request | None = None) -> None:
        """Let `waiter` give up `request`, or all its unfinished ones.

        A job that nobody else waits for ends after the step it is in.
        """
        with self._changed:
            known = self._hear(waiter)
            if known is not None:
                known.given_up.update(
                    job.request
                    for job in known.jobs
                    if (request is None or job.request == request) and job.outcome is None
                )
                self._change()

    def retry(self, waiter: str, request: Request) -> None:
        """Restart `request` after a failure (for all who wait for it) or a cancel by `waiter`.

        Nothing happens unless `waiter` names it, nor if it is done or under way.
        """
        with self._changed:
            known = self._hear(waiter)
            if known is not None and request in known.requests:
                known.given_up.discard(request)
                self._waiting.lift_failure(request)
                self._change()

    def close(self, timeout: float | None = None) -> None:
        """Drop all unfinished jobs and stop, waiting `timeout` seconds for the steps under way.

        Results so far can still be looked at.
        """
        with self._changed:
            self._waiting.closed = True
            self._change()
        self._stepping.join(timeout)

    # ---- with the lock held ----

    def _change(self) -> None:
        self._waiting.change()
        self._changed.notify_all()

    def _hear(self, waiter: str) -> Waiter[Request, Estimate] | None:
        known, slept = self._waiting.hear(waiter)
        if slept:
            self._change()
        return known
