"""Who waits for what, and in which order it is served."""

from __future__ import annotations

import itertools
import time
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Generic, TypeVar

from attribution_core.running.pace import TimeLeft, Work
from attribution_core.running.shares import EvenTurns, Shares, most_patient
from attribution_core.running.times import Times
from attribution_core.running.turns import Turn, abreast, in_line, lanes_of
from attribution_core.running.wishes import Job, Level, Waiter, Wish, wishes_of

Request = TypeVar("Request", bound=Hashable)
Estimate = TypeVar("Estimate")


class Line(Generic[Request, Estimate]):
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


class Waiting(Generic[Request, Estimate]):
    """The jobs that are known, and those who wait for them; for one thread at a time.

    Parameters
    ----------
    priority, work, share, clock, patience, keep, in_all, at_once
        As in `Runner`.

    Attributes
    ----------
    jobs
        By their requests.
    waiters
        By their names, those first who were heard from longest ago.
    times
        What is known of how long jobs take.
    shares
        What less urgent and long work is owed.
    closed
        Whether nothing is served any more.
    """

    def __init__(
        self,
        priority: Callable[[Request], int],
        work: Callable[[Request], Work | None],
        share: Callable[[Estimate], float],
        *,
        clock: Callable[[], float] = time.monotonic,
        patience: float,
        keep: int,
        in_all: int,
        at_once: Callable[[], int] = lambda: 1,
    ) -> None:
        # Not an OrderedDict, which hashes every key anew whenever one goes through it.
        self.jobs: dict[Request, Job[Request, Estimate]] = {}
        # In order of use, so that who is forgotten first stands first.
        self.waiters: OrderedDict[str, Waiter[Request, Estimate]] = OrderedDict()
        self.times: Times[Request, Estimate] = Times(work, share, clock, at_once)
        self.shares = Shares()
        self._even_turns = defaultdict[Level, EvenTurns[Request, Estimate]](EvenTurns)
        self.closed = False
        self._priority = priority
        self._clock = clock
        self._patience = patience
        self._keep = keep
        self._in_all = in_all
        self._at_once = at_once
        self._turns = itertools.count()
        self._revisions = itertools.count(1)
        self._looks = itertools.count(1)
        self._line: Line[Request, Estimate] | None = None

    def new(
        self, name: str, requests: tuple[Request, ...], old: Waiter[Request, Estimate] | None
    ) -> tuple[Waiter[Request, Estimate], set[Request]]:
        """A waiter with this list in the place of the old one's, and its new wishes."""
        now = self._clock()
        new: Waiter[Request, Estimate] = Waiter(name, requests, now, now, next(self._turns))
        fresh = set(requests)
        if old is not None:
            new.given_up = old.given_up.intersection(requests)
            fresh.difference_update(old.requests)
            if not fresh:
                new.since, new.turn = old.since, old.turn
        return new, fresh

    def admit(self, waiter: Waiter[Request, Estimate]) -> list[Request]:
        """Give an awake waiter its jobs; returns the requests for which there was none."""
        missing = [request for request in waiter.requests if request not in self.jobs]
        self.jobs.update(
            {each: Job(each, self._priority(each), next(self._looks)) for each in missing}
        )
        waiter.jobs = tuple(self.jobs[request] for request in waiter.requests)
        return missing

    def replace(self, new: Waiter[Request, Estimate]) -> None:
        """Let a waiter stand in the place of the one of its name."""
        self.waiters[new.name] = new
        self._line = None

    def take_back(
        self,
        new: Waiter[Request, Estimate],
        old: Waiter[Request, Estimate] | None,
        admitted: Sequence[Request],
    ) -> None:
        """Let all be as it was before a waiter was admitted and put in the place of the old."""
        for request in admitted:
            del self.jobs[request]
        if old is None:
            del self.waiters[new.name]
        else:
            self.waiters[new.name] = old
        self._line = None

    def is_full_for(self, waiter: Waiter[Request, Estimate]) -> bool:
        """Whether more waits than all may ask for, and more of it is this one's than its share."""
        line = self.line()
        share = self._in_all // max(1, line.waiting)
        own = sum(job in line.places for job in waiter.jobs)
        return len(line.places) > self._in_all and own > share

    def hear(self, name: str) -> tuple[Waiter[Request, Estimate] | None, bool]:
        """Note that a waiter is still there; the waiter, if known, and whether it had slept."""
        known = self.waiters.get(name)
        if known is None:
            return None, False
        slept = known.heard < self._clock() - self._patience
        known.heard = self._clock()
        self.waiters.move_to_end(name)
        if slept:
            self.begin_waiting(known)
            self.admit(known)
        return known, slept

    def begin_waiting(self, waiter: Waiter[Request, Estimate]) -> None:
        """Let a waiter's waiting begin now."""
        waiter.since, waiter.turn = self._clock(), next(self._turns)

    def look(self, job: Job[Request, Estimate]) -> None:
        """Note that somebody looks at a job, or that it has ended."""
        job.looked = next(self._looks)

    def revise(self, job: Job[Request, Estimate]) -> None:
        """Note that there is something new about a job."""
        job.revision = next(self._revisions)

    def lift_failure(self, request: Request) -> None:
        """Let a job that has failed be tried again."""
        job = self.jobs[request]
        if job.outcome == "failed":
            job.outcome, job.error = None, None
            self.revise(job)

    def change(self) -> None:
        """Note that something has changed, if only that time has passed."""
        self._line = None
        self._forget()

    def line(self) -> Line[Request, Estimate]:
        """What waits, and in which order it is served.

        Remembered until something changes: a page looks at dozens of requests in a row.
        """
        if self._line is None:
            now = self._clock()
            wishes = self.wishes()
            turns = in_line(wishes, self.times.rest, now, self._at_once())
            self._line = Line(turns, len(wishes), now)
        return self._line

    def wishes(self) -> list[Wish[Request, Estimate]]:
        """Those who wait for something, with what they wait for."""
        return wishes_of(self._awake())

    def due(
        self,
        wishes: Sequence[Wish[Request, Estimate]],
        may_step: Callable[[Job[Request, Estimate]], bool],
    ) -> Job[Request, Estimate] | None:
        """The job that is to make a step next, of those that may; None where none may."""
        ready = [(waiter, [job for job in jobs if may_step(job)]) for waiter, jobs in wishes]
        if not any(jobs for _, jobs in ready):
            return None
        rests = {job: self.times.rest(job) for _, jobs in wishes for job in jobs}
        patient = {
            priority: most_patient(wishes, rests, priority)
            for priority in {job.priority for job in rests}
        }
        waiting, able = set[Level](), set[Level]()
        for job in rests:
            waiting.update({(job.priority, False), (job.priority, job in patient[job.priority])})
        for _, jobs in ready:
            for job in jobs:
                able.update({(job.priority, False), (job.priority, job in patient[job.priority])})
        level = priority, of_patient = self.shares.due(waiting, able)
        if of_patient:
            each = [job for _, jobs in ready for job in jobs if job in patient[priority]]
            due = list(dict.fromkeys(each))
        else:
            due = [
                lane.jobs[0] for lane in abreast(lanes_of(ready, rests, priority, self._clock()))
            ]
        job = self._even_turns[level].next(due)
        job.account = level
        return job

    def took(self, job: Job[Request, Estimate], seconds: float) -> None:
        """Note that a step of a job has taken so long, and whose time it was."""
        if job.account is not None:
            self.shares.took(job.account, seconds)
            self._even_turns[job.account].took(job, seconds)

    def serve(self, job: Job[Request, Estimate]) -> None:
        """Note that a job has ended: those who waited for it begin to wait anew."""
        self.look(job)
        for waiter in sorted(self.waiters.values(), key=lambda each: each.turn):
            if job in waiter.jobs and waiter.wants(job):
                self.begin_waiting(waiter)

    def _awake(self) -> list[Waiter[Request, Estimate]]:
        if self.closed:
            return []
        horizon = self._clock() - self._patience
        return [waiter for waiter in self.waiters.values() if waiter.heard >= horizon]

    def _forget(self) -> None:
        """Forget the oldest results that nobody names, and the oldest sleeping waiters, beyond
        `keep`."""
        awake = self._awake()
        named = {job for waiter in awake for job in waiter.jobs}
        past = [job for job in self.jobs.values() if not job.started and job not in named]
        if len(past) > self._keep:
            past.sort(key=lambda job: job.looked)
            for job in past[: len(past) - self._keep]:
                del self.jobs[job.request]
        asleep = [waiter for waiter in self.waiters.values() if waiter not in awake]
        for waiter in asleep:
            # They would keep alive what is forgotten.
            waiter.jobs = ()
        for _ in range(len(asleep) - self._keep):
            self.waiters.popitem(last=False)
