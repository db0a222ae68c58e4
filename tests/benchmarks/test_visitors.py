"""The hall and the soak in short: a few visitors, who lose nothing and leave nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.benchmarks.hall import LONG
from tests.benchmarks.soak import MODEL, held, requests_of
from tests.benchmarks.visitors import Session, server, sessions
from tests.event_loop import result_of
from tests.patience import UNCHANGED, until

pytestmark = pytest.mark.thorough

TO_COME_BACK = ("--server.disconnectedSessionTTL", "4")
"""Seconds after which who has left is forgotten."""
VISITORS = 4
REQUESTS, MOST_REQUESTS = 3, 60
ROUNDS = 3


@pytest.fixture(scope="module")
def app() -> Iterator[tuple[int, int]]:
    """The port and the process of a server that has had a visitor."""
    with server("streamlit", "run", "app.py", *TO_COME_BACK) as (port, process):
        result_of(_come_and_go(port, 1))
        yield port, process.pid


def test_visitors_lose_nothing_and_long_work_goes_on_beside_them(app: tuple[int, int]) -> None:
    answered = result_of(_ask_beside_long_work(app[0]))
    assert answered == [True] * len(answered)


def test_what_visitors_took_is_returned(app: tuple[int, int]) -> None:
    port, process = app
    # With what the last visitor holds until it is forgotten.
    result_of(_come_and_go(port, 1))
    megabytes, handles, threads = held(process)
    for _ in range(ROUNDS):
        result_of(_come_and_go(port, VISITORS))
    for kind, before in ((1, handles), (2, threads)):

        def now(kind: int = kind) -> float:
            return held(process)[kind]

        until(lambda now=now, before=before: now() <= before, watched=now)
    assert held(process)[0] < 1.05 * megabytes


async def _come_and_go(port: int, visitors: int) -> None:
    async with sessions(port, [("", MODEL)] * visitors, Session) as tabs:
        await asyncio.gather(*(tab.load() for tab in tabs))
        answered = await asyncio.gather(*(tab.answer(UNCHANGED) for tab in tabs))
    assert all(answered)


async def _ask_beside_long_work(port: int) -> list[bool]:
    """Visitors go from link to link, and on until the long work has come further beside them;
    whether each was answered."""
    links = [requests_of(each) for each in range(VISITORS)]
    async with sessions(port, [LONG, *(("", next(each)) for each in links)], Session) as tabs:
        long, *others = tabs
        await asyncio.gather(*(tab.load() for tab in tabs))
        begun, answered = long.share, list[bool]()
        for number in range(MOST_REQUESTS):
            if number >= REQUESTS and long.share > begun:
                break
            going = zip(others, links, strict=True)
            answered += await asyncio.gather(
                *(tab.go(next(each), UNCHANGED) for tab, each in going)
            )
        assert long.share > begun
    return answered
