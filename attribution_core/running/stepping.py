"""The threads on which jobs make their steps, each whose turn it is."""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable, Collection, Hashable, Iterator, Sequence
from dataclasses import replace
from typing import Generic, Literal, TypeVar

from attribution_core.running.standing import Load
from attribution_core.running.waiting import Waiting
from attribution_core.running.wishes import Job

Request = TypeVar("Request", bound=Hashable)
Estimate = TypeVar("Estimate")

_log = logging.getLogger(__name__)

LONG_STEP_SECONDS = 5.0
"""Steps of more are logged: while one lasts, nobody else is served."""


class Stepping(Generic[Request, Estimate]):
    """Begins jobs, has them make their steps and drops those that nobody waits for any more.

    Its threads alone touch iterators, and not while they hold the lock.

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
    threads, beside
        As in `Runner`. Threads are begun as they are needed.

    Attributes
    ----------
    load
        What has been done so far.
    threads
        On which it is done.
    """

    def __init__(
        self,
        start: Callable[[Request], Iterator[Estimate]],
        waiting: Waiting[Request, Estimate],
        changed: threading.Condition,
        clock: Callable[[], float],
        *,
        threads: int,
        beside: Callable[[Request, Sequence[Request]], bool],
    ) -> None:
        self._start = start
        self._waiting = waiting
        self._changed = changed
        self._clock = clock
        self._most = threads
        self._beside = beside
        self._idle = 0
        self.load = Load()
        self.threads: list[threading.Thread] = []
        self._begin_thread()

    def join(self, timeout: float | None) -> None:
        """Wait so many seconds for the steps under way, but for one that asks for it itself."""
        until = None if timeout is None else time.monotonic() + timeout
        for thread in self.threads:
            if thread is not threading.current_thread():
                thread.join(None if until is None else max(0.0, until - time.monotonic()))

    def _begin_thread(self) -> None:
        thread = threading.Thread(target=self._work, name="attribution-jobs", daemon=True)
        self.threads.append(thread)
        thread.start()

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
                stepping = waiting.times.stepping
                wanted = {job for _, jobs in wishes for job in jobs}
                abandoned = [
                    job
                    for job in waiting.jobs.values()
                    if job.started and job not in wanted and job not in stepping
                ]
                iterators = [job.iterator for job in abandoned]
                for job in abandoned:
                    job.started, job.iterator = False, None
                    waiting.times.end(job)
                    waiting.revise(job)
                if not abandoned:
                    if (due := waiting.due(wishes, self._beside_all(stepping))) is not None:
                        self._take(due)
                        return due
                    if waiting.closed:
                        return None
                    self._idle += 1
                    self._changed.wait()
                    self._idle -= 1
            # Their `finally` blocks are foreign code, which may take long or call us.
            for iterator in iterators:
                try:
                    getattr(iterator, "close", lambda: None)()
                except BaseException:
                    _log.warning("A dropped job did not end cleanly.", exc_info=True)

    def _beside_all(
        self, stepping: Collection[Job[Request, Estimate]]
    ) -> Callable[[Job[Request, Estimate]], bool]:
        """Tells of a job whether it may make a step beside those that are in one."""
        others = [job.request for job in stepping]
        return lambda job: not others or (job not in stepping and self._beside(job.request, others))

    def _take(self, job: Job[Request, Estimate]) -> None:
        if not job.started:
            job.started, job.seconds = True, 0.0
            self._waiting.times.begin(job)
            self._waiting.revise(job)
        self._waiting.times.begin_step(job)
        if not self._idle and len(self.threads) < self._most:
            self._begin_thread()

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
            self._waiting.took(job, seconds)
            self._waiting.revise(job)
            if outcome is not None:
                job.iterator, job.started = None, False
                self._waiting.times.end(job)
                self._waiting.serve(job)
            if outcome is not None or self._most > 1:
                self._changed.notify_all()
        if seconds > LONG_STEP_SECONDS:
            _log.warning("A step of %s took %.1f s.", type(job.request).__name__, seconds)


def _as_error(stop: BaseException) -> Exception:
    # If raised again elsewhere, a SystemExit would end that thread or program.
    if isinstance(stop, Exception):
        return stop
    return RuntimeError(f"The computation was stopped by {type(stop).__name__}.")
