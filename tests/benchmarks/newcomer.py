"""How long a newcomer waits for the first map, and for all eight, from opening the page.

Starts the app's server as `make run` does and opens the page over a websocket, by the name of each
built-in model: as soon as the server answers, while it still loads the network, and once it has
been left alone for a while. Beside the seconds stands the processor time of the server from its
start to that moment, which other programs on the machine change less.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.benchmarks.visitors import Session, processor_seconds, server, sessions

TURNS = 3
MODELS = ("vgg16_cam", "efficientnet_lite0")
LEFT_ALONE = 20.0
PATIENCE = 120.0
AIMS = {"first map": 8.0, "all maps": 12.0}


def main() -> None:
    print(
        f"{'model':20}{'opened':>22}{'first map s':>13}{'CPU s':>8}{'all maps s':>12}{'CPU s':>8}"
    )
    for model in MODELS:
        for opened, before in (("at once", 0.0), (f"{LEFT_ALONE:.0f} s later", LEFT_ALONE)):
            for _ in range(TURNS if not before else 1):
                with _started() as (port, process):
                    time.sleep(before)
                    first, first_used, last, last_used = asyncio.run(
                        _visit(port, process, f"model={model}")
                    )
                print(
                    f"{model:20}{opened:>14}{first:13.1f}{first_used:8.1f}{last:12.1f}"
                    f"{last_used:8.1f}",
                    flush=True,
                )


@contextmanager
def _started() -> Iterator[tuple[int, int]]:
    with server("pages.ui.serve") as (port, process):
        yield port, process.pid


async def _visit(port: int, process: int, query: str) -> tuple[float, float, float, float]:
    """Seconds to the first map and to the last, each with the processor time that was used."""
    async with sessions(port, [("", query)], Session) as (tab,):
        loading = asyncio.create_task(tab.load())
        until = time.perf_counter() + PATIENCE
        used: list[float] = []
        while len(used) < 2 and time.perf_counter() < until:
            await asyncio.sleep(0.02)
            if (tab.first_map, tab.all_maps)[len(used)] is not None:
                used.append(processor_seconds(process))
        await loading
        if tab.first_map is None or tab.all_maps is None:
            raise TimeoutError(f"Not all maps have come within {PATIENCE:.0f} s.")
        return tab.first_map - tab.opened, used[0], tab.all_maps - tab.opened, used[1]


if __name__ == "__main__":
    main()
