"""Iterators for workers of a cluster: functions of a module, as these must be."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Count:
    """How far to count, in which folder to leave traces, and which step kills its process."""

    steps: int
    folder: str
    killed_at: int = 0
    deaths: int = 0
    pause: float = 0.0
    fails: bool = False


def count(asked: Count) -> Iterator[tuple[int, int]]:
    """Numbers from 1, each with the process that counts; a trace is left of each step."""
    folder = Path(asked.folder)
    try:
        for number in range(1, asked.steps + 1):
            (folder / f"step-{number}").touch()
            time.sleep(asked.pause)
            if number == asked.killed_at:
                died = len(list(folder.glob("died-*")))
                if died < asked.deaths:
                    (folder / f"died-{died}").touch()
                    os.kill(os.getpid(), 9)
            yield number, os.getpid()
        if asked.fails:
            raise OSError("Nothing lies there.")
    finally:
        (folder / "closed").touch()


def unsendable(asked: Count) -> Iterator[object]:
    """What no process can tell another."""
    yield lambda: asked
