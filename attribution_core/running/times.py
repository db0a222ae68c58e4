"""How long jobs take: what they cost before they start, and how much time is left of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

from attribution_core.running.pace import Paces, Run, TimeLeft, Work
from attribution_core.running.wishes import Job, Rest

Request = TypeVar("Request", bound=Hashable)
Estimate = TypeVar("Estimate")

GUESSED_SECONDS = 1.0
"""The least that is guessed of a job whose time cannot be told."""


class Times(Generic[Request, Estimate]):
    """Measures the steps of jobs, and tells from them how long others take.

    For one thread at a time.

    Parameters
    ----------
    work_of
        How much a request asks for; None while that is not known.
    share
        How much of its request's work is done when an estimate is there, 0..1.
    clock
        Tells the time in seconds.

    at_once
        Tells how many jobs run beside each other.

    Attributes
    ----------
    ended
        How many runs of jobs have ended, when `cost` may come to say something else.
    """

    def __init__(
        self,
        work_of: Callable[[Request], Work | None],
        share: Callable[[Estimate], float],
        clock: Callable[[], float],
        at_once: Callable[[], int] = lambda: 1,
    ) -> None:
        self._work_of = work_of
        self._share = share
        self._clock = clock
        self._paces = Paces()
        self._at_once = at_once
        self._stepping: dict[Job[Request, Estimate], float] = {}
        self.ended = 0

    def begin(self, job: Job[Request, Estimate]) -> None:
        """Note that a job starts, or starts over."""
        if (run := self._priced(job)) is not None:
            run.begin()

    def begin_step(self, job: Job[Request, Estimate]) -> None:
        """Note that a step of a job begins now."""
        self._stepping[job] = self._clock()

    def end_step(self, job: Job[Request, Estimate], seconds: float) -> None:
        """Note the step that a job has just made, which took so long."""
        del self._stepping[job]
        share = 0.0 if job.estimate is None else self._share(job.estimate)
        if job.run is not None:
            job.run.step(share, seconds)
        elif (run := self._priced(job)) is not None:
            # The step that loaded what the work is about.
            run.begin(share)

    def end(self, job: Job[Request, Estimate]) -> None:
        """Learn from a run that is over; the next one starts at nothing."""
        self.ended += 1
        if job.run is not None:
            job.run.end(done=job.outcome == "done")
        job.run = None

    def cost(self, jobs: Sequence[Job[Request, Estimate]]) -> TimeLeft | None:
        """How long jobs take where nothing else runs; None where some were never measured."""
        of_group: dict[Hashable, Rest] = {}
        for rest in map(self.rest, jobs):
            before = of_group.get(rest.group, rest)
            of_group[rest.group] = min(
                before, rest, key=lambda each: (not each.measured, each.seconds)
            )
        rests = of_group.values()
        if not all(rest.measured for rest in rests):
            return None
        seconds = [rest.seconds for rest in rests]
        # No sooner than the longest of them, nor than all of them shared out evenly.
        took = max(sum(seconds) / self._at_once(), max(seconds, default=0.0))
        return TimeLeft(took, any(rest.at_most for rest in rests))

    def rest(self, job: Job[Request, Estimate]) -> Rest:
        """What is left of a job; of one that cannot be told, guessed to be as much as is done."""
        run = self._priced(job)
        left = None if run is None else run.left()
        group = job if run is None else run.group
        seconds = max(GUESSED_SECONDS, job.seconds) if left is None else left.seconds
        if (begun := self._stepping.get(job)) is not None:
            seconds = max(0.0, seconds - (self._clock() - begun))
        return Rest(seconds, left is not None, left is not None and left.at_most, group)

    @property
    def stepping(self) -> dict[Job[Request, Estimate], float]:
        """The jobs that are in a step, and the seconds that each has taken so far."""
        now = self._clock()
        return {job: now - begun for job, begun in self._stepping.items()}

    def _priced(self, job: Job[Request, Estimate]) -> Run | None:
        """The job's run, made as soon as it is known how much work it is."""
        if job.run is None:
            work = self._work_of(job.request)
            job.run = None if work is None else self._paces.run(work)
        return job.run
