"""A cache bounded in bytes that computes each missing value once for all threads that ask for it.

Body activations, coalition tables and finished attributions of all sessions live in one such cache.
Keys name content (a model, an image's digest, every setting that matters), so a value never goes
stale: it is evicted only to make room.
"""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, TypeVar, cast

import numpy as np

T = TypeVar("T")

SMALL = 64
"""Bytes charged for every object, and the whole charge for one of no known size."""


def size_of(value: object) -> int:
    """Measure the memory that keeping `value` keeps alive.

    Parameters
    ----------
    value
        Arrays, objects with an `nbytes` attribute, bytes and text, and tuples, lists, dicts and
        dataclasses of those. An object that occurs several times counts once.

    Returns
    -------
    int
        Bytes. A view is charged for the whole array it looks into; anything else costs `SMALL`.
    """
    owners: dict[int, int] = {}
    for part in _parts(value, enter=lambda record: not hasattr(record, "nbytes")):
        # A row of a large array holds on to all of it, so its own length would belie the bound.
        while isinstance(part, np.ndarray) and isinstance(part.base, np.ndarray):
            part = part.base
        owners[id(part)] = SMALL + _own_bytes(part)
    return sum(owners.values())


def _own_bytes(part: object) -> int:
    if isinstance(part, str | bytes | bytearray):
        return sys.getsizeof(part)
    if isinstance(part, type):
        return 0  # on a class, `nbytes` may be the property that its instances answer
    return int(getattr(part, "nbytes", 0))


def _freeze(value: object) -> None:
    """Make the arrays in `value` read-only.

    Only containers and frozen dataclasses are entered: any other object may be a table that keeps
    growing, and looks after its own arrays.
    """
    for part in _parts(value, enter=lambda record: record.__dataclass_params__.frozen):
        if isinstance(part, np.ndarray):
            part.flags.writeable = False


def _parts(value: object, enter: Callable[[Any], bool]) -> Iterator[object]:
    """Yield `value` and what it holds, each object once; `enter` decides on dataclasses."""
    stack, seen = [value], set[int]()
    while stack:
        part = stack.pop()
        if id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        if isinstance(part, tuple | list):
            stack.extend(part)
        elif isinstance(part, dict):
            stack.extend([*part.keys(), *part.values()])
        elif is_dataclass(part) and not isinstance(part, type) and enter(part):
            stack.extend(getattr(part, item.name, None) for item in fields(part))


@dataclass(frozen=True)
class CacheStatistics:
    """What a cache had done at one moment.

    `hits` were answered without computing, including those that waited for another thread; `misses`
    were not. `evictions` counts entries removed to make room.
    """

    hits: int
    misses: int
    evictions: int
    entries: int
    nbytes: int
    max_bytes: int


@dataclass(eq=False)
class _Flight:
    """One computation under way, and the thread that does it."""

    owner: int
    landed: threading.Event = field(default_factory=threading.Event)
    succeeded: bool = False
    value: Any = None


@dataclass(frozen=True)
class _Entry:
    value: Any
    nbytes: int


class Cache:
    """Values by key, the least recently used evicted first; safe to use from several threads.

    Arrays put in become read-only, so that nobody can change what others get. A value may grow
    after it was put in (a coalition table): say so with `refresh`.

    Parameters
    ----------
    max_bytes
        The most bytes that the kept values may have together, by `size_of`.

    Raises
    ------
    ValueError
        If `max_bytes` is negative.
    """

    def __init__(self, max_bytes: int) -> None:
        if max_bytes < 0:
            raise ValueError(f"A cache needs a budget of 0 bytes or more, not {max_bytes}.")
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._flights: dict[Hashable, _Flight] = {}
        self._waiting_for: dict[int, _Flight] = {}
        self._nbytes = self._hits = self._misses = self._evictions = 0

    def get_or_compute(self, key: Hashable, compute: Callable[[], T]) -> T:
        """Return the value of `key`, computing it if it is missing and no other thread is computing
        it.

        Parameters
        ----------
        key
            Names the value by content. Everyone who asks for a key must mean the same value.
        compute
            Called with no lock held; may itself ask for other keys. A value larger than the whole
            budget is returned (to all who wait for it as well) but not kept.

        Raises
        ------
        RecursionError
            If computing `key` asks for `key` again, even through a key that another thread
            computes: neither could ever finish.
        BaseException
            Anything that `compute` raises, in the thread that called it. Those that waited then try
            for themselves, one at a time.
        """
        me = threading.get_ident()
        while True:
            with self._lock:
                if key in self._entries:
                    self._hits += 1
                    return cast(T, self._use(key))
                flight = self._flights.get(key)
                if flight is None:
                    self._misses += 1
                    mine = self._flights[key] = _Flight(owner=me)
                    break
                self._refuse_circle(key, flight, me)
                self._waiting_for[me] = flight
            try:
                flight.landed.wait()
            finally:
                with self._lock:
                    del self._waiting_for[me]
            if flight.succeeded:
                with self._lock:
                    self._hits += 1
                return cast(T, flight.value)
        try:
            value = compute()
            self.put(key, value)
            mine.value, mine.succeeded = value, True
            return value
        finally:
            # Freed before the waiters wake, so that after a failure one of them can try.
            with self._lock:
                del self._flights[key]
            mine.landed.set()

    def get(self, key: Hashable) -> Any | None:
        """Return the value of `key`, or None if it is not there (yet)."""
        with self._lock:
            if key in self._entries:
                self._hits += 1
                return self._use(key)
            self._misses += 1
            return None

    def put(self, key: Hashable, value: object) -> None:
        """Keep `value` under `key`, replacing what was there, if the budget allows it."""
        _freeze(value)
        entry = _Entry(value, size_of(value))
        with self._lock:
            self._store(key, entry)

    def refresh(self, key: Hashable) -> None:
        """Measure the value of `key` again after it grew, and make room; without such a key, do
        nothing."""
        with self._lock:
            entry = self._entries.get(key)
        if entry is None:
            return
        # Without our lock: a table that takes its own to report its size might be calling us from
        # it.
        nbytes = size_of(entry.value)
        with self._lock:
            if self._entries.get(key) is entry:
                self._store(key, _Entry(entry.value, nbytes))

    def clear(self) -> None:
        """Drop every value; computations under way finish and are kept."""
        with self._lock:
            self._entries.clear()
            self._nbytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def nbytes(self) -> int:
        """Bytes that the kept values measured, each when it was put in or last refreshed."""
        return self._nbytes

    @property
    def max_bytes(self) -> int:
        """Bytes that the kept values may measure together."""
        return self._max_bytes

    @property
    def statistics(self) -> CacheStatistics:
        """A snapshot of the counters, consistent in itself."""
        with self._lock:
            return CacheStatistics(
                hits=self._hits,
                misses=self._misses,
                evictions=self._evictions,
                entries=len(self._entries),
                nbytes=self._nbytes,
                max_bytes=self._max_bytes,
            )

    def _use(self, key: Hashable) -> Any:
        self._entries.move_to_end(key)
        return self._entries[key].value

    def _store(self, key: Hashable, entry: _Entry) -> None:
        previous = self._entries.pop(key, None)
        if previous is not None:
            self._nbytes -= previous.nbytes
        if entry.nbytes > self._max_bytes:
            # It would push everything else out and still not fit.
            self._evictions += previous is not None
            return
        # Room is made first, so that no reader ever sees more than the budget.
        while self._nbytes + entry.nbytes > self._max_bytes:
            _, oldest = self._entries.popitem(last=False)
            self._nbytes -= oldest.nbytes
            self._evictions += 1
        self._entries[key] = entry
        self._nbytes += entry.nbytes

    def _refuse_circle(self, key: Hashable, flight: _Flight, me: int) -> None:
        """Raise if `flight` waits, through however many threads, for the one that asks."""
        link: _Flight | None = flight
        while link is not None:
            if link.owner == me:
                raise RecursionError(f"Computing {key!r} asks for {key!r} itself.")
            link = self._waiting_for.get(link.owner)
