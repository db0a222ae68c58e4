"""What it costs the app that a page polls while nothing new has come.

A page waits for work that stands still; processor time of the server for each of its polls, the web
server's part included and the waiting work's own left out. Beside it a fragment without a body:
what Streamlit itself takes. The aim for the page's own part is 3 ms.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from tests.benchmarks.visitors import ROOT, Session, processor_seconds, sessions
from tests.browser.servers import serving

POLLS = 400
AIM_MS = 3.0
EMPTY = """
import streamlit as st

@st.fragment(run_every=0.5)
def nothing():
    pass

nothing()
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.py"
        empty.write_text(EMPTY)
        least = milliseconds_of(empty, folder)
        page = milliseconds_of(ROOT / "tests" / "pages" / "polled_page.py", folder)
    print(f"{POLLS} polls, processor time of each: {page:.2f} ms, an empty one {least:.2f} ms")
    print(f"its own part to the aim of {AIM_MS:.0f} ms: {(page - least) / AIM_MS:.2f}")


def milliseconds_of(page: Path, folder: str) -> float:
    """Of one poll of a page on a server of its own."""
    with serving(page, {"POLLED_FOLDER": folder}) as server:
        port = urlsplit(server.url).port or 0
        return asyncio.run(_measured(port, server.process.pid))


async def _measured(port: int, process: int) -> float:
    async with sessions(port, [("", "")], Session) as (tab,):
        await tab.load()
        await asyncio.sleep(2)
        (fragment,) = tab.polls
        used, began = processor_seconds(process), time.monotonic()
        for _ in range(POLLS):
            await tab.poll(fragment)
        polled = processor_seconds(process) - used
        lasted = time.monotonic() - began
        used = processor_seconds(process)
        await asyncio.sleep(lasted)
        idle = processor_seconds(process) - used
    return 1000 * (polled - idle) / POLLS


if __name__ == "__main__":
    main()
