"""Iterators whose steps are made by workers of a Dask scheduler, one worker each."""

from __future__ import annotations

import contextlib
import itertools
import logging
import pickle
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from attribution_core.running.cluster.bench import Answer, Bench, End, Raised
from attribution_core.running.cluster.workers import TRIES, Workers, client_of
from attribution_core.version import VERSION

if TYPE_CHECKING:
    from distributed import Client

Argument = TypeVar("Argument")

_log = logging.getLogger(__name__)

_SECONDS_BETWEEN_LOOKS = 1.0
_SECONDS_BETWEEN_TRIES = 5.0
_SECONDS_FOR_THE_FIRST = 15.0
"""For which work waits at the start, so that the first is not done here while workers are there."""
_SECONDS_TO_BEGIN = 60.0
"""For which a worker may take to have its bench; a busy machine's takes long."""
_SECONDS_WITHOUT_WORKERS = 60.0
"""For which work whose worker has died waits for another."""
_REMEMBERED = 512
_GONE = (OSError, RuntimeError, CancelledError)
"""What Dask raises where a worker or the scheduler has gone; a TimeoutError is an OSError."""


class WorkerLost(ValueError):
    """Work over which workers have died; the message is a plain sentence for the user."""


class _Died(Exception):
    """A worker has gone; ``stepping`` where it was making a step of the work just then."""

    def __init__(self, stepping: bool) -> None:
        self.stepping = stepping


@dataclass(eq=False)
class _Place:
    """A worker: its bench, and how many iterators it has."""

    client: Client
    address: str
    made: Any = None
    bench: Any = None
    iterators: int = 0
    stepping: int = 0
    making: threading.Lock = field(default_factory=threading.Lock)


class Benches:
    """The workers of a scheduler, for iterators that are asked step by step.

    An iterator stays where it was begun. When its worker dies, it is begun again by another, up to
    `TRIES` times. While the scheduler does not answer, or has no worker, work is done here; it is
    looked for again and again.

    Parameters
    ----------
    address : str
        The scheduler's.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._lock = threading.Lock()
        self._places: dict[str, _Place] = {}
        self._last: OrderedDict[Hashable, str] = OrderedDict()
        self._names = itertools.count()
        self._looked = threading.Event()
        self._closed = threading.Event()
        threading.Thread(target=self._watch, name="attribution-cluster", daemon=True).start()

    @property
    def count(self) -> int:
        """How many workers there are now."""
        return len(self._places)

    def close(self) -> None:
        """Take leave of the scheduler; what is asked for from now on is done here."""
        self._closed.set()

    def steps(
        self,
        begin: Callable[[Argument], Iterator[Any]],
        argument: Argument,
        *,
        here: Callable[[], Iterator[Any]],
        near: str = "",
        together: Hashable = None,
    ) -> Iterator[Any]:
        """What an iterator yields.

        Parameters
        ----------
        begin : callable
            A function of a module that workers have too; makes the iterator.
        argument : object
            Its argument, which can be pickled.
        here : callable
            Makes the same iterator in this process, where there is no worker.
        near : str
            Work that says the same finds what the other left in memory, if that worker is free.
        together : hashable
            Work that says the same goes to the same worker, free or not.

        Raises
        ------
        WorkerLost
            Where workers have died over it; such work is not done here.
        Exception
            What the iterator itself raises.
        """
        self._looked.wait(_SECONDS_FOR_THE_FIRST)
        order = pickle.dumps((begin, argument))
        died = 0
        while True:
            place = self._place(near, together) if died == 0 else self._other(near, together)
            if place is None:
                yield from here()
                return
            try:
                yield from self._steps_at(place, order)
                return
            except _Died as gone:
                died += gone.stepping
                _log.warning("A worker has gone with work that is begun again.")
            if died == TRIES:
                raise WorkerLost(
                    f"{TRIES} workers died over this, so it is given up; it may need more memory "
                    "than a worker may take. Ask for less, or try again later."
                )

    def _steps_at(self, place: _Place, order: bytes) -> Iterator[Any]:
        name = str(next(self._names))
        begun = False
        with self._lock:
            place.iterators += 1
        try:
            while True:
                answer = self._ask(place, name, order, begun)
                begun = True
                if isinstance(answer, End):
                    return
                if isinstance(answer, Raised):
                    raise answer.error
                yield answer.value
        finally:
            with self._lock:
                place.iterators -= 1
            # Not waited for: what is dropped is closed after the step that it is in.
            with contextlib.suppress(Exception), place.client.as_current():
                place.bench.end(name)

    def _ask(self, place: _Place, name: str, order: bytes, begun: bool) -> Answer:
        """The answer to one step; `_Died` where there is no longer anyone to give it."""
        with self._lock:
            place.stepping += 1
        try:
            with place.client.as_current():
                try:
                    _set_up(place)
                    answering = place.bench.step(name, b"" if begun else order)
                except _GONE:
                    self._scheduler_is_there(place)
                    raise _Died(False) from None  # it had gone before
                answer: Answer = pickle.loads(self._result(place, answering))
                return answer
        finally:
            with self._lock:
                place.stepping -= 1

    def _result(self, place: _Place, answering: Any) -> bytes:
        while True:
            try:
                found: bytes = answering.result(timeout=_SECONDS_BETWEEN_LOOKS)
                return found
            except TimeoutError:
                if self._places.get(place.address) is place:
                    continue
                raise _Died(self._scheduler_is_there(place)) from None
            # What work raises is an answer; whatever Dask raises here, none will come.
            except Exception:
                raise _Died(self._scheduler_is_there(place)) from None

    def _scheduler_is_there(self, place: _Place) -> bool:
        """Whether a worker has gone alone; it is no longer among the places then."""
        self._leave_out(place)
        time.sleep(_SECONDS_BETWEEN_LOOKS)
        there = bool(place.client.status == "running")
        if not there:
            self._set_places({})
        return there

    def _place(self, near: str, together: Hashable) -> _Place | None:
        """Where work is to be done; None for here."""
        with self._lock:
            if not self._places:
                return None
            found = self._places.get(self._last.get(together, "")) if together else None
            if found is None:
                found = min(
                    self._places.values(),
                    key=lambda each: (
                        each.stepping,
                        each.iterators,
                        # The same for all processes, which differ in their own hashes.
                        zlib.crc32(f"{each.address} {near}".encode()),
                    ),
                )
            if together:
                self._last[together] = found.address
                self._last.move_to_end(together)
                while len(self._last) > _REMEMBERED:
                    self._last.popitem(last=False)
            return found

    def _other(self, near: str, together: Hashable) -> _Place:
        """Where work is to be done over which a worker has died: it might end this process too."""
        until = time.monotonic() + _SECONDS_WITHOUT_WORKERS
        while (place := self._place(near, together)) is None:
            if time.monotonic() > until or self._closed.is_set():
                raise WorkerLost("The worker that computed this has died; try again later.")
            time.sleep(_SECONDS_BETWEEN_LOOKS / 10)
        return place

    # ---- on the thread that watches the scheduler ----

    def _watch(self) -> None:
        told = False
        while not self._closed.is_set():
            try:
                with client_of(Workers(scheduler=self.address)) as client:
                    _log.info("The scheduler at %s answers; its workers compute.", self.address)
                    told = False
                    self._follow(client)
            except Exception as error:
                if not told:
                    _log.warning("%s Until one answers, this process computes by itself.", error)
                told = True
            self._set_places({})
            self._looked.set()
            self._closed.wait(_SECONDS_BETWEEN_TRIES)

    def _follow(self, client: Client) -> None:
        """Know the workers that there are, until the scheduler goes."""
        while not self._closed.is_set():
            if client.status != "running":
                raise ConnectionError("The scheduler has gone.")
            there = client.nthreads()
            with self._lock:
                self._places = {
                    each: self._places.get(each) or _Place(client, each) for each in there
                }
            self._looked.set()
            self._closed.wait(_SECONDS_BETWEEN_LOOKS)

    def _leave_out(self, place: _Place) -> None:
        with self._lock:
            if self._places.get(place.address) is place:
                del self._places[place.address]

    def _set_places(self, places: dict[str, _Place]) -> None:
        with self._lock:
            self._places = places


def _set_up(place: _Place) -> None:
    """Have a bench stand in a worker; WorkerLost where it can have none."""
    with place.making:
        if place.bench is not None:
            return
        # Kept, since Dask lets go of what nobody keeps.
        place.made = place.client.submit(
            Bench,
            VERSION,
            actor=True,
            workers=[place.address],
            allow_other_workers=False,
            pure=False,
        )
        try:
            place.bench = place.made.result(timeout=_SECONDS_TO_BEGIN)
        except _GONE:
            raise
        except Exception as error:
            _log.error("%s cannot work for this app.", place.address, exc_info=True)
            raise WorkerLost(
                f"A worker of the cluster cannot compute this ({error}); it needs the app of the "
                "same version."
            ) from None
