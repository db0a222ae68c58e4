"""A page by the Tab key alone: what it reaches, and whether one sees where the focus is."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image
from playwright.sync_api import Page

from tests.browser.patience import still

# Elements lie in the shadow trees of components too. A group of radio buttons is one stop of the
# Tab key: within it, arrow keys move.
KEYBOARD = """
(() => {
  const visited = new Set(); // in the order of the visits
  const firsts = new Map(); // of each kind of stop, the first one
  let left = null, ended = false;
  const kindOf = (each) =>
    [each.tagName, each.getAttribute("class"), each.getAttribute("role")].join();
  const focused = () => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    return at === document.body ? null : at;
  };
  const within = (root) => [...root.querySelectorAll("*")].flatMap(
    (each) => (each.shadowRoot ? [each, ...within(each.shadowRoot)] : [each]));
  const group = (each) => each.matches("[role=radio]") && each.closest("[role=radiogroup]");
  const stops = () => within(document).filter((each) => each.tabIndex >= 0 && !each.disabled
    && each.matches("a[href], button, input, select, textarea, summary, [tabindex]")
    && each.checkVisibility({ visibilityProperty: true }) && !each.closest("[inert]"));
  const named = (each) => `${each.tagName} ${each.getAttribute("class") ?? ""} `
    + (each.getAttribute("aria-label") ?? each.textContent).trim().slice(0, 60);
  // A walk ends once the focus has left the page, or is where it began; there it stays.
  const visit = () => {
    const at = focused();
    if (ended || (!at && !visited.size)) return; // the walk before has ended outside the page
    if (!at && ![...visited].at(-1).isConnected) return; // redrawn: the next press goes on there
    ended = !at || (visited.size > 1 && at === visited.values().next().value);
    if (ended) return;
    visited.add(at);
    if (!firsts.has(kindOf(at))) firsts.set(kindOf(at), at);
  };
  addEventListener("keyup", (event) => event.key === "Tab" && visit(), true);
  addEventListener("keydown", (event) => {
    if (event.key === "Tab" && ended) event.preventDefault();
  }, true);
  window.keyboard = {
    begin: () => {
      visited.clear();
      ended = false;
      return stops().length;
    },
    walked: () => [ended, [...visited].map(named)],
    // A table moves the focus some frames after the key.
    arrived: () => new Promise((done) => setTimeout(
      () => requestAnimationFrame(() => done(visit())), 50)),
    name: () => named(focused()),
    // What has been redrawn since was reached if one like it was.
    missed: () => {
      const alike = (each) => named(group(each) || each);
      const gone = [...visited].filter((each) => !each.isConnected).map(alike);
      const groups = [...visited].map(group).filter(Boolean);
      const reached = (each) => visited.has(each) || groups.includes(group(each))
        || gone.includes(alike(each));
      return stops().filter((each) => !reached(each)).map(named);
    },
    kinds: () => [...firsts.keys()],
    // In the sidebar, or of a class of Streamlit's that stands for its styles.
    onEveryPage: (kind) => Boolean(firsts.get(kind).closest("[data-testid=stSidebar]"))
      || (/st-emotion-cache-/.test(kind) && firsts.get(kind).getRootNode() === document),
    // Focuses a kind's first element, or where that has been drawn anew, one like it.
    goTo: (kind) => {
      const first = firsts.get(kind);
      if (!first.isConnected) firsts.set(kind, stops().find((each) => kindOf(each) === kind));
      firsts.get(kind).focus();
    },
    place: () => {
      const { x, y, width, height } = focused().getBoundingClientRect();
      return [x, y, width, height];
    },
    leave: () => { left = focused(); left.blur(); },
    comeBack: () => left.focus(),
  };
})()
"""
AT_ONCE = 10
"""So many presses of a key before the page is asked how far they have come."""


def walk(page: Page, key: str, *, at_once: int = AT_ONCE) -> list[str]:
    """Press a key until the focus leaves the page; the stops on the way."""
    most = page.evaluate("keyboard.begin()") + 40  # cells of a table are stops of their own
    stops: list[str] = []
    for _ in range(0, most, at_once):
        for _ in range(at_once):
            page.keyboard.press(key)
        page.evaluate("keyboard.arrived()")
        ended, stops = page.evaluate("keyboard.walked()")
        if ended:
            return stops
    raise AssertionError(f"{most} times {key}, and the focus stays in the page: {stops[-5:]}")


def stops_unreached(page: Page) -> list[str]:
    """What neither Tab nor, backwards, Shift+Tab reaches; both leave the page."""
    page.evaluate(KEYBOARD)
    missed: list[str] = []
    for key in ("Tab", "Shift+Tab"):
        if _missed(page, key, AT_ONCE):
            # Something came in the middle of the walk, or a slow page got the next key before it
            # had moved the focus.
            still(page)
            missed += _missed(page, key, 1)
    return missed


def _missed(page: Page, key: str, at_once: int) -> list[str]:
    stops = walk(page, key, at_once=at_once)
    assert len(stops) > 20, stops
    return list(page.evaluate("keyboard.missed()"))


def stops_unseen(page: Page, seen: set[str]) -> list[str]:
    """Where the page looks the same whether the focus is there or not, one of each kind of stop.

    Of those that `stops_unreached` has come by.

    Parameters
    ----------
    page
    seen : set of str
        Kinds that have been looked at in this theme, on another page too: those in the sidebar,
        which all pages have, and Streamlit's own, whose class names the styles. Grows.
    """
    unseen: list[str] = []
    kinds = page.evaluate("keyboard.kinds()")
    assert len(kinds) > 5
    for kind in kinds:
        page.evaluate("kind => keyboard.goTo(kind)", kind)
        unseen.extend(_unseen_unless(page, kind, seen))
    return unseen


def _unseen_unless(page: Page, kind: str, seen: set[str]) -> list[str]:
    if kind in seen:
        return []
    if page.evaluate("kind => keyboard.onEveryPage(kind)", kind):
        seen.add(kind)
    return _unseen_here(page)


def _unseen_here(page: Page) -> list[str]:
    """The focused element's name, if the page looks the same without the focus."""
    at, box = page.evaluate("keyboard.name()"), page.evaluate("keyboard.place()")
    for pause in (0, 100, 400, 1600, 6400):  # a table paints itself, some frames later
        page.wait_for_timeout(pause)
        with_focus = picture_around(page, box)
        page.evaluate("keyboard.leave()")
        page.wait_for_timeout(pause)
        change = np.abs(with_focus - picture_around(page, box)).max(axis=-1)
        page.evaluate("keyboard.comeBack()")
        if (change > 40).sum() >= 20:
            return []
    return [at]


def picture_around(page: Page, box: list[float]) -> npt.NDArray[np.int64]:
    """RGB of an element and of a few pixels around it, as far as they are in the window."""
    left, top = (max(0.0, at - 12) for at in box[:2])
    size = page.viewport_size
    assert size is not None
    right = min(size["width"], box[0] + box[2] + 12)
    bottom = min(size["height"], box[1] + box[3] + 12)
    shot = page.screenshot(
        clip={"x": left, "y": top, "width": right - left, "height": bottom - top},
        animations="disabled",
    )
    with Image.open(io.BytesIO(shot)) as image:
        return np.asarray(image.convert("RGB"), int)
