"""The thread on which jobs make their steps, one at a time, each whose turn it is."""

from __future__ import annotations

import logging
import threading
import traceback
from collections.abc import Callable, Hashable, Iterator
from dataclasses import replace
from typing import Generic, Literal, TypeVar

from attribution_core.running.standing import Load
from attribution_core.running.turns import Job
from attribution_core.running.waiting import Waiting

Request = TypeVar("Request", bound=Hashable)
Estimate = TypeVar("Estimate")

_log = logging.getLogger(__name__)

LONG_STEP_SECONDS = 5.0
"""Steps of more are logged: while one lasts, nobody else is served."""


class Stepping(Generic[Request, Estimate]):
    """Begins jobs, has them make their steps and drops those that nobody waits for any more.

    Its thread alone touches iterators, and not while it holds the lock.

    Parameters
    ----------
    start
        As in `Runner`.
    waiting
        What there is to do; looked at with the lock held.
    changed
        The lock; notified when there may be more to do, and by this when a job has ended.
    clock
        Tells the time in seconds.

    Attributes
    ----------
    load
        What has been done so far.
    thread
        On which it is done.
    """

    def __init__(
        self,
        start: Callable[[Request], Iterator[Estimate]],
        waiting: Waiting[Request, Estimate],
        changed: threading.Condition,
        clock: Callable[[], float],
    ) -> None:
        self._start = start
        self._waiting = waiting
        self._changed = changed
        self._clock = clock
        self.load = Load()
        self.thread = threading.Thread(target=self._work, name="attribution-jobs", daemon=True)
        self.thread.start()

    def _work(self) -> None:
        while (job := self._next()) is not None:
            self._step(job)

    def _next(self) -> Job[Request, Estimate] | None:
        """Wait for the job that is due for a step; None when nothing is served any more."""
        waiting = self._waiting
        while True:
            with self._changed:
                # Time has passed: some waiters may have fallen asleep, and a step has ended.
                waiting.change()
                wishes = waiting.wishes()
                wanted = {job for _, jobs in wishes for job in jobs}
                abandoned = [
                    job for job in waiting.jobs.values() if job.started and job not in wanted
                ]
                iterators = [job.iterator for job in abandoned]
                for job in abandoned:
                    job.started, job.iterator = False, None
                    waiting.times.end(job)
                    waiting.revise(job)
                if wishes and not abandoned:
                    job = waiting.due(wishes)
                    if not job.started:
                        job.started, job.seconds = True, 0.0
                        waiting.times.begin(job)
                        waiting.revise(job)
                    waiting.times.begin_step(job)
                    return job
                if not abandoned:
                    if waiting.closed:
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
            self.load = replace(
                self.load,
                busy=self.load.busy + seconds,
                done=self.load.done + (outcome == "done"),
                failed=self.load.failed + (outcome == "failed"),
            )
            self._waiting.times.end_step(job, seconds)
            self._waiting.shares.took(job.priority, seconds)
            self._waiting.revise(job)
            if outcome is not None:
                job.iterator, job.started = None, False
                self._waiting.times.end(job)
                self._waiting.serve(job)
                self._changed.notify_all()
        if seconds > LONG_STEP_SECONDS:
            _log.warning("A step of %s took %.1f s.", type(job.request).__name__, seconds)


def _as_error(stop: BaseException) -> Exception:
    # If raised again elsewhere, a SystemExit would end that thread or program.
    if isinstance(stop, Exception):
        return stop
    return RuntimeError(f"The computation was stopped by {type(stop).__name__}.")
