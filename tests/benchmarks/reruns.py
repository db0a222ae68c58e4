"""How long the app takes to answer a click, with ten sessions clicking while a long job runs.

Starts the app's own server and speaks the browser's protocol to it over websockets, without
drawing anything. Timed is from a click's message to the server's word that the run is finished, all
its elements received; beside it stands the server's processor time a click, long job included.

Ten sessions whose maps are done drag the opacity slider every 0.4 s: first while nothing else runs,
then while one more session has a long job computed. Like the browser, sessions name the messages
they hold already, and poll where the app asks them to. The aim is a median under 50 ms.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np

from tests.benchmarks.visitors import Session, processor_seconds, server, sessions

CLICKING = (
    "model=efficientnet_lite0&layer=block6d_add&methods=gradient_times_input,grad_cam"
    "&sidebar-more=yes"  # where the slider is
)
LONG = "model=efficientnet_lite0&layer=input&methods=kernel_shap&kernel_shap.budget=100000"
SESSIONS = 10
CLICK_EVERY = 0.4
SECONDS = 20.0


def main() -> None:
    with server() as (port, process):
        asyncio.run(_measure(port, process.pid))


async def _measure(port: int, process: int) -> None:
    async with _loaded(port, CLICKING, SESSIONS) as clicking:
        started = time.perf_counter()
        await asyncio.gather(*(session.settled() for session in clicking))
        print(f"{SESSIONS} sessions have their maps after {time.perf_counter() - started:.1f} s")
        print(
            f"{'meanwhile':22}{'clicks':>8}{'median ms':>11}{'p95 ms':>9}{'max ms':>9}"
            f"{'CPU ms':>8}{'kB':>7}"
        )
        await _click(clicking[:1], process, "nothing, one session")
        alone = await _click(clicking, process, "nothing")
        async with _loaded(port, LONG, 1) as (waiting,):
            # Its first estimate is the sign that the job runs.
            await asyncio.sleep(3)
            beside = await _click(clicking, process, "a long job")
            running = "still ran" if waiting.polls else "did NOT run"
        print(f"ratio of the medians: {beside / alone:.2f}; the long job {running} at the end")


async def _click(tabs: list[Session], process: int, meanwhile: str) -> float:
    """All sessions click for a while; a row of the table, and the median in ms."""
    for session in tabs:
        session.received = 0
    until, processor = time.perf_counter() + SECONDS, processor_seconds(process)
    answers = await asyncio.gather(
        *(
            _clicks(session, number * CLICK_EVERY / len(tabs), until)
            for number, session in enumerate(tabs)
        )
    )
    times = 1000 * np.concatenate(answers)
    processor = 1000 * (processor_seconds(process) - processor) / len(times)
    size = sum(session.received for session in tabs) / len(times) / 1000
    median, p95 = np.percentile(times, [50, 95])
    print(
        f"{meanwhile:22}{len(times):8}{median:11.1f}{p95:9.1f}{times.max():9.1f}"
        f"{processor:8.1f}{size:7.1f}",
        flush=True,
    )
    return float(median)


async def _clicks(session: Session, wait: float, until: float) -> list[float]:
    """Move the slider again and again; the seconds that each answer took."""
    seconds: list[float] = []
    await asyncio.sleep(wait)
    while time.perf_counter() < until:
        seconds.append(await session.click(0.5 + 0.05 * (len(seconds) % 8)))
        await asyncio.sleep(max(0.0, CLICK_EVERY - seconds[-1]))
    return seconds


@asynccontextmanager
async def _loaded(port: int, query: str, count: int) -> AsyncIterator[list[Session]]:
    """Tabs that have the page drawn."""
    async with sessions(port, [("", query)] * count, Session) as tabs:
        await asyncio.gather(*(tab.load() for tab in tabs))
        yield tabs


if __name__ == "__main__":
    main()
