"""The cache: bounded in bytes, each value computed once, and never stuck."""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution_core.running.cache import SMALL, Cache, size_of
from tests.patience import UNCHANGED, until

SOON = UNCHANGED
"""Seconds after which a test that should be instantaneous counts as stuck."""


def kilobyte(fill: float = 0.0) -> np.ndarray:
    return np.full(128, fill)


KILO = size_of(kilobyte())


class Table:
    """Something that grows after it was put in."""

    def __init__(self, nbytes: int) -> None:
        self.nbytes = nbytes
        self.values = kilobyte()


@dataclass(frozen=True)
class Finished:
    values: np.ndarray
    parts: tuple[np.ndarray, ...]


@dataclass
class Growing:
    values: np.ndarray


def waiting(cache: Cache) -> int:
    return len(cache._waiting_for)


# ---- sizes ----


def test_sizes_of_arrays_and_of_what_holds_them() -> None:
    array = kilobyte()
    assert size_of(array) == 1024 + SMALL
    assert size_of((array, kilobyte())) == 2 * 1024 + 3 * SMALL
    assert size_of([array]) == size_of(Growing(array)) == 1024 + 2 * SMALL
    assert size_of({"a": array}) >= 1024 + 3 * SMALL
    assert size_of(Finished(array, (kilobyte(),))) == 2 * 1024 + 4 * SMALL
    assert size_of(Table(5000)) == 5000 + SMALL
    assert size_of(b"x" * 5000) >= 5000
    assert size_of("x" * 5000) >= 5000
    assert size_of(None) == size_of(object()) == size_of(Table) == SMALL


def test_a_view_costs_what_it_keeps_alive_and_what_occurs_twice_counts_once() -> None:
    array = np.zeros((100, 128))
    assert size_of(array[0]) == size_of(array)
    assert size_of([array[0], array[1], array]) == size_of(array) + SMALL
    assert size_of(np.broadcast_to(kilobyte(), (1000, 128))) == KILO


def test_a_value_that_holds_itself_has_a_size() -> None:
    ring: list[object] = [kilobyte()]
    ring.append(ring)
    assert size_of(ring) == KILO + SMALL


# ---- bound and order ----


def test_least_recently_used_leaves_first() -> None:
    cache = Cache(3 * KILO)
    for key in "abc":
        cache.put(key, kilobyte())
    cache.get("a")
    cache.get_or_compute("b", kilobyte)
    cache.put("d", kilobyte())
    assert cache.get("c") is None
    assert all(cache.get(key) is not None for key in "abd")
    assert cache.statistics.evictions == 1


def test_what_is_larger_than_the_budget_is_returned_but_not_kept() -> None:
    cache = Cache(2 * KILO)
    cache.put("small", kilobyte())
    large = cache.get_or_compute("large", lambda: np.zeros(10_000))
    assert large.nbytes == 80_000
    assert cache.get("large") is None
    assert cache.get("small") is not None
    cache.put("small", np.zeros(10_000))
    assert cache.get("small") is None, "an outgrown value must not leave its old one behind"
    assert (len(cache), cache.nbytes) == (0, 0)


def test_a_budget_is_not_negative() -> None:
    with pytest.raises(ValueError, match="0 bytes or more"):
        Cache(-1)


def test_values_may_grow() -> None:
    cache = Cache(10_000)
    table = Table(1000)
    cache.put("other", kilobyte())
    cache.put("table", table)
    cache.put("third", kilobyte())
    table.nbytes = 9000 - SMALL
    cache.refresh("table")
    assert cache.get("table") is table
    assert cache.get("other") is None
    assert cache.get("third") is None
    assert cache.nbytes == 9000
    table.nbytes = 11_000
    cache.refresh("table")
    cache.refresh("never put in")
    assert (len(cache), cache.nbytes) == (0, 0)


def test_measuring_holds_no_lock() -> None:
    cache = Cache(10_000)

    class Asks:
        @property
        def nbytes(self) -> int:
            return 100 + len(cache.statistics.__dict__)

    cache.put("asks", Asks())
    cache.refresh("asks")
    assert len(cache) == 1


@given(
    st.integers(0, 700),
    st.lists(
        st.tuples(
            st.sampled_from(["put", "compute", "get", "grow", "clear"]),
            st.integers(0, 5),
            st.integers(0, 400),
        ),
        max_size=60,
    ),
)
def test_it_follows_the_model_and_never_exceeds_its_budget(
    budget: int, actions: list[tuple[str, int, int]]
) -> None:
    cache, model = Cache(budget), OrderedDict[int, Table]()

    def settle(key: int, table: Table) -> None:
        model.pop(key, None)
        if size_of(table) <= budget:
            model[key] = table
            while sum(map(size_of, model.values())) > budget:
                model.popitem(last=False)

    for action, key, nbytes in actions:
        if action == "put":
            table = Table(nbytes)
            cache.put(key, table)
            settle(key, table)
        elif action == "compute":
            found = cache.get_or_compute(key, partial(Table, nbytes))
            assert found is model.get(key, found)
            settle(key, found)
        elif action == "get":
            assert cache.get(key) is model.get(key)
            if key in model:
                model.move_to_end(key)
        elif action == "grow" and key in model:
            model[key].nbytes += nbytes
            cache.refresh(key)
            settle(key, model[key])
        elif action == "clear":
            cache.clear()
            model.clear()
        assert cache.nbytes == sum(map(size_of, model.values())) <= cache.max_bytes == budget
        assert len(cache) == len(model)
    for key in range(6):
        assert cache.get(key) is model.get(key)


def test_statistics_are_a_snapshot() -> None:
    cache = Cache(KILO)
    cache.get("a")
    cache.get_or_compute("a", kilobyte)
    cache.get_or_compute("a", kilobyte)
    before = cache.statistics
    cache.put("b", kilobyte())
    assert (before.hits, before.misses, before.evictions) == (1, 2, 0)
    assert (before.entries, before.nbytes, before.max_bytes) == (1, KILO, KILO)
    assert cache.statistics.evictions == 1


# ---- what is in it cannot be spoilt ----


def test_arrays_become_read_only() -> None:
    cache = Cache(10**6)
    value = Finished(kilobyte(), (kilobyte(), kilobyte()))
    cache.put("put", {"deep": [value]})
    computed = cache.get_or_compute("computed", kilobyte)
    for array in (value.values, *value.parts, computed):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0


def test_what_goes_on_growing_keeps_its_arrays() -> None:
    cache = Cache(10**6)
    table, growing = Table(0), Growing(kilobyte())
    cache.put("table", (table, growing))
    table.values[0] = growing.values[0] = 1.0


# ---- many threads ----


def test_eight_threads_compute_once() -> None:
    cache, started, gate = Cache(10**6), threading.Barrier(8), threading.Event()
    computed: list[int] = []

    def compute() -> np.ndarray:
        computed.append(threading.get_ident())
        assert gate.wait(SOON)
        return kilobyte()

    def visit() -> np.ndarray:
        started.wait(SOON)
        return cache.get_or_compute("key", compute)

    with ThreadPoolExecutor(8) as pool:
        visits = [pool.submit(visit) for _ in range(8)]
        until(lambda: waiting(cache) == 7)
        gate.set()
        values = {id(visit.result(SOON)) for visit in visits}
    assert len(computed) == len(values) == 1
    assert (cache.statistics.misses, cache.statistics.hits) == (1, 7)
    assert waiting(cache) == 0


def test_waiters_get_what_is_too_large_to_keep() -> None:
    cache, gate = Cache(0), threading.Event()
    computed: list[int] = []

    def compute() -> str:
        computed.append(1)
        assert gate.wait(SOON)
        return "large"

    with ThreadPoolExecutor(3) as pool:
        visits = [pool.submit(cache.get_or_compute, "key", compute) for _ in range(3)]
        until(lambda: waiting(cache) == 2)
        gate.set()
        assert [visit.result(SOON) for visit in visits] == ["large"] * 3
    assert len(computed) == 1


@pytest.mark.parametrize("error", [OSError("no luck"), KeyboardInterrupt()])
def test_a_failure_reaches_who_computed_and_the_others_try(error: BaseException) -> None:
    cache, gate = Cache(10**6), threading.Event()
    attempts: list[int] = []

    def compute() -> str:
        attempts.append(1)
        if len(attempts) == 1:
            assert gate.wait(SOON)
            raise error
        return "value"

    def visit(answer: Future[str]) -> None:
        try:
            answer.set_result(cache.get_or_compute("key", compute))
        except BaseException as failure:
            answer.set_exception(failure)

    answers: list[Future[str]] = [Future() for _ in range(4)]
    for answer in answers:
        threading.Thread(target=visit, args=(answer,), daemon=True).start()
    until(lambda: waiting(cache) == 3)
    gate.set()
    failures = [answer.exception(SOON) for answer in answers]
    assert [failure for failure in failures if failure is not None] == [error]
    assert len(attempts) == 2
    assert cache.get_or_compute("key", compute) == "value"
    assert waiting(cache) == 0


def test_different_keys_compute_at_the_same_time() -> None:
    cache, both = Cache(10**6), threading.Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        visits = [
            pool.submit(cache.get_or_compute, key, lambda: both.wait(SOON)) for key in ("a", "b")
        ]
        assert sorted(visit.result(SOON) for visit in visits) == [0, 1]


def test_computing_may_ask_for_another_key() -> None:
    cache = Cache(10**6)
    assert cache.get_or_compute("a", lambda: cache.get_or_compute("b", lambda: 1) + 1) == 2
    assert (cache.get("a"), cache.get("b")) == (2, 1)


def test_a_computation_that_asks_for_itself_is_refused() -> None:
    cache = Cache(10**6)

    def circle() -> int:
        return cache.get_or_compute("a", lambda: cache.get_or_compute("b", circle))

    with pytest.raises(RecursionError, match="'a'"):
        circle()
    assert cache.get_or_compute("a", lambda: 1) == 1


def test_a_circle_through_two_threads_does_not_hang() -> None:
    cache, both = Cache(10**6), threading.Barrier(2)

    def first(own: str, other: str) -> int:
        def compute() -> int:
            both.wait(SOON)
            return cache.get_or_compute(other, lambda: cache.get_or_compute(own, lambda: 1))

        return cache.get_or_compute(own, compute)

    with ThreadPoolExecutor(2) as pool:
        visits = [pool.submit(first, "a", "b"), pool.submit(first, "b", "a")]
        for visit in visits:
            with pytest.raises(RecursionError):
                visit.result(SOON)
    assert waiting(cache) == 0
    assert cache.get_or_compute("a", lambda: 1) == 1


def test_threads_at_random_keep_the_bound() -> None:
    cache = Cache(4 * KILO)
    over: list[int] = []

    def visit(seed: int) -> None:
        random = np.random.default_rng(seed)
        for key in random.integers(0, 8, 200):
            value = cache.get_or_compute(int(key), partial(kilobyte, float(key)))
            assert value[0] == key
            if cache.nbytes > cache.max_bytes:
                over.append(cache.nbytes)

    with ThreadPoolExecutor(8) as pool:
        for visited in [pool.submit(visit, seed) for seed in range(8)]:
            visited.result(SOON)
    assert not over
    assert cache.nbytes == len(cache) * KILO
