"""Who does the work of a command: this process, or workers as ``--workers`` and so on say."""

from __future__ import annotations

import argparse
import contextlib
import os
import uuid
from collections.abc import Iterator

from attribution_core.command_line.asked_model import AskedModel
from attribution_core.network.classifier import DEFAULT_CACHE_BYTES
from attribution_core.running.cluster.crew import Crew, crew_of
from attribution_core.running.cluster.workers import Workers
from attribution_core.running.memory import most_bytes

_CACHED = 4
"""The part of a worker's memory that its classifier may keep results in: one in so many."""
_LEAST = 800 * 10**6
"""Bytes that a worker takes before it has a model: one that may take less is never ready."""


@contextlib.contextmanager
def crew_for(asked: argparse.Namespace) -> Iterator[Crew]:
    """The crew that arguments ask for.

    Raises
    ------
    ValueError
        As `crew_of`, and where what is said of workers has none to be said of.
    """
    with crew_of(workers_of(asked)) as crew:
        yield crew


def workers_of(asked: argparse.Namespace) -> Workers | None:
    """The workers that arguments ask for; None for this process."""
    if asked.workers is None and (asked.worker_threads or asked.worker_memory):
        raise ValueError(
            "--worker-threads and --worker-memory are of workers that --workers starts; those of a "
            "scheduler are told when they are started."
        )
    if asked.scheduler is not None:
        if not asked.scheduler.strip():
            raise ValueError("--scheduler names none; give an address such as tcp://host:8786.")
        return Workers(scheduler=asked.scheduler.strip())
    if asked.workers is None:
        return None
    _check_machine(asked)
    return Workers(asked.workers, threads=asked.worker_threads, memory=asked.worker_memory)


def _check_machine(asked: argparse.Namespace) -> None:
    """ValueError where workers would have less than they need, or more than there is."""
    memory, processors = most_bytes(), os.cpu_count()
    if memory is not None and asked.workers * _LEAST > memory:
        most = max(1, memory // _LEAST)
        raise ValueError(
            f"This machine's memory is enough for {most} workers, not for {asked.workers}; give "
            f"--workers {most} or fewer."
        )
    if asked.worker_memory is not None and asked.worker_memory < _LEAST:
        raise ValueError(
            f"A worker takes {_LEAST // 10**6} MB before it has a model; give --worker-memory "
            "that much or more."
        )
    if processors is not None and (asked.worker_threads or 1) > processors:
        raise ValueError(
            f"This machine has {processors} processors; give --worker-threads so many or fewer."
        )


def model_of(asked: argparse.Namespace) -> AskedModel:
    """The model that arguments name, for this run of the command and its workers' memory."""
    workers = workers_of(asked)
    started = workers is not None and not workers.scheduler
    memory = workers.memory_each if workers is not None and started else None
    cached = None if memory is None else min(DEFAULT_CACHE_BYTES, memory // _CACHED)
    return AskedModel.of(asked, uuid.uuid4().hex, cached)
