"""Who does the work of a command: this process, or workers as ``--workers`` and so on say."""

from __future__ import annotations

import argparse
import contextlib
import uuid
from collections.abc import Iterator

from attribution_core.command_line.asked_model import AskedModel
from attribution_core.network.classifier import DEFAULT_CACHE_BYTES
from attribution_core.running.cluster.crew import Crew, crew_of
from attribution_core.running.cluster.workers import Workers

_CACHED = 4
"""The part of a worker's memory that its classifier may keep results in: one in so many."""


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
        return Workers(scheduler=asked.scheduler)
    if asked.workers is None:
        return None
    return Workers(asked.workers, threads=asked.worker_threads, memory=asked.worker_memory)


def model_of(asked: argparse.Namespace) -> AskedModel:
    """The model that arguments name, for this run of the command and its workers' memory."""
    workers = workers_of(asked)
    started = workers is not None and not workers.scheduler
    memory = workers.memory_each if workers is not None and started else None
    cached = None if memory is None else min(DEFAULT_CACHE_BYTES, memory // _CACHED)
    return AskedModel.of(asked, uuid.uuid4().hex, cached)
