"""Iterators whose steps are made by workers of a Dask scheduler, one worker each."""

from __future__ import annotations

import contextlib
import itertools
import logging
import math
import pickle
import time
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import CancelledError
from typing import Any, TypeVar

from attribution_core.running.cluster import places
from attribution_core.running.cluster.bench import Answer, Bench, End, Raised
from attribution_core.running.cluster.places import Place, Places
from attribution_core.running.cluster.workers import TRIES
from attribution_core.version import VERSION

Argument = TypeVar("Argument")

_log = logging.getLogger(__name__)

_SECONDS_TO_BEGIN = 60.0
"""For which a worker may take to have its bench: it may be busy with a command's piece."""
_SECONDS_WITHOUT_WORKERS = 60.0
"""For which work whose worker has died waits for another."""
_GONE = (OSError, RuntimeError, CancelledError)
"""What Dask raises where a worker or the scheduler has gone; a TimeoutError is an OSError."""


class WorkerLost(ValueError):
    """Work over which workers have died; the message is a plain sentence for the user."""


class _Died(Exception):
    """A worker has gone; ``stepping`` where it was making a step of the work just then."""

    def __init__(self, stepping: bool) -> None:
        self.stepping = stepping


class _Busy(Exception):
    """A worker has other work, and no time for this."""


class Benches:
    """The workers of a scheduler, for iterators that are asked step by step.

    An iterator stays where it was begun. When its worker dies, or says nothing for
    `SECONDS_UNHEARD`, it is begun again by another, up to `TRIES` times. While the scheduler does
    not answer, or has no worker that is free for it, work is done here; it is looked for again and
    again.

    Parameters
    ----------
    address : str
        The scheduler's.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._places = Places(address)
        self._names = itertools.count()

    @property
    def count(self) -> int:
        """How many workers there are now."""
        return self._places.count

    def close(self) -> None:
        """Take leave of the scheduler; what is asked for from now on is done here."""
        self._places.closed.set()

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
        self._places.wait_for_the_first_look()
        order = pickle.dumps((begin, argument))
        died = 0
        while True:
            place = self._place(near, together, died)
            if place is None:
                yield from here()
                return
            try:
                yield from self._steps_at(place, order)
                return
            except _Died as gone:
                died += gone.stepping
                _log.warning("A worker has gone with work that is begun again.")
            except _Busy:
                continue
            if died == TRIES:
                raise WorkerLost(
                    f"{TRIES} workers died over this, so it is given up; it may need more memory "
                    "than a worker may take. Ask for less, or try again later."
                )

    def _steps_at(self, place: Place, order: bytes) -> Iterator[Any]:
        name = str(next(self._names))
        begun = False
        self._places.count_iterators(place, 1)
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
            self._places.count_iterators(place, -1)
            # Not waited for: what is dropped is closed after the step that it is in.
            with contextlib.suppress(Exception), place.client.as_current():
                place.bench.end(name)

    def _ask(self, place: Place, name: str, order: bytes, begun: bool) -> Answer:
        """The answer to one step; `_Died` where there is no longer anyone to give it."""
        self._places.count_steps(place, 1)
        try:
            with place.client.as_current():
                try:
                    self._set_up(place)
                    answering = place.bench.step(name, b"" if begun else order)
                except _GONE:
                    self._places.leave_out(place)
                    raise _Died(False) from None  # it had gone before
                try:
                    found = self._result(place, answering)
                # What work raises is an answer; whatever Dask raises here, none will come.
                except Exception:
                    raise _Died(self._places.leave_out(place)) from None
            answer: Answer = pickle.loads(found)
            return answer
        finally:
            self._places.count_steps(place, -1)

    def _set_up(self, place: Place) -> None:
        """Have a bench stand in a worker; `WorkerLost` where it can have none."""
        with place.making:
            if place.bench is not None:
                return
            if place.made is None:
                place.made = place.client.submit(
                    Bench,
                    VERSION,
                    actor=True,
                    workers=[place.address],
                    allow_other_workers=False,
                    pure=False,
                )
            try:
                place.bench = self._result(place, place.made, _SECONDS_TO_BEGIN)
            except (*_GONE, _Busy):
                raise
            except Exception as error:
                place.made = None
                _log.error("%s cannot work for this app.", place.address, exc_info=True)
                raise WorkerLost(
                    f"A worker of the cluster cannot compute this ({error}); it needs the app of "
                    "the same version."
                ) from None
            finally:
                place.late = place.bench is None

    def _result(self, place: Place, answering: Any, patience: float = math.inf) -> Any:
        """What a worker answers.

        ConnectionError where it has gone meanwhile, `_Busy` after the patience, and whatever Dask
        raises.
        """
        until = time.monotonic() + patience
        while True:
            try:
                return answering.result(timeout=places.SECONDS_BETWEEN_LOOKS)
            except TimeoutError:
                if not self._places.has(place):
                    raise ConnectionError("The worker has gone.") from None
                if time.monotonic() > until:
                    raise _Busy from None

    def _place(self, near: str, together: Hashable, died: int) -> Place | None:
        """Where work is to be done; None for here.

        Work over which a worker has died waits for another: it might end this process too.
        """
        until = time.monotonic() + _SECONDS_WITHOUT_WORKERS
        while (place := self._places.choose(near, together)) is None and died:
            if time.monotonic() > until or self._places.closed.is_set():
                raise WorkerLost("The worker that computed this has died; try again later.")
            time.sleep(places.SECONDS_BETWEEN_LOOKS / 10)
        return place
