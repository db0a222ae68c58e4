"""Long computations, run step by step on one thread and shared by everyone who asks for the same.

A computation is an iterator of estimates, each sharper than the one before. Suspending one costs
nothing, so the runner decides again before every step: urgent work goes first, of that the quickest
for whoever waits longest, and work that nobody waits for any more is dropped. Pages only ask and
look: requests and snapshots are plain values and nothing calls back, so another process could serve
the same interface.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Generic, Literal, TypeVar

from attribution_core.running.pace import TimeLeft, Work
from attribution_core.running.standing import Load, Snapshot, Standing, State
from attribution_core.running.times import Times
from attribution_core.running.turns import Job, Shares, Turn, Waiter, Wish, in_line, wishes_of

Request = TypeVar("Request", bound=Hashable)
Estimate = TypeVar("Estimate")

_log = logging.getLogger(__name__)

LONG_STEP_SECONDS = 5.0
"""Steps of more are logged: while one lasts, nobody else is served."""


class QueueFull(ValueError):
    """More was asked for than the runner accepts; the message is a plain sentence for the user."""


class Closed(QueueFull):
    """The runner accepts nothing any more."""


RESTARTING = "The server is restarting; your settings are in the link."
"""What whoever asks a runner is told that has been closed."""


class Runner(Generic[Request, Estimate]):
    """Runs requests for those who wait for them, one step at a time.

    *Order.* Decided before every step. Smaller priorities go first, but a tenth of the time belongs
    to each larger one in which anything waits. Within one priority, next is whose rest takes least
    beside the time it has waited since its wish or its latest result. One waiter's jobs run in the
    order it asked, one at a time to the end. Equal requests are one job.

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
        Makes the iterator of a request's estimates. Called on the worker thread, as are its steps,
        and its `close`, if it has one as generators do, when the job is dropped.
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
    ) -> None:
        self._start = start
        self._times: Times[Request, Estimate] = Times(work, share, clock)
        self._priority = priority
        self._patience = patience
        self._keep = keep
        self._per_waiter = per_waiter
        self._in_all = in_all
        self._clock = clock
        self._changed = threading.Condition()
        self._closed = False
        self._turns = itertools.count()
        self._revisions = itertools.count(1)
        self._looks = itertools.count(1)
        # Not an OrderedDict, which hashes every key anew whenever one goes through it.
        self._jobs: dict[Request, Job[Request, Estimate]] = {}
        # In order of use, so that who is forgotten first stands first.
        self._waiters: OrderedDict[str, Waiter[Request, Estimate]] = OrderedDict()
        self._shares = Shares()
        self._load = Load()
        self._known_line: _Line[Request, Estimate] | None = None
        self._thread = threading.Thread(target=self._work, name="attribution-jobs", daemon=True)
        self._thread.start()

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
            if self._closed:
                raise Closed(RESTARTING)
            old = self._waiters.get(waiter)
            now = self._clock()
            new: Waiter[Request, Estimate] = Waiter(waiter, wanted, now, now, next(self._turns))
            fresh = set(wanted)
            if old is not None:
                new.given_up = old.given_up.intersection(wanted)
                fresh.difference_update(old.requests)
                if not fresh:
                    new.since, new.turn = old.since, old.turn
            admitted = self._admit(new)
            self._waiters[waiter] = new
            self._known_line = None
            # Only something new can be refused: pages repeat their lists, in a full queue as well.
            if fresh and self._is_full_for(new):
                for request in admitted:
                    del self._jobs[request]
                if old is None:
                    del self._waiters[waiter]
                else:
                    self._waiters[waiter] = old
                self._known_line = None
                raise QueueFull(
                    f"The queue is full: at most {self._in_all} results can be waited for by "
                    "everyone together, and this is more than your share. Ask for fewer, or try "
                    "again later."
                )
            self._waiters.move_to_end(waiter)
            if not wanted:
                del self._waiters[waiter]
            for request in fresh:
                self._lift_failure(request)
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
            job = self._jobs.get(request)
            if job is None:
                return Snapshot("unknown")
            job.looked = next(self._looks)
            place = self._line().places.get(job)
            viewer = None if waiter is None else self._waiters.get(waiter)
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
            known = self._waiters.get(waiter)
            if known is None:
                return Standing()
            line = self._line()
            waited_for = [job for job in known.jobs if job in line.places and known.wants(job)]
            stepping = self._times.stepping
            return Standing(
                max((job.revision for job in known.jobs), default=0),
                len(waited_for),
                min((line.places[job] for job in waited_for), default=0) or None,
                line.waiting,
                line.left(waited_for, self._clock()),
                0.0 if stepping is None or stepping[0] in known.jobs else stepping[1],
            )

    def soon(self, waiter: str, seconds: float, priority: int) -> list[Request]:
        """List what `waiter` waits for that is to be done within so many seconds from now.

        As the line stands, with what comes before it. What cannot be told is among it where nobody
        else waits, if it has this priority or a more urgent one.
        """
        with self._changed:
            known = self._waiters.get(waiter)
            if known is None:
                return []
            line, now = self._line(), self._clock()

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
            jobs = [self._jobs[request] for request in requests if request in self._jobs]
            return self._changed.wait_for(
                lambda: all(job.outcome is not None for job in jobs), seconds
            )

    @property
    def load(self) -> Load:
        """What there is to do, and what has been done so far."""
        with self._changed:
            line, stepping = self._line(), self._times.stepping
            running = sum(place == 0 for place in line.places.values())
            return replace(
                self._load,
                running=running,
                queued=len(line.places) - running,
                waiters=line.waiting,
                step_under_way=0.0 if stepping is None else stepping[1],
            )

    @property
    def ended(self) -> int:
        """How many runs of jobs have ended, when `cost` may come to say something else."""
        return self._times.ended

    def cost(self, requests: Sequence[Request]) -> TimeLeft | None:
        """Return how long these take from their start to their end where nothing else runs.

        What is there already counts for nothing. None where some of it was never measured.
        """
        with self._changed:
            known = [self._jobs.get(request) or Job(request, 0, 0) for request in requests]
            return self._times.cost([job for job in known if job.outcome != "done"])

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
                self._lift_failure(request)
                self._change()

    def close(self, timeout: float | None = None) -> None:
        """Drop all unfinished jobs and stop the worker, waiting `timeout` seconds for its step.

        Results so far can still be looked at.
        """
        with self._changed:
            self._closed = True
            self._change()
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout)

    # ---- on the worker thread, which alone touches iterators ----

    def _work(self) -> None:
        while (job := self._next()) is not None:
            self._step(job)

    def _next(self) -> Job[Request, Estimate] | None:
        """Wait for the job that is due for a step; None when the runner is closed."""
        while True:
            with self._changed:
                # Time has passed: some waiters may have fallen asleep, and a step has ended.
                self._known_line = None
                self._forget()
                wishes = wishes_of(self._awake())
                wanted = {job for _, jobs in wishes for job in jobs}
                abandoned = [
                    job for job in self._jobs.values() if job.started and job not in wanted
                ]
                iterators = [job.iterator for job in abandoned]
                for job in abandoned:
                    job.started, job.iterator = False, None
                    self._times.end(job)
                    self._revise(job)
                if wishes and not abandoned:
                    job = self._due(wishes)
                    if not job.started:
                        job.started, job.seconds = True, 0.0
                        self._times.begin(job)
                        self._revise(job)
                    self._times.begin_step(job)
                    return job
                if not abandoned:
                    if self._closed:
                        return None
                    self._changed.wait()
            # Their `finally` blocks are foreign code, which may take long or call us.
            for iterator in iterators:
                try:
                    getattr(iterator, "close", lambda: None)()
                except BaseException:
                    _log.warning("A dropped job did not end cleanly.", exc_info=True)

    def _step(self, job: Job[Request, Estimate]) -> None:
        start = self._clock()
        outcome: Literal["done", "failed"] | None = None
        estimate, error = job.estimate, None
        try:
            if job.iterator is None:
                job.iterator = self._start(job.request)
            # A loop, since `except StopIteration` would take one out of `start` for the end.
            for newest in job.iterator:
                estimate = newest
                break
            else:
                outcome = "done"
        # Any exception, SystemExit included, ends this job and must not end the worker.
        except BaseException as stop:
            outcome, error = "failed", _as_error(stop)
            _log.warning("Job failed: %r", job.request, exc_info=stop)
            # Its frames would keep alive the arrays of a computation that is over.
            traceback.clear_frames(stop.__traceback__)
        with self._changed:
            job.estimate, job.error, job.outcome = estimate, error, outcome
            seconds = self._clock() - start
            job.seconds += seconds
            self._load = replace(
                self._load,
                busy=self._load.busy + seconds,
                done=self._load.done + (outcome == "done"),
                failed=self._load.failed + (outcome == "failed"),
            )
            self._times.end_step(job, seconds)
            self._shares.took(job.priority, seconds)
            self._revise(job)
            if outcome is not None:
                job.iterator, job.started = None, False
                self._times.end(job)
                job.looked = next(self._looks)
                for waiter in sorted(self._waiters.values(), key=lambda each: each.turn):
                    if job in waiter.jobs and waiter.wants(job):
                        self._begin_waiting(waiter)
                self._changed.notify_all()
        if seconds > LONG_STEP_SECONDS:
            _log.warning("A step of %s took %.1f s.", type(job.request).__name__, seconds)

    # ---- with the lock held ----

    def _change(self) -> None:
        self._known_line = None
        self._forget()
        self._changed.notify_all()

    def _revise(self, job: Job[Request, Estimate]) -> None:
        job.revision = next(self._revisions)

    def _awake(self) -> list[Waiter[Request, Estimate]]:
        """List the waiters that are awake."""
        if self._closed:
            return []
        horizon = self._clock() - self._patience
        return [waiter for waiter in self._waiters.values() if waiter.heard >= horizon]

    def _begin_waiting(self, waiter: Waiter[Request, Estimate]) -> None:
        waiter.since, waiter.turn = self._clock(), next(self._turns)

    def _hear(self, waiter: str) -> Waiter[Request, Estimate] | None:
        known = self._waiters.get(waiter)
        if known is not None:
            slept = known.heard < self._clock() - self._patience
            known.heard = self._clock()
            self._waiters.move_to_end(waiter)
            if slept:
                self._begin_waiting(known)
                self._admit(known)
                self._change()
        return known

    def _admit(self, waiter: Waiter[Request, Estimate]) -> list[Request]:
        missing = [request for request in waiter.requests if request not in self._jobs]
        self._jobs.update(
            {each: Job(each, self._priority(each), next(self._looks)) for each in missing}
        )
        waiter.jobs = tuple(self._jobs[request] for request in waiter.requests)
        return missing

    def _lift_failure(self, request: Request) -> None:
        job = self._jobs[request]
        if job.outcome == "failed":
            job.outcome, job.error = None, None
            self._revise(job)

    def _due(self, wishes: list[Wish[Request, Estimate]]) -> Job[Request, Estimate]:
        priority = self._shares.due({job.priority for _, jobs in wishes for job in jobs})
        of_priority = [
            (waiter, [job for job in jobs if job.priority == priority]) for waiter, jobs in wishes
        ]
        line = in_line([wish for wish in of_priority if wish[1]], self._times.rest, self._clock())
        return next(line).job

    def _is_full_for(self, waiter: Waiter[Request, Estimate]) -> bool:
        """Whether more waits than all may ask for, and more of it is this one's than its share."""
        line = self._line()
        share = self._in_all // max(1, line.waiting)
        own = sum(job in line.places for job in waiter.jobs)
        return len(line.places) > self._in_all and own > share

    def _line(self) -> _Line[Request, Estimate]:
        """What waits, and in which order it is served.

        Remembered until something changes: a page looks at dozens of requests in a row.
        """
        if self._known_line is None:
            now = self._clock()
            wishes = wishes_of(self._awake())
            self._known_line = _Line(in_line(wishes, self._times.rest, now), len(wishes), now)
        return self._known_line

    def _forget(self) -> None:
        """Forget the oldest results that nobody names, and the oldest sleeping waiters, beyond
        `keep`."""
        awake = self._awake()
        named = {job for waiter in awake for job in waiter.jobs}
        past = [job for job in self._jobs.values() if not job.started and job not in named]
        if len(past) > self._keep:
            past.sort(key=lambda job: job.looked)
            for job in past[: len(past) - self._keep]:
                del self._jobs[job.request]
        asleep = [waiter for waiter in self._waiters.values() if waiter not in awake]
        for waiter in asleep:
            # They would keep alive what is forgotten.
            waiter.jobs = ()
        for _ in range(len(asleep) - self._keep):
            self._waiters.popitem(last=False)


class _Line(Generic[Request, Estimate]):
    """What waits at one moment.

    Attributes
    ----------
    places
        The place of each job in the queue; 0 for those that run.
    waiting
        How many wait for something.
    """

    def __init__(self, turns: Iterable[Turn[Request, Estimate]], waiting: int, now: float) -> None:
        self._now = now
        self._left = {turn.job: turn.left for turn in turns}
        queued = itertools.count(1)
        self.places = {job: 0 if job.started else next(queued) for job in self._left}
        self.waiting = waiting

    def left(self, jobs: Sequence[Job[Request, Estimate]], now: float) -> TimeLeft | None:
        """The time until all of these are done; None where that is not known, or none waits."""
        each = [self._left[job] for job in jobs]
        if not each or None in each:
            return None
        last = max((left for left in each if left), key=lambda left: left.seconds)
        return TimeLeft(max(0.0, last.seconds - (now - self._now)), last.at_most)


def _as_error(stop: BaseException) -> Exception:
    # If raised again elsewhere, a SystemExit would end that thread or program.
    if isinstance(stop, Exception):
        return stop
    return RuntimeError(f"The computation was stopped by {type(stop).__name__}.")
