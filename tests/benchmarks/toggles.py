"""How long after a click on a superpixel the classes' bars have changed, in a real browser.

Server, network and the browser's drawing share the machine's processors, graphics included, so
what a visitor with a computer of their own waits is less. The aim is a quarter of a second.
"""

from __future__ import annotations

import shutil
import statistics
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import CHROMIUM
from tests.browser.servers import serving

ROOT = Path(__file__).resolve().parents[2]
CLICKS = 24
AIM_MS = 250
QUESTION = (
    "model=efficientnet_lite0&class_choice=own&classes=285,967&kernel_shap.budget=128"
    "&lime.samples=100"
)
GAMES = {"superpixels at the pixels": "input", "positions of an inner layer": "top_relu"}

CLICK = """
async (number) => {
  const players = (node) => [
    ...node.querySelectorAll("svg [role=checkbox]"),
    ...[...node.querySelectorAll("*")]
      .filter((each) => each.shadowRoot)
      .flatMap((each) => players(each.shadowRoot)),
  ];
  const caption = () =>
    [...document.querySelectorAll("[data-testid=stCaptionContainer]")]
      .map((each) => each.textContent)
      .find((text) => /logit -?[\\d.]+ →/.test(text));
  const all = players(document);
  const before = caption();
  const start = performance.now();
  all[number % all.length].dispatchEvent(new MouseEvent("click", { bubbles: true }));
  while (performance.now() - start < 5000) {
    await new Promise((done) => setTimeout(done, 5));
    const now = caption();
    if (now && now !== before) return performance.now() - start;
  }
  return null; // a position that changes no logit in its second decimal
}
"""


def main() -> None:
    print(f"{'':30}{'clicks':>8}{'median ms':>11}{'max ms':>9}{'of the aim':>12}")
    with serving(ROOT / "app.py") as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=CHROMIUM.split()
        )
        for title, layer in GAMES.items():
            page = browser.new_page(viewport={"width": 1440, "height": 1600})
            page.set_default_timeout(120_000)
            page.goto(f"{server.url}/superpixels?{QUESTION}&layer={layer}")
            page.get_by_text("speaks for the class").wait_for()
            times = [
                milliseconds
                for number in range(CLICKS)
                if (milliseconds := _click(page, 7 * number)) is not None
            ]
            median = statistics.median(times)
            print(f"{title:30}{len(times):8}{median:11.0f}{max(times):9.0f}{median / AIM_MS:12.2f}")
            page.close()


def _click(page: Page, number: int) -> float | None:
    page.wait_for_timeout(500)
    found: float | None = page.evaluate(CLICK, number)
    return found


if __name__ == "__main__":
    main()
