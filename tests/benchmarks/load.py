"""How long twenty visitors wait for their maps when they all ask at the same moment.

Starts the app's own server and opens twenty tabs over websockets, each with a link of its own, as
if each visitor had just changed something: eight the classes, four the layer, five the seed of the
superpixels page, two look at the pixels, and one wants exact Shapley values. Timed is from the
page's being asked for to its last map; a visitor who came alone before is the comparison. The aim
is a median under 30 s.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import numpy as np

from tests.benchmarks.visitors import Session, processor_seconds, server, sessions

MODEL = "model=efficientnet_lite0"
PATIENCE = 240.0
AIM = 30.0

Link = tuple[str, str]
"""A page's name and its query."""

ALONE: Link = ("", f"{MODEL}&classes=281,967")
CROWD: dict[str, list[Link]] = {
    "other classes": [
        ("", f"{MODEL}&classes={first},{first + 7}") for first in range(282, 362, 10)
    ],
    "another layer": [
        ("", f"{MODEL}&layer={layer}")
        for layer in ("block4c_add", "block5c_add", "block6a_project_bn", "top_relu")
    ],
    "superpixels": [("superpixels", f"{MODEL}&seed={seed}") for seed in range(1, 6)],
    "at the pixels": [
        ("", f"{MODEL}&layer=input&methods=gradient_times_input,{other}")
        for other in ("integrated_gradients", "smoothgrad")
    ],
    "exact Shapley": [
        ("", f"{MODEL}&methods=shapley_values&classes=285&layer=block5c_add&count=16")
    ],
}


def main() -> None:
    with server() as (port, process):
        asyncio.run(_measure(port, process.pid))


async def _measure(port: int, process: int) -> None:
    # The first visitor waits for the network, which is no crowd's doing.
    await _visit(port, [("", MODEL)])
    (alone,) = await _visit(port, [ALONE])
    links = [link for kind in CROWD.values() for link in kind]
    started, used = time.perf_counter(), processor_seconds(process)
    crowd = await _visit(port, links)
    took, used = time.perf_counter() - started, processor_seconds(process) - used
    print(f"alone: first map after {alone.first:.1f} s, all after {alone.last:.1f} s")
    print(
        f"{len(crowd)} at once: {took:.1f} s for all, {used:.1f} s of processor time, "
        f"{sum(each.runs for each in crowd)} runs of pages and their parts\n"
    )
    print(f"{'':16}{'visitors':>9}{'first map s':>13}{'median s':>10}{'p95 s':>8}{'in time':>9}")
    place = 0
    for kind, asked in CROWD.items():
        _print(kind, crowd[place : place + len(asked)])
        place += len(asked)
    _print("everyone", crowd)
    median = float(np.median([each.last for each in crowd]))
    print(f"\nmedian of the crowd to the aim of {AIM:.0f} s: {median / AIM:.2f}")


class Waited:
    """How long a visitor waited: seconds to the first and the last map, infinite for none."""

    def __init__(self, session: Session) -> None:
        self.first = (session.first_map or np.inf) - session.opened
        self.last = (session.all_maps or np.inf) - session.opened
        self.runs = session.runs


async def _visit(port: int, links: Sequence[Link]) -> list[Waited]:
    """All open their links at once and wait for their maps."""
    async with sessions(port, links, Session) as tabs:

        async def wait(tab: Session) -> None:
            await tab.load()
            await tab.maps(PATIENCE)

        await asyncio.gather(*(wait(tab) for tab in tabs))
        return [Waited(tab) for tab in tabs]


def _print(kind: str, waited: Sequence[Waited]) -> None:
    last = np.array([each.last for each in waited])
    first = float(np.median([each.first for each in waited]))
    median, p95 = np.percentile(last, [50, 95], method="higher")
    print(
        f"{kind:16}{len(waited):9}{first:13.1f}{median:10.1f}{p95:8.1f}{np.isfinite(last).sum():9}"
    )


if __name__ == "__main__":
    main()
