"""Worker processes: some of this machine, or those of a Dask scheduler that runs already."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from attribution_core.running.cluster.beginning import interrupted_afterwards, loop_apart
from attribution_core.running.memory import most_bytes

if TYPE_CHECKING:
    from distributed import Client
    from tornado.ioloop import IOLoop

TRIES = 3
"""So many workers may die over a piece of work before it is given up."""

SECONDS_UNHEARD = 30.0
"""After which a worker that says nothing is taken to have gone: one that is stopped or cut off does
not say so. A busy one is heard from, at the latest after it has loaded a library."""

_SETTINGS: Mapping[str, object] = {
    # Dask counts the deaths that are forgiven.
    "distributed.scheduler.allowed-failures": TRIES - 1,
    # A worker that was stopped is begun again; Dask itself would wait five minutes for it.
    "distributed.scheduler.worker-ttl": f"{SECONDS_UNHEARD:.0f}s",
    # A worker holds one piece, so that its death says nothing of any other.
    "distributed.scheduler.worker-saturation": 1.0,
    # What a network's cache holds would otherwise stop a worker for good.
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": 0.95,
    # On a busy machine a process takes long to begin; one that is not waited for never comes back.
    "distributed.comm.timeouts.connect": "120s",
    # A look at every worker's stack, a hundred times a second, is for whoever watches it.
    "distributed.worker.profile.enabled": False,
    "distributed.worker.preload": ["attribution_core.running.cluster.undisturbed"],
    # Nothing is served but the work itself.
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}
_SECONDS_TO_ANSWER = 10.0
_SECONDS_TO_BEGIN = 300.0
"""After which a process that has not begun is taken never to begin."""


@dataclass(frozen=True)
class Workers:
    """Who is to do the work.

    Attributes
    ----------
    count : int
        Of processes to be started on this machine; 0 where they are a scheduler's.
    scheduler : str
        The address of a Dask scheduler, such as ``tcp://host:8786``; empty where processes are
        started here.
    threads : int or None
        That each started process computes with; its share of the processors where None.
    memory : int or None
        Bytes that each started process may take before it is ended and its piece done again; its
        share of the memory where None.
    """

    count: int = 0
    scheduler: str = ""
    threads: int | None = None
    memory: int | None = None

    @property
    def threads_each(self) -> int:
        """Threads of a started process, at least 1."""
        may = getattr(os, "sched_getaffinity", None)
        processors = (os.cpu_count() or 1) if may is None else len(may(0))
        return self.threads or max(1, processors // max(self.count, 1))

    @property
    def memory_each(self) -> int | None:
        """Bytes of a started process; None where the machine does not say what it has."""
        every = most_bytes()
        return self.memory or (every and every // max(self.count, 1))


def dask() -> Any:
    """The package ``distributed``, imported when it is first asked for.

    Raises
    ------
    ValueError
        Where it is not installed.
    """
    try:
        import distributed
    except ImportError:
        raise ValueError(
            "Several workers need Dask, which is not installed; install it with "
            "pip install 'attribution-explorer[cluster]'."
        ) from None
    return distributed


@contextlib.contextmanager
def client_of(workers: Workers) -> Iterator[Client]:
    """A client of the workers; those that are started here end with it.

    They listen on the loopback address alone, and take work only from who has the certificate that
    is made for this one time.

    Raises
    ------
    ValueError
        Where Dask is not installed, no scheduler answers at the address, or processes cannot be
        started.
    """
    distributed = dask()
    if workers.scheduler:
        # That it has gone is said once, in a sentence.
        with (
            distributed.utils.silence_logging_cmgr(logging.CRITICAL),
            loop_apart() as loop,
            _client(distributed, workers.scheduler, loop) as client,
        ):
            yield client
        return
    from dask import config

    with (
        config.set(_SETTINGS),
        loop_apart() as loop,
        contextlib.ExitStack() as stack,
    ):
        with interrupted_afterwards():
            cluster = stack.enter_context(_started(distributed, workers, loop))
            client = stack.enter_context(distributed.Client(cluster, set_as_default=False))
        yield client


def _started(distributed: Any, workers: Workers, loop: IOLoop) -> Any:
    """Processes of this machine."""
    threads = str(workers.threads_each)
    try:
        return distributed.LocalCluster(
            n_workers=workers.count,
            loop=loop,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            security=True,
            memory_limit=workers.memory_each or 0,
            death_timeout=_SECONDS_TO_BEGIN,
            # What goes wrong is said of the piece that it goes wrong with.
            silence_logs=logging.CRITICAL,
            env={
                "TF_NUM_INTRAOP_THREADS": threads,
                "TF_NUM_INTEROP_THREADS": threads,
                # Several processes may share a graphics processor: none takes all of its memory.
                "TF_FORCE_GPU_ALLOW_GROWTH": "true",
                # TensorFlow's own lines would stand between those of the progress.
                "TF_CPP_MIN_LOG_LEVEL": "3",
            },
        )
    except Exception as error:
        raise ValueError(
            f"No workers could be started ({type(error).__name__}); ask for fewer, or allow each "
            "more memory."
        ) from None


def check_scheduler(address: str) -> None:
    """ValueError, a sentence, where Dask is not installed or no scheduler answers in time."""
    distributed = dask()
    try:
        # A client that is answered with something else waits far longer, and says so at its end.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, _ask(distributed, address)).result()
    except Exception as error:
        # What is no scheduler may answer anything.
        raise _nobody_answers(address, error) from None


def _client(distributed: Any, address: str, loop: IOLoop) -> Any:
    check_scheduler(address)
    try:
        return distributed.Client(
            address, timeout=_SECONDS_TO_ANSWER, set_as_default=False, loop=loop
        )
    except Exception as error:
        raise _nobody_answers(address, error) from None


def _nobody_answers(address: str, error: Exception) -> ValueError:
    return ValueError(
        f"No Dask scheduler answers at {address} ({type(error).__name__}); start one with "
        "`dask scheduler`, or name another."
    )


async def _ask(distributed: Any, address: str) -> None:
    """Have a scheduler say that it is one, in time."""

    # With the certificates that Dask's own settings name, as its client does.
    ours = distributed.Security().get_connection_args("client")

    async def identity() -> None:
        async with distributed.rpc(
            address, timeout=_SECONDS_TO_ANSWER, connection_args=ours
        ) as there:
            await there.identity()

    await asyncio.wait_for(identity(), _SECONDS_TO_ANSWER)
