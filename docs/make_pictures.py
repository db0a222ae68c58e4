"""`make pictures`: the pictures of README and documentation, taken of the running app."""

from __future__ import annotations

import io
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
SIZE = {"width": 1280, "height": 960}
LONGEST = 300_000
"""Milliseconds to wait for one picture, on a slow machine."""

LAYERS = ("input", "block3_conv3", "block4_conv3", "block5_conv3")
GIF_WIDTH, GIF_MILLISECONDS = 800, 1400


def main() -> None:
    """Take all pictures."""
    with server() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        explore = taken(page, f"{address}/")
        explore.save(ROOT / "assets" / "screenshot.png", optimize=True)
        explore.save(PICTURES / "explore.png", optimize=True)
        for name in ("superpixels", "layers"):
            taken(page, f"{address}/{name}").save(PICTURES / f"{name}.png", optimize=True)
        regions = taken(page, f"{address}/regions?picture=astronaut")
        regions.save(PICTURES / "regions.png", optimize=True)
        frames = [
            taken(page, f"{address}/?methods=gradient_times_input,linear&layer={layer}")
            for layer in LAYERS
        ]
        save_gif(frames, PICTURES / "layers.gif")
        browser.close()


@contextmanager
def server() -> Iterator[str]:
    """The app on a free port, and its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "pages.ui.serve", "--server.port", str(port)]
    process = subprocess.Popen([*command, "--server.headless", "true"], cwd=ROOT)
    address = f"http://127.0.0.1:{port}"
    try:
        while not answers(f"{address}/_stcore/health"):
            time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait()


def answers(address: str) -> bool:
    """Whether a server is there."""
    try:
        with urlopen(address, timeout=5):
            return True
    except (URLError, ConnectionError):
        return False


def taken(page: Page, address: str) -> Image.Image:
    """A picture of a page on which everything has been computed."""
    page.goto(address)
    expect(page.locator(".heatmap-grid .map.done, .region-map .names span").first).to_be_visible(
        timeout=LONGEST
    )
    for unfinished in (
        page.get_by_role("progressbar"),
        page.locator(".map.running, .map.queued"),
        page.locator("[data-stale=true]"),
    ):
        expect(unfinished).to_have_count(0, timeout=LONGEST)
    page.mouse.move(0, 0)
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def save_gif(frames: list[Image.Image], path: Path) -> None:
    """The frames, one after another, in the colours of the last."""
    height = round(GIF_WIDTH * frames[0].height / frames[0].width)
    small = [each.resize((GIF_WIDTH, height), Image.Resampling.LANCZOS) for each in frames]
    palette = small[-1].quantize(128)
    first, *others = [each.quantize(palette=palette) for each in small]
    first.save(path, save_all=True, append_images=others, duration=GIF_MILLISECONDS, loop=0)


if __name__ == "__main__":
    main()
