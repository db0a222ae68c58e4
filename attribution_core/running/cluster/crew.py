"""A crew works off pieces: in this process, or in processes that Dask hands them to."""

from __future__ import annotations

import contextlib
import itertools
import math
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from attribution_core.running.cluster.workers import Workers, client_of, dask

if TYPE_CHECKING:
    from distributed import Client, Future

Piece = TypeVar("Piece")
Event = TypeVar("Event")
Answer = TypeVar("Answer")

_AHEAD = 2
"""Pieces given out for each worker: the one it does, and its next."""
_SECONDS_WITHOUT_WORKERS = 60.0
_SECONDS_BETWEEN_LOOKS = 5.0


@dataclass(frozen=True)
class GivenUp:
    """What is said in the place of a piece's events: it was given up, and why."""

    error: Exception


class WorkersDied(ChildProcessError):
    """A piece over which as many workers have died as it was allowed."""


class Crew(Protocol):
    """Who does the work."""

    @property
    def described(self) -> str:
        """How many, and what each may take, in words; empty where it is this process."""

    def answer(self, function: Callable[..., Answer], *arguments: object) -> Answer:
        """What a function gives, with whatever it raises."""

    def each(
        self, work: Callable[[Piece], Iterator[Event]], pieces: Iterable[Piece]
    ) -> Iterator[tuple[Piece, Event | GivenUp]]:
        """What becomes of the pieces, each event with its piece; events of one piece in order."""


class Here:
    """This process alone, one piece after the other; whatever work raises ends it all."""

    described = ""

    def answer(self, function: Callable[..., Answer], *arguments: object) -> Answer:
        return function(*arguments)

    def each(
        self, work: Callable[[Piece], Iterator[Event]], pieces: Iterable[Piece]
    ) -> Iterator[tuple[Piece, Event | GivenUp]]:
        for piece in pieces:
            for event in work(piece):
                yield piece, event


class DaskCrew:
    """Workers of a Dask scheduler.

    Two pieces a worker are given out at any time, so that neither this process nor the scheduler
    holds more, however many there are. The piece of a worker that dies is done again by another. A
    piece that raises, or over which `TRIES` workers die (or as many as an existing scheduler
    forgives, and one more), is given up, and the others go on.

    Parameters
    ----------
    client : distributed.Client
    described : str
        As in `Crew`.
    """

    def __init__(self, client: Client, described: str) -> None:
        self.described = described
        self._client = client

    @property
    def address(self) -> str:
        """The scheduler's."""
        return str(self._client.scheduler.address)

    def answer(self, function: Callable[..., Answer], *arguments: object) -> Answer:
        future = self._client.submit(function, *arguments, pure=False)
        ended: SimpleQueue[Future] = SimpleQueue()
        future.add_done_callback(ended.put)
        found: Answer = _result(self._next(ended))
        return found

    def each(
        self, work: Callable[[Piece], Iterator[Event]], pieces: Iterable[Piece]
    ) -> Generator[tuple[Piece, Event | GivenUp], None, None]:
        waiting = iter(pieces)
        given: dict[Future, Piece] = {}
        ended: SimpleQueue[Future] = SimpleQueue()
        most, counted = 0, -math.inf
        try:
            while True:
                # Workers may come and go; to count them for each piece would take as long as some.
                if time.monotonic() - counted > _SECONDS_BETWEEN_LOOKS:
                    most = _AHEAD * max(1, _threads(self._client))
                    counted = time.monotonic()
                for piece in itertools.islice(waiting, max(0, most - len(given))):
                    future = self._client.submit(partial(_events, work), piece, pure=False)
                    given[future] = piece
                    future.add_done_callback(ended.put)
                if not given:
                    return
                future = self._next(ended)
                piece = given.pop(future)
                for event in _events_or_why(future):
                    yield piece, event
        finally:
            # Where nobody wants the rest any more, it is not begun.
            with contextlib.suppress(Exception):
                self._client.cancel(list(given))

    def _next(self, ended: SimpleQueue[Future]) -> Future:
        """The next to have ended.

        ConnectionError where the scheduler has gone, TimeoutError where no worker comes.
        """
        idle = 0.0
        while True:
            try:
                future = ended.get(timeout=_SECONDS_BETWEEN_LOOKS)
            except Empty:
                future = None
            if self._client.status != "running" or (future and future.status == "cancelled"):
                raise ConnectionError("The scheduler has gone, and with it what it was given.")
            if future is not None:
                return future
            idle = 0.0 if _threads(self._client) else idle + _SECONDS_BETWEEN_LOOKS
            if idle >= _SECONDS_WITHOUT_WORKERS:
                raise TimeoutError(
                    f"For {_SECONDS_WITHOUT_WORKERS:.0f} seconds the scheduler has had no worker; "
                    "start some, or give each more memory."
                )


@contextlib.contextmanager
def crew_of(workers: Workers | None) -> Iterator[Crew]:
    """The crew of these workers, for as long as it is needed; this process where there are none.

    Raises
    ------
    ValueError
        As `client_of`.
    """
    if workers is None:
        yield Here()
        return
    with client_of(workers) as client:
        if workers.scheduler:
            threads = _threads(client)
            described = f"{workers.scheduler} has {_several(threads, 'thread')} of workers."
        else:
            memory = workers.memory_each
            described = (
                f"{_several(workers.count, 'worker')} of this machine, of "
                f"{_several(workers.threads_each, 'thread')} each and "
                + ("any memory." if memory is None else f"at most {memory / 1e9:.1f} GB.")
            )
        yield DaskCrew(client, described)


def _threads(client: Client) -> int:
    """Of all workers that the scheduler has now."""
    return sum(client.nthreads().values())


def _several(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"


def _events(work: Callable[[Piece], Iterator[Event]], piece: Piece) -> tuple[Event, ...]:
    return tuple(work(piece))


def _events_or_why(future: Future) -> tuple[Any, ...]:
    try:
        found: tuple[Any, ...] = _result(future)
        return found
    except Exception as error:
        return (GivenUp(error),)


def _result(future: Future) -> Any:
    """What the work gave, or what it raised; `WorkersDied` where no worker has survived it."""
    try:
        return future.result()
    except dask().KilledWorker as error:
        died = _several(error.allowed_failures + 1, "worker")
        raise WorkersDied(
            f"{died} died over it; if it takes more memory than a worker may, allow more."
        ) from None
