"""A runner of jobs on a stage: every step waits until the test lets it through."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from attribution_core.running import pace
from attribution_core.running.jobs import Runner
from attribution_core.running.standing import Snapshot
from tests.patience import UNCHANGED, until

SOON = UNCHANGED
"""Seconds after which a test that should be instantaneous counts as stuck."""


@dataclass(frozen=True)
class Work:
    name: str
    steps: int = 3
    priority: int = 0


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Stage:
    """A runner whose computations stop inside every step until they are let through."""

    def __init__(self, **settings: Any) -> None:
        self.started: list[str] = []
        self.ended: list[str] = []
        self.steps: list[str] = []
        self.failures: dict[str, BaseException] = {}
        self.amounts: dict[str, pace.Work] = {}
        self.clock = Clock()
        self._entered = queue.Queue[tuple[str, int]]()
        self._passes = threading.Semaphore(0)
        self.runner: Runner[Work, str] = Runner(
            self._start,
            priority=lambda work: work.priority,
            clock=self.clock,
            keep=settings.get("keep", 256),
            per_waiter=settings.get("per_waiter", 64),
            in_all=settings.get("in_all", 512),
            work=lambda work: self.amounts.get(work.name),
            share=lambda estimate: int(estimate[-1]) / 3,
            threads=settings.get("threads", 1),
            beside=settings.get("beside", lambda work, others: True),
        )

    def _start(self, work: Work) -> Iterator[str]:
        self.started.append(work.name)
        try:
            for step in range(1, work.steps + 1):
                self._entered.put((work.name, step))
                assert self._passes.acquire(timeout=SOON)
                self.steps.append(work.name)
                if work.name in self.failures:
                    raise self.failures[work.name]
                yield f"{work.name}{step}"
        finally:
            self.ended.append(work.name)

    def at(self) -> tuple[str, int]:
        """Wait for the worker to be inside the next step; all steps before it are published."""
        return self._entered.get(timeout=SOON)

    def go(self) -> None:
        self._passes.release()

    def open(self) -> None:
        self._passes.release(1000)

    def state(self, work: Work, waiter: str | None = None) -> str:
        return self.runner.look(work, waiter).state

    def until(self, work: Work, state: str) -> Snapshot[str]:
        until(lambda: self.state(work) == state)
        return self.runner.look(work)


A, B, C = Work("a"), Work("b"), Work("c")
URGENT = Work("urgent", priority=-1)
LONG = Work("long", priority=1)
