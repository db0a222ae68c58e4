"""What the server holds in memory, from its start to maps of both built-in networks.

After each step the process's resident memory in MB of 2^20 bytes, and which of it are pages of
files, TensorFlow's libraries for the most part: those the system takes back where others need the
room. The aim: all of it within 1 GB.
"""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path

from tests.benchmarks.visitors import Session, server, sessions

LINKS = {
    "VGG16 (CAM head), its first page": "model=vgg16_cam",
    "EfficientNet-Lite0, its first page": "model=efficientnet_lite0",
    "all methods but exact ones, VGG16": "model=vgg16_cam&methods=gradient,gradient_times_input,"
    "linear,integrated_gradients,smoothgrad,grad_cam,occlusion,lime,kernel_shap",
}
PATIENCE = 600.0
QUIET_SECONDS = 40.0
"""Until the server has looked for what those who left have left behind."""


def main() -> None:
    with server("pages.ui.serve") as (port, process):
        print(f"{'':40}{'resident':>10}{'files':>8}{'its own':>9}")
        _row("the server answers", process.pid)
        for name, link in LINKS.items():
            asyncio.run(_visit(port, link))
            _row(name, process.pid)
        time.sleep(QUIET_SECONDS)
        _row(f"{QUIET_SECONDS:.0f} s later, nobody there", process.pid)


async def _visit(port: int, link: str) -> None:
    async with sessions(port, [("", link)], Session) as (visitor,):
        await visitor.load()
        if not await visitor.answer(PATIENCE):
            raise SystemExit(f"Not all maps of {link} came in {PATIENCE:.0f} s.")


def _row(name: str, process: int) -> None:
    rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
    resident, own = (
        int(re.search(rf"^{kind}:\s+(\d+)", rollup, re.MULTILINE)[1]) / 1024
        for kind in ("Rss", "Anonymous")
    )
    print(f"{name:40}{resident:10.0f}{resident - own:8.0f}{own:9.0f}", flush=True)


if __name__ == "__main__":
    main()
