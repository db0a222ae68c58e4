"""The workers of a scheduler as they come and go, of which one is chosen for each piece of work."""

from __future__ import annotations

import logging
import threading
import time
import zlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from attribution_core.running.cluster.workers import SECONDS_UNHEARD, Workers, client_of

if TYPE_CHECKING:
    from distributed import Client

_log = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 1.0
_SECONDS_BETWEEN_TRIES = 5.0
_SECONDS_FOR_THE_FIRST = 15.0
"""For which work waits at the start, so that the first is not done here while workers are there."""
_REMEMBERED = 512


@dataclass(eq=False)
class Place:
    """A worker.

    Attributes
    ----------
    client : distributed.Client
    address : str
        The worker's.
    made : distributed.Future or None
        Of what stands in it; kept, since Dask lets go of what nobody keeps.
    bench : object
        What stands in it, None until it does.
    late : bool
        Whether it has been waited for in vain.
    iterators, stepping : int
        How many of this process stand in it, and how many of these are in a step.
    making : threading.Lock
        Held while it is set up.
    """

    client: Client
    address: str
    made: Any = None
    bench: Any = None
    late: bool = False
    iterators: int = 0
    stepping: int = 0
    making: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_busy(self) -> bool:
        """Whether it has other work that is not at its end, such as a command's."""
        return self.late and not (self.made is not None and self.made.done())


class Heartbeats:
    """Of which workers it has been heard that they are there, by this process's own clock.

    Parameters
    ----------
    clock : callable
        Tells the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._heard: dict[str, tuple[float, float]] = {}

    def heard(self, seen: Mapping[str, float], patience: float) -> list[str]:
        """Those whose time has changed within the patience, or who are new.

        Parameters
        ----------
        seen : mapping
            When the scheduler has last heard from each, by its own clock.
        patience : float
            Seconds.
        """
        now = self._clock()
        before = self._heard
        self._heard = {
            name: before[name] if name in before and before[name][0] == when else (when, now)
            for name, when in seen.items()
        }
        return [name for name, (_, since) in self._heard.items() if now - since <= patience]


class Places:
    """The workers that a scheduler has now; it is looked for again and again.

    Parameters
    ----------
    address : str
        The scheduler's.
    """

    def __init__(self, address: str) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._places: dict[str, Place] = {}
        self._client: Client | None = None
        self._last: OrderedDict[Hashable, str] = OrderedDict()
        self._looked = threading.Event()
        self.closed = threading.Event()
        threading.Thread(target=self._watch, name="attribution-cluster", daemon=True).start()

    @property
    def count(self) -> int:
        """How many workers there are now."""
        return len(self._places)

    def wait_for_the_first_look(self) -> None:
        """Wait until it is known whether the scheduler answers, but not for long."""
        self._looked.wait(_SECONDS_FOR_THE_FIRST)

    def count_iterators(self, place: Place, more: int) -> None:
        """Note that so many more iterators stand in a worker."""
        with self._lock:
            place.iterators += more

    def count_steps(self, place: Place, more: int) -> None:
        """Note that so many more steps are under way in a worker."""
        with self._lock:
            place.stepping += more

    def has(self, place: Place) -> bool:
        """Whether a worker is still there."""
        return self._places.get(place.address) is place

    def leave_out(self, place: Place) -> bool:
        """Take a worker to have gone; False where the scheduler has gone, and all with it."""
        with self._lock:
            if self.has(place):
                del self._places[place.address]
        # A scheduler that has gone is noticed a little later than its workers.
        time.sleep(SECONDS_BETWEEN_LOOKS)
        with self._lock:
            followed = self._client
            if followed is not None and followed is place.client and followed.status == "running":
                return True
            self._places = {
                name: each for name, each in self._places.items() if each.client is not place.client
            }
            return False

    def choose(self, near: str, together: Hashable) -> Place | None:
        """Where work is to be done; None for here.

        Parameters
        ----------
        near, together
            As in `Benches.steps`.
        """
        with self._lock:
            free = {each.address: each for each in self._places.values() if not each.is_busy}
            if not free:
                return None
            found = free.get(self._last.get(together, "")) if together else None
            if found is None:
                found = min(
                    free.values(),
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

    # ---- on the thread that watches the scheduler ----

    def _watch(self) -> None:
        told = False
        while not self.closed.is_set():
            why = "The scheduler has gone."
            try:
                with client_of(Workers(scheduler=self._address)) as client:
                    _log.info("The scheduler at %s answers; its workers compute.", self._address)
                    told = False
                    self._follow(client)
            except ValueError as error:
                why = str(error)
            except Exception:
                # Whatever Dask raises, the app goes on without it.
                _log.debug("The scheduler could not be followed.", exc_info=True)
            self._looked.set()
            if not told and not self.closed.is_set():
                _log.warning("%s Until one answers, this process computes by itself.", why)
            told = True
            self.closed.wait(_SECONDS_BETWEEN_TRIES)

    def _follow(self, client: Client) -> None:
        """Know the workers that there are, until the scheduler goes or says nothing any more."""
        heartbeats = Heartbeats()
        with self._lock:
            self._client = client
        try:
            while not self.closed.is_set() and client.status == "running":
                known = client.sync(
                    client.scheduler.identity, n_workers=-1, callback_timeout=SECONDS_UNHEARD
                )
                seen = {name: each["last_seen"] for name, each in known["workers"].items()}
                there = heartbeats.heard(seen, SECONDS_UNHEARD)
                with self._lock:
                    before = self._places
                    self._places = {each: before.get(each) or Place(client, each) for each in there}
                for gone in (before.keys() & seen.keys()) - set(there):
                    _log.warning(
                        "%s has said nothing for %.0f s; its work is begun again elsewhere.",
                        gone,
                        SECONDS_UNHEARD,
                    )
                self._looked.set()
                self.closed.wait(SECONDS_BETWEEN_LOOKS)
        finally:
            # At once: to take leave of a scheduler that is stopped takes a while.
            with self._lock:
                self._client, self._places = None, {}
