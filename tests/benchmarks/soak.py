"""Whether the server gives back what visitors took: memory, handles and threads over a long day.

Sixty visitors open a page at once and leave, five times; then eight go from link to link until
2,000 different maps have been asked for. Told are the memory in use, open handles and threads:
after each round, each tenth of the requests, and each time that those who left are forgotten. The
aims: from the second quarter of the requests on memory stays within 5 %, and handles and threads do
not grow.

`python -m tests.benchmarks.soak VISITORS REQUESTS` takes other numbers.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tests.benchmarks.visitors import Session, server, sessions

MODEL = "model=efficientnet_lite0"
VISITORS, ROUNDS = 60, 5
REQUESTS, AT_ONCE = 2000, 8
PATIENCE = 300.0
QUIET_SECONDS = 5.0
FORGOTTEN_SECONDS = 200.0
"""Streamlit keeps who has left for two minutes, should they come back."""
LAYERS = ("block5b_add", "block5c_add", "block6a_project_bn", "block6b_add", "block6d_add")
METHODS = "gradient_times_input,grad_cam"
AIM = 5.0


def main(visitors: int = VISITORS, requests: int = REQUESTS) -> None:
    with server() as (port, process):
        asyncio.run(_measure(port, process.pid, visitors, requests))


def requests_of(visitor: int) -> Iterator[str]:
    """Links that no other asks for: classes of a picture, at a layer, by methods of all kinds."""
    for step in itertools.count():
        number = AT_ONCE * step + visitor
        methods = METHODS if number % 5 else "occlusion,lime&lime.samples=64"
        yield (
            f"{MODEL}&classes={number % 1000}&layer={LAYERS[number % len(LAYERS)]}"
            f"&methods={methods}&seed={number // 1000}"
        )


async def _measure(port: int, process: int, visitors: int, requests: int) -> None:
    print(f"{'':24}{'seconds':>9}{'MB':>8}{'handles':>9}{'threads':>9}{'lost':>6}")
    started = time.perf_counter()

    def row(name: str, lost: int) -> float:
        megabytes, handles, threads = held(process)
        print(
            f"{name:24}{time.perf_counter() - started:9.0f}{megabytes:8.0f}{handles:9}{threads:9}"
            f"{lost:6}",
            flush=True,
        )
        return megabytes

    async with sessions(port, [("", MODEL)], Session) as (first,):
        await first.load()
        await first.maps(PATIENCE)
    row("the first visitor", 0)
    for number in range(1, ROUNDS + 1):
        async with sessions(port, [("", MODEL)] * visitors, Session) as tabs:
            found = await asyncio.gather(*(_open(tab) for tab in tabs))
        await asyncio.sleep(QUIET_SECONDS)
        row(f"{visitors} came and went, {number}", found.count(False))
    # Else what these held is returned while the requests' memory is measured.
    await asyncio.sleep(FORGOTTEN_SECONDS)
    row("they are forgotten", 0)
    megabytes_taken = []
    async with sessions(
        port, [("", next(requests_of(each))) for each in range(AT_ONCE)], Session
    ) as tabs:
        await asyncio.gather(*(_open(tab) for tab in tabs))
        links = [requests_of(each) for each in range(AT_ONCE)]
        for asked in range(requests // 10, requests + 1, max(1, requests // 10)):
            share = requests // 10 // AT_ONCE
            lost = await asyncio.gather(
                *(_ask(tab, each, share) for tab, each in zip(tabs, links, strict=True))
            )
            megabytes_taken.append(row(f"{asked} requests", sum(lost)))
    await asyncio.sleep(FORGOTTEN_SECONDS)
    row("all have left", 0)
    later = np.array(megabytes_taken[len(megabytes_taken) // 4 :])
    print(
        f"\nfrom the second quarter on: {100 * (later.max() / later.min() - 1):.1f} % (aim {AIM:g})"
    )


async def _open(tab: Session) -> bool:
    await tab.load()
    return await tab.answer(PATIENCE)


async def _ask(tab: Session, links: Iterator[str], many: int) -> int:
    """Go to so many links, one after the other; how many were not answered."""
    return sum([not await tab.go(next(links), PATIENCE) for _ in range(many)])


def held(process: int) -> tuple[float, int, int]:
    """A process's memory in MB, its handles, and its threads; Linux tells."""
    status = Path(f"/proc/{process}/status").read_text()
    kilobytes, threads = (
        int(re.search(rf"^{name}:\s+(\d+)", status, re.MULTILINE)[1])
        for name in ("VmRSS", "Threads")
    )
    return kilobytes / 1000, sum(1 for _ in Path(f"/proc/{process}/fd").iterdir()), threads


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
