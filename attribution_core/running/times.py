"""How long jobs take: what they cost before they start, and how much time is left of them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Generic, TypeVar

from attribution_core.running.pace import Paces, Run, TimeLeft, Work, in_turns
from attribution_core.running.turns import Job, Waiter, Wish

Request = TypeVar("Request", bound=Hashable)
Estimate = TypeVar("Estimate")


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
    ) -> None:
        self._work_of = work_of
        self._share = share
        self._clock = clock
        self._paces = Paces()
        self._stepping: tuple[Job[Request, Estimate], float] | None = None
        self.ended = 0

    def begin(self, job: Job[Request, Estimate]) -> None:
        """Note that a job starts, or starts over."""
        if (run := self._priced(job)) is not None:
            run.begin()

    def begin_step(self, job: Job[Request, Estimate]) -> None:
        """Note that a step of a job begins now."""
        self._stepping = job, self._clock()

    def end_step(self, job: Job[Request, Estimate], seconds: float) -> None:
        """Note the step that a job has just made, which took so long."""
        self._stepping = None
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
        return in_turns([(0, left) for _, left in self._grouped(jobs)], [])

    def left(
        self,
        waiter: Waiter[Request, Estimate],
        wishes: Sequence[Wish[Request, Estimate]],
    ) -> TimeLeft | None:
        """The time until all that one of those who wish for something waits for is done."""
        mine = next(jobs for each, jobs in wishes if each is waiter)
        shared = set(mine)
        others = [
            self._grouped([job for job in jobs if job not in shared])
            for each, jobs in wishes
            if each is not waiter
        ]
        return in_turns(self._grouped(mine), others)

    def _priced(self, job: Job[Request, Estimate]) -> Run | None:
        """The job's run, made as soon as it is known how much work it is."""
        if job.run is None:
            work = self._work_of(job.request)
            job.run = None if work is None else self._paces.run(work)
        return job.run

    def _grouped(
        self, jobs: Sequence[Job[Request, Estimate]]
    ) -> Iterator[tuple[int, TimeLeft | None]]:
        """Yield priority and time left of the jobs, once for those that are computed in one go."""
        least: dict[object, tuple[int, TimeLeft | None]] = {}
        for job in jobs:
            run = self._priced(job)
            left = None if run is None else run.left()
            if left is not None and self._stepping is not None and self._stepping[0] is job:
                under_way = self._clock() - self._stepping[1]
                left = TimeLeft(max(0.0, left.seconds - under_way), left.at_most)
            group = job if run is None else run.group
            before = least.get(group, (job.priority, left))[1]
            if before is not None and (left is None or left.seconds > before.seconds):
                left = before
            least[group] = job.priority, left
        yield from least.values()
