"""How long after a key or a click another class's maps are painted, in a real browser.

On stage, number keys step through the five most probable classes, whose maps the server has. On
Explore, they are taken from the list of target classes beside the first: "first" is the time of a
class whose maps nobody has asked for yet, "again" that on a second visit. From the key, or the
click, to the frame after the one in which all maps in sight are painted. Server, network and the
browser's drawing share the machine's processors, so what a visitor with a computer of their own
waits is less. The aim is half a second.
"""

from __future__ import annotations

import os
import shutil
import statistics
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import CHROMIUM
from tests.browser.servers import serving

ROOT = Path(__file__).resolve().parents[2]
MODELS = ("vgg16_cam", "efficientnet_lite0")
CLASSES = 5
BEGUN = 285
"""The class that Explore shows before others are taken."""
ROUNDS = 4
AIM_MS = 500
QUESTION = "methods=gradient_times_input,grad_cam"

# From the next key or click to the frame after that in which all maps are done and carry the title.
WATCH = """
(title) => {
  const within = (root) => [...root.querySelectorAll("*")].flatMap(
    (each) => (each.shadowRoot ? [each, ...within(each.shadowRoot)] : [each]));
  const painted = () => {
    const all = within(document);
    const maps = all.filter((each) => each.matches(".heatmap-grid .map"));
    const rows = all.filter((each) => each.matches(".heatmap-grid .row-label"));
    const titles = all.filter((each) => each.matches(".heatmap-grid .title") && each.textContent);
    const says = (each) => each.textContent.trim() === title;
    return maps.length > 0 && maps.every((each) => each.matches(".done"))
      && (titles.length ? titles.every(says) : rows.some(says));
  };
  window.change = new Promise((resolve) => {
    const begin = () => {
      const start = performance.now();
      const look = () => {
        if (painted()) requestAnimationFrame(() => resolve(performance.now() - start));
        else requestAnimationFrame(look);
      };
      look();
    };
    for (const deed of ["keydown", "click"]) {
      addEventListener(deed, begin, { capture: true, once: true });
    }
  });
}
"""

ALL_DONE = """
() => {
  const within = (root) => [...root.querySelectorAll("*")].flatMap(
    (each) => (each.shadowRoot ? [each, ...within(each.shadowRoot)] : [each]));
  const maps = within(document).filter((each) => each.matches(".heatmap-grid .map"));
  return maps.length > 0 && maps.every((each) => each.matches(".done"));
}
"""


def main() -> None:
    print(f"{'model':20}{'':16}{'changes':>9}{'median ms':>11}{'max ms':>8}")
    with serving(ROOT / "app.py") as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=CHROMIUM.split()
        )
        for model in MODELS:
            address = f"{server.url}/?model={model}&{QUESTION}"
            for title, measured in (
                ("stage", _on_stage),
                ("Explore, first", _on_explore),
                ("Explore, again", _on_explore),
            ):
                times = measured(browser, address)
                print(
                    f"{model:20}{title:>16}{len(times):9}{statistics.median(times):11.0f}"
                    f"{max(times):8.0f}",
                    flush=True,
                )
    print(f"\nThe aim is {AIM_MS} ms. Load: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.")


def _on_stage(browser: Browser, address: str) -> list[float]:
    """Number keys, in turn."""
    page = _opened(browser, f"{address}&class_choice=top5&stage-class=all&stage=1")
    titles = page.locator(".heatmap-grid .title").all_inner_texts()[:CLASSES]
    times = [
        _watched(page, title, lambda key=str(number): page.keyboard.press(key))
        for _ in range(ROUNDS)
        for number, title in enumerate(titles, 1)
    ]
    page.close()
    return times


def _on_explore(browser: Browser, address: str) -> list[float]:
    """The most probable classes from the list, beside the one that is there."""
    page = _opened(browser, f"{address}&class_choice=own&classes={BEGUN}")
    box = page.get_by_test_id("stSidebar").get_by_role("combobox", name="Target class")
    times: list[float] = []
    for _ in range(CLASSES - 1):
        box.click()
        # Those of the prediction say how probable they are.
        option = page.locator("[role=option]:not([aria-selected=true])", has_text=" · ").first
        title = option.inner_text().split(" · ")[0].strip()
        times.append(_watched(page, title, option.click))
    page.close()
    return times


def _opened(browser: Browser, address: str) -> Page:
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(300_000)
    page.goto(address)
    page.locator(".heatmap-grid .map.done").first.wait_for()
    _settle(page)
    return page


def _settle(page: Page) -> None:
    page.wait_for_function(ALL_DONE)
    page.locator("[data-test-script-state=notRunning]").wait_for()
    page.wait_for_timeout(500)


def _watched(page: Page, title: str, change: Callable[[], object]) -> float:
    """Milliseconds from a change to the maps of the class with this title."""
    page.evaluate(f"title => {{ ({WATCH})(title); }}", title)
    change()
    taken: float = page.evaluate("window.change")
    _settle(page)
    return taken


if __name__ == "__main__":
    main()
