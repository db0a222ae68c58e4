"""What it costs the app that a page polls while nothing new has come.

A page waits for work that stands still; processor time of the server for each of its polls, the
web server's part included. The aim is 3 ms.
"""

from __future__ import annotations

import asyncio
import tempfile
from urllib.parse import urlsplit

from tests.benchmarks.visitors import ROOT, Session, processor_seconds, sessions
from tests.browser.conftest import serving

POLLS = 400
AIM_MS = 3.0


def main() -> None:
    page = ROOT / "tests" / "pages" / "polled_page.py"
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(page, {"POLLED_FOLDER": folder}) as server,
    ):
        asyncio.run(_measure(urlsplit(server.url).port or 0, server.process.pid))


async def _measure(port: int, process: int) -> None:
    async with sessions(port, [("", "")], Session) as (tab,):
        await tab.load()
        await asyncio.sleep(2)
        (fragment,) = tab.polls
        received, used = tab.received, processor_seconds(process)
        for _ in range(POLLS):
            await tab.poll(fragment)
        milliseconds = 1000 * (processor_seconds(process) - used) / POLLS
        size = (tab.received - received) / POLLS / 1000
    print(f"{POLLS} polls: {milliseconds:.2f} ms of processor time and {size:.1f} kB each")
    print(f"to the aim of {AIM_MS:.0f} ms: {milliseconds / AIM_MS:.2f}")


if __name__ == "__main__":
    main()
