"""The game played by hand: outlines, clicks that race with the server, and what a visitor sees."""

from __future__ import annotations

import io
import json
import re
import runpy
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from playwright.sync_api import Locator, Page
from scipy import ndimage
from streamlit.testing.v1 import AppTest

from attribution_core.segmentations import superpixels
from pages.ui.components.outlines import middles, outlines
from pages.ui.components.player_board import (
    PlayerPair,
    PlayerValues,
    after_clicks,
    board_data,
    new_clicks,
)
from tests.browser.patience import choose, expect
from tests.patience import UNCHANGED

ROOT = Path(__file__).resolve().parents[2]
PAGE = Path(__file__).with_name("player_board_page.py")
page_code = runpy.run_path(str(PAGE))  # as a module: the part under __main__ does not run
picture, reference, segments = (page_code[name] for name in ("picture", "reference", "segments"))
true_values, BOARDS, TITLES = (page_code[name] for name in ("true_values", "BOARDS", "TITLES"))
SLIC = segments(BOARDS[0])
PLAYERS = int(SLIC.max()) + 1
REFERENCE = tuple(reference()[0, 0].tolist())


# --- outlines ------------------------------------------------------------------------------------


def corners_of(path: str) -> list[list[tuple[int, int]]]:
    """The closed walks of an outline; each ends where it began, along a pixel's edge."""
    loops = []
    for walk in re.findall(r"M(-?\d+) (-?\d+)((?:[hv]-?\d+)+)z", path):
        x, y = int(walk[0]), int(walk[1])
        loop = [(x, y)]
        for direction, length in re.findall(r"([hv])(-?\d+)", walk[2]):
            x, y = (x + int(length), y) if direction == "h" else (x, y + int(length))
            loop.append((x, y))
        assert x == loop[0][0] or y == loop[0][1]
        loops.append(loop)
    return loops


def area(path: str) -> float:
    total = 0
    for loop in corners_of(path):
        for (x1, y1), (x2, y2) in zip(loop, [*loop[1:], loop[0]], strict=True):
            total += x1 * y2 - x2 * y1
    return total / 2


def filled(paths: list[str], shape: tuple[int, int]) -> npt.NDArray[np.int64]:
    """The labels that the outlines enclose, by counting borders from the left: even-odd."""
    labels = np.full(shape, -1)
    for label, path in enumerate(paths):
        crossings = np.zeros((shape[0], shape[1] + 1), int)
        for loop in corners_of(path):
            for (x1, y1), (x2, y2) in zip(loop, [*loop[1:], loop[0]], strict=True):
                if x1 == x2:
                    crossings[min(y1, y2) : max(y1, y2), x1] += 1
        inside = (np.cumsum(crossings, axis=1) % 2 == 1)[:, :-1]
        assert (labels[inside] == -1).all()
        labels[inside] = label
    return labels


label_maps = hnp.arrays(
    np.int64,
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=12),
    elements=st.integers(0, 4),
)


@settings(max_examples=200, deadline=None)
@given(label_maps)
def test_outlines_enclose_exactly_the_pixels_of_a_label(labels: npt.NDArray[np.int64]) -> None:
    paths = outlines(labels)
    assert [area(path) for path in paths] == np.bincount(labels.ravel()).tolist()
    np.testing.assert_array_equal(filled(paths, labels.shape), labels)
    assert "h0" not in "".join(paths)


@pytest.mark.parametrize("count", [2, 3, 7, 20, 50, 90, 150, 200])
def test_every_superpixel_has_an_outline(count: int) -> None:
    labels = superpixels(picture().astype(np.float32), count)
    paths = outlines(labels)
    assert len(paths) == labels.max() + 1
    assert all(paths)
    assert [area(path) for path in paths] == np.bincount(labels.ravel()).tolist()


def test_simple_outlines() -> None:
    assert outlines(np.zeros((2, 3), int)) == ["M0 0h3v2h-3z"]
    ring = np.ones((3, 3), int)
    ring[1, 1] = 0
    assert area(outlines(ring)[1]) == 8
    assert len(corners_of(outlines(ring)[1])) == 2
    assert outlines(np.array([[0, 2]])) == ["M0 0h1v1h-1z", "", "M1 0h1v1h-1z"]


# --- data and clicks -----------------------------------------------------------------------------


def data(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "picture": picture(),
        "reference": reference(),
        "segments": SLIC,
        "absent": (3, 1),
        "methods": true_values(PLAYERS, 4, 0),
    }
    return board_data(**{**given, **changes})


def test_the_data_are_small_and_json() -> None:
    text = json.dumps(data(), allow_nan=False)
    assert len(text) < 150_000
    assert json.loads(text)["absent"] == [1, 3]
    assert json.loads(text)["methods"][3]["values"][5] is None


def test_the_data_follow_their_arguments() -> None:
    changed = np.array(SLIC)
    changed[0, 0] = changed[-1, -1]
    assert data()["board"] == data(segments=SLIC.copy())["board"]
    assert data()["board"] != data(segments=changed)["board"]
    assert data()["outlines"] != data(segments=changed)["outlines"]
    brighter = picture().copy()
    brighter[100, 100] += 1
    assert data()["picture"] != data(picture=brighter)["picture"]


def test_lines_join_places_inside_of_their_players() -> None:
    """Also of a part that lies around another, whose centroid is not its own."""
    labels = np.zeros((5, 7), int)
    labels[1:4, 2:6] = 1
    assert [labels[int(y), int(x)] for x, y in middles(labels)] == [0, 1]
    found = [SLIC[int(y), int(x)] for x, y in middles(SLIC)]
    assert found == list(range(PLAYERS))
    weak, strong = data(pairs=[PlayerPair((9, 2), 0.1, "+0.1"), PlayerPair((1, 3), -0.4, "−0.4")])[
        "pairs"
    ]
    assert weak["players"] == [2, 9]
    assert weak["ends"] == [middles(SLIC)[2], middles(SLIC)[9]]
    assert (weak["strength"], strong["strength"]) == (0.25, -1)


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="3 values for"):
        data(methods=[PlayerValues("LIME", np.zeros(3))])
    with pytest.raises(ValueError, match=r"\[99\]"):
        data(absent={99})
    with pytest.raises(ValueError, match="reference"):
        data(reference=reference()[1:])
    with pytest.raises(ValueError, match="errors"):
        PlayerValues("LIME", np.zeros(3), np.zeros(2))
    with pytest.raises(ValueError, match="labels"):
        outlines(np.zeros((2, 2, 2), int))


def test_only_new_clicks_on_this_board_count() -> None:
    reported = {"board": "a", "entries": [[2, 5, True], [1, 4, True], [3, 4, False], [4, 9, True]]}
    assert new_clicks(None, "a", 0, 9) == []
    assert new_clicks(reported, "b", 0, 9) == []
    assert new_clicks(reported, "a", 1, 9) == [(2, 5, True), (3, 4, False)]
    clicks = new_clicks(reported, "a", 0, 9)
    assert after_clicks({7}, clicks) == (5, 7)
    assert after_clicks({5, 7}, clicks) == (5, 7)  # a click says what it wants, it does not flip


def test_apptest_sees_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    app = AppTest.from_file(str(PAGE), default_timeout=UNCHANGED).run()
    assert not app.exception
    sent = json.loads(app.get("bidi_component")[0].proto.json)
    assert len(sent["outlines"]) == PLAYERS
    assert sent["revision"] == 0


# --- a server and a browser ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(serve: Callable[..., AbstractContextManager[Any]]) -> Iterator[str]:
    with serve(PAGE) as server:
        yield server.url


@pytest.fixture
def page(
    server: str, new_page: Callable[..., Page], request: pytest.FixtureRequest
) -> Iterator[Page]:
    page = new_page(**getattr(request, "param", {}))
    page.goto(server)
    expect(page.locator("path[data-player]")).to_have_count(PLAYERS)
    expect(row(page, 0)).to_be_visible()
    return page


def superpixel(page: Page, player: int) -> Locator:
    return page.locator(f'path[data-player="{player}"]')


def row(page: Page, player: int) -> Locator:
    return page.locator(f'tr[data-player="{player}"]')


def box(page: Page, player: int) -> Locator:
    return row(page, player).get_by_role("checkbox")


def inside(page: Page, player: int, labels: npt.NDArray[np.int64] = SLIC) -> tuple[float, float]:
    """The place on the page that lies deepest inside a superpixel."""
    depth = ndimage.distance_transform_edt(np.pad(labels == player, 1))[1:-1, 1:-1]
    y, x = np.unravel_index(np.argmax(depth), labels.shape)
    stage = page.locator("svg.stage").bounding_box()
    assert stage
    return (
        stage["x"] + (x + 0.5) / labels.shape[1] * stage["width"],
        stage["y"] + (y + 0.5) / labels.shape[0] * stage["height"],
    )


def click(page: Page, player: int, labels: npt.NDArray[np.int64] = SLIC) -> None:
    page.mouse.click(*inside(page, player, labels))


def expect_here(page: Page, *absent: int, players: int = PLAYERS) -> None:
    """The board shows exactly these as absent."""
    expect(page.locator("path[data-player]")).to_have_count(players)
    expect(page.locator('path[aria-checked="false"]')).to_have_count(len(absent))
    expect(page.locator("tbody input:not(:checked)")).to_have_count(len(absent))
    for player in absent:
        expect(superpixel(page, player)).to_have_attribute("aria-checked", "false")
        expect(box(page, player)).not_to_be_checked()


def expect_told(page: Page, *absent: int) -> None:
    """The server knows exactly these as absent."""
    told = f"absent: {' '.join(map(str, absent))}."
    expect(page.get_by_text(told, exact=True)).to_be_visible()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def order(page: Page) -> list[int]:
    return [int(text) for text in page.locator("tbody label").all_inner_texts()]


def colour(page: Page, at: tuple[float, float]) -> tuple[int, ...]:
    shot = page.screenshot(clip={"x": at[0], "y": at[1], "width": 1, "height": 1})
    with Image.open(io.BytesIO(shot)) as image:
        return tuple(np.asarray(image.convert("RGB"))[0, 0].tolist())


# --- clicks --------------------------------------------------------------------------------------


def test_a_click_removes_a_superpixel_and_another_brings_it_back(page: Page) -> None:
    expect_told(page)
    click(page, 3)
    expect_told(page, 3)
    expect_here(page, 3)
    expect(row(page, 3)).to_have_class(re.compile("absent"))
    click(page, 3)
    expect_told(page)
    expect_here(page)
    box(page, 8).click()
    expect_told(page, 8)
    row(page, 9).locator("label span").click()
    expect_told(page, 8, 9)
    row(page, 9).locator(".plot").first.click()
    expect_told(page, 8)
    expect_here(page, 8)


def test_a_line_takes_its_two_players_out_by_mouse_and_by_key(page: Page) -> None:
    click(page, 12)
    expect_told(page, 12)
    page.get_by_text("Lines", exact=True).click()
    lines = page.get_by_role("button", name=re.compile("^Players .* take both out$"))
    expect(lines).to_have_count(2)
    stage = page.locator("svg.stage").bounding_box()
    assert stage
    (x1, y1), (x2, y2) = (middles(SLIC)[player] for player in (3, 21))
    scale = stage["width"] / SLIC.shape[1]
    page.mouse.click(stage["x"] + scale * (x1 + x2) / 2, stage["y"] + scale * (y1 + y2) / 2)
    expect_told(page, 3, 21)
    expect_here(page, 3, 21)
    lines.first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("Players 0 and 7: −0.4")).to_be_visible()
    page.keyboard.press("Enter")
    expect_told(page, 0, 7)
    expect(lines.nth(1)).to_be_focused()


def test_a_removed_superpixel_shows_the_reference_and_others_the_picture(page: Page) -> None:
    at = inside(page, 3)
    before = colour(page, at)
    beside = inside(page, 10)
    original = colour(page, beside)
    click(page, 3)
    assert colour(page, at) == REFERENCE  # at once, without the server
    page.mouse.move(5, 5)
    assert colour(page, at) == REFERENCE
    assert colour(page, beside) == original
    assert before != REFERENCE
    expect_told(page, 3)
    press(page, "All in")
    expect_told(page)
    assert colour(page, at) == before


def test_quick_clicks_all_count_and_while_a_slow_server_answers_none_is_undone(page: Page) -> None:
    for slow in (False, True):
        if slow:
            page.get_by_text("Slow", exact=True).click()
        click(page, 3)
        click(page, 7)
        click(page, 11)
        click(page, 7)
        expect_here(page, 3, 11)
        expect_told(page, 3, 11)
        expect_here(page, 3, 11)
        press(page, "All in")
        expect_told(page)
        expect_here(page)
    wanted = []
    for player in range(0, 24, 3):
        click(page, player)
        wanted.append(player)
        page.wait_for_timeout(170)  # now in a run, now between two
        expect(superpixel(page, player)).to_have_attribute("aria-checked", "false")
    expect_told(page, *wanted)
    expect_here(page, *wanted)


def test_a_click_after_a_button_applies_to_what_the_button_did(page: Page) -> None:
    page.get_by_text("Slow", exact=True).click()
    press(page, "All out")
    click(page, 4)  # before the server has answered: it is present, and is removed
    expect_told(page, *range(PLAYERS))
    expect_here(page, *range(PLAYERS))
    click(page, 4)
    everyone_else = [player for player in range(PLAYERS) if player != 4]
    expect_told(page, *everyone_else)
    expect_here(page, *everyone_else)


def test_the_server_can_change_who_is_absent(page: Page) -> None:
    click(page, 3)
    expect_told(page, 3)
    press(page, "All out")
    expect_here(page, *range(PLAYERS))
    press(page, "All in")
    expect_here(page)
    click(page, 5)
    expect_told(page, 5)


def test_other_players_in_the_same_place(page: Page) -> None:
    click(page, 3)
    expect_told(page, 3)
    choose(page.get_by_role("combobox"), "inner layer")
    expect(page.locator("path[data-player]")).to_have_count(49)
    expect_here(page, 3, players=49)
    grid = segments("inner layer")
    click(page, 48, grid)
    expect_told(page, 3, 48)
    expect_here(page, 3, 48, players=49)
    assert colour(page, inside(page, 48, grid)) != tuple(picture()[-16, -16])


# --- keyboard and pointing -----------------------------------------------------------------------


def test_keyboard_in_the_picture(page: Page) -> None:
    expect(superpixel(page, 0)).to_have_accessible_name("Player 0, present")
    expect(superpixel(page, 0)).to_have_attribute(
        "aria-description", re.compile(rf"^{re.escape(TITLES[0])}: [+−]\d.*{re.escape(TITLES[1])}")
    )
    superpixel(page, 0).focus()
    page.keyboard.press("Space")
    expect_told(page, 0)
    page.keyboard.press("Enter")
    expect_told(page)
    page.keyboard.press("ArrowRight")
    focused = page.locator("path[data-player]:focus")
    expect(focused).not_to_have_attribute("data-player", "0")
    player = int(focused.get_attribute("data-player") or -1)
    expect(row(page, player)).to_have_class(re.compile("lit"))
    page.keyboard.press("Space")
    expect_told(page, player)
    expect(focused).to_have_attribute("data-player", str(player))  # the answer left the focus
    page.keyboard.press("Escape")
    expect(page.locator("path.outline")).to_have_attribute("d", "")
    expect(focused).to_have_attribute("data-player", str(player))
    page.keyboard.press("ArrowLeft")
    expect(focused).not_to_have_attribute("data-player", str(player))
    expect(page.locator("path.outline")).not_to_have_attribute("d", "")
    expect(page.locator("path[data-player][tabindex='0']")).to_have_count(1)


def test_keyboard_in_the_list(page: Page) -> None:
    first, second = order(page)[:2]
    page.get_by_role("button", name=TITLES[2]).focus()
    page.keyboard.press("Tab")
    expect(box(page, first)).to_be_focused()
    page.keyboard.press("Space")
    expect_told(page, first)
    page.keyboard.press("ArrowDown")
    expect(box(page, second)).to_be_focused()
    page.keyboard.press("Enter")
    expect_told(page, *sorted((first, second)))
    expect_lit(page, second)
    press(page, "Refine")
    expect(page.get_by_text("version 1")).to_be_visible()
    expect_told(page, *sorted((first, second)))


def expect_lit(page: Page, player: int) -> None:
    expect(page.locator("tr.lit")).to_have_attribute("data-player", str(player))
    expect(page.locator("path.outline")).to_have_attribute("d", outlines(SLIC)[player])


def test_pointing_links_picture_and_list(page: Page) -> None:
    last = order(page)[-1]
    expect(row(page, last)).not_to_be_in_viewport()
    page.mouse.move(*inside(page, last))
    expect_lit(page, last)
    expect(row(page, last)).to_be_in_viewport()  # the list has scrolled, the page has not
    assert page.locator('[data-testid="stMain"]').evaluate("main => main.scrollTop") == 0
    expect(page.locator("path.dim")).to_have_attribute("d", "")
    page.mouse.move(5, 5)
    expect(page.locator("tr.lit")).to_have_count(0)
    row(page, last).hover()
    expect_lit(page, last)
    expect(page.locator("path.dim")).to_have_attribute("d", re.compile("^M0 0H224"))
    expect(page.locator(".status")).to_contain_text(f"Player {last} · LIME")
    page.mouse.move(5, 5)
    expect(page.locator("path.outline")).to_have_attribute("d", "")


# --- the list ------------------------------------------------------------------------------------


def test_a_header_sorts_by_its_method(page: Page) -> None:
    methods = true_values(PLAYERS, 3, 0)
    best_first = [np.argsort(-method.values).tolist() for method in methods]
    assert order(page) == best_first[0]
    press(page, TITLES[1])
    assert order(page) == best_first[1]
    header = page.get_by_role("columnheader", name=TITLES[1])
    expect(header).to_have_attribute("aria-sort", "descending")
    press(page, TITLES[1])
    assert order(page) == best_first[1][::-1]
    press(page, "Player")
    assert order(page) == list(range(PLAYERS))
    press(page, TITLES[2])
    press(page, "Refine")
    refined = np.argsort(-true_values(PLAYERS, 3, 1)[2].values).tolist()
    expect(page.locator("tbody tr").first).to_have_attribute("data-player", str(refined[0]))
    assert order(page) == refined  # the choice outlives new values


def test_missing_values_come_last(page: Page) -> None:
    page.get_by_label("Methods").fill("4")
    page.keyboard.press("Enter")
    header = page.get_by_role("button", name=TITLES[3])
    header.click()
    assert order(page)[-1] == 5
    header.click()
    assert order(page)[-1] == 5
    expect(row(page, 5).locator(".number").nth(3)).to_have_text("–")
    expect(row(page, 5).locator(".bar").nth(3)).to_be_hidden()


def test_no_methods_yet(page: Page) -> None:
    page.get_by_label("Methods").fill("0")
    page.keyboard.press("Enter")
    expect(page.locator(".bar")).to_have_count(0)
    assert order(page) == list(range(PLAYERS))
    click(page, 3)
    expect_told(page, 3)
    expect_here(page, 3)


@pytest.mark.parametrize("page", [{}, {"color_scheme": "dark"}], indirect=True)
def test_bars_are_red_or_blue_in_both_themes_and_as_long_as_the_numbers(page: Page) -> None:
    read = "bar => getComputedStyle(bar).backgroundColor.match(/[0-9.]+/g).map(Number)"
    red, _, blue = page.locator(".bar:not(.negative)").first.evaluate(read)[:3]
    assert red - blue > 60
    red, _, blue = page.locator(".bar.negative").first.evaluate(read)[:3]
    assert blue - red > 60
    expect(page.get_by_role("button", name=TITLES[2])).to_be_visible()
    expect(page.locator("thead i")).to_have_count(0)  # titles are text
    expect_bars_and_whiskers_as_long_as_the_numbers(page, 0)
    press(page, "Refine")
    number = f"{true_values(PLAYERS, 3, 1)[0].values[0]:+#.3g}".replace("-", "−")
    expect(row(page, 0).locator(".number").first).to_have_text(number)
    page.wait_for_function(  # bars grow
        "list => [...list.querySelectorAll('.bar')].every(bar => !bar.getAnimations().length)",
        arg=page.locator("table").element_handle(),
    )
    expect_bars_and_whiskers_as_long_as_the_numbers(page, 1)


def expect_bars_and_whiskers_as_long_as_the_numbers(page: Page, version: int) -> None:
    measure = """table => [...table.querySelectorAll("tbody tr")].map(row => ({
        player: +row.dataset.player,
        cells: [...row.querySelectorAll("td:not(:first-child)")].map(cell => {
            const ends = part => {
                const box = cell.querySelector(part).getBoundingClientRect();
                return box.width ? [box.left, box.right] : null;
            };
            const plot = cell.querySelector(".plot").getBoundingClientRect().left;
            return {
                zero: ends(".zero").reduce((a, b) => a + b) / 2 - plot,
                bar: ends(".bar")?.map(x => x - plot),
                whisker: ends(".whisker")?.map(x => x - plot),
                negative: cell.querySelector(".bar").classList.contains("negative"),
                number: cell.querySelector(".number").textContent,
            };
        }),
    }))"""
    rows = page.locator("table").evaluate(measure)
    methods = true_values(PLAYERS, 3, version)
    widest = max(
        ((r["player"], c, cell) for r in rows for c, cell in enumerate(r["cells"])),
        key=lambda found: found[2]["bar"][1] - found[2]["bar"][0],
    )
    player, column, cell = widest
    pixels = (cell["bar"][1] - cell["bar"][0]) / abs(methods[column].values[player])
    for found in rows:
        for method, cell in zip(methods, found["cells"], strict=True):
            value = method.values[found["player"]]
            start, end = cell["bar"]
            assert start == pytest.approx(cell["zero"] + min(0, value) * pixels, abs=1.5)
            assert end == pytest.approx(cell["zero"] + max(0, value) * pixels, abs=1.5)
            assert cell["negative"] == (value < 0)
            if method.errors is None:
                assert cell["whisker"] is None
            else:
                reach = 1.96 * method.errors[found["player"]]
                ends = [cell["zero"] + (value + side) * pixels for side in (-reach, reach)]
                assert cell["whisker"] == pytest.approx(ends, abs=1.5)
            if abs(value) >= 1e-3:
                assert cell["number"] == f"{value:+#.3g}".replace("-", "−")


@pytest.mark.parametrize("page", [{"viewport": {"width": 800, "height": 900}}], indirect=True)
def test_a_narrow_window_puts_the_list_below(page: Page) -> None:
    stage, table = page.locator(".left").bounding_box(), page.locator(".window").bounding_box()
    assert stage
    assert table
    assert table["y"] >= stage["y"] + stage["height"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    click(page, 3)
    expect_told(page, 3)


def test_two_hundred_players_answer_fast(page: Page) -> None:
    choose(page.get_by_role("combobox"), "200 superpixels")
    labels = segments("200 superpixels")
    players = int(labels.max()) + 1
    expect(page.locator("path[data-player]")).to_have_count(players)
    expect(page.locator("tbody tr")).to_have_count(players)
    times = page.locator("svg.stage").evaluate(
        """stage => [...stage.querySelectorAll("path[data-player]")].map(path => {
            const start = performance.now();
            path.dispatchEvent(new PointerEvent("pointerover", {bubbles: true}));
            path.getBoundingClientRect();
            return performance.now() - start;
        })"""
    )
    print(sorted(times))
    assert np.median(times) < 50  # milliseconds, on a busy machine
    left, right = page.locator(".left").bounding_box(), page.locator(".window").bounding_box()
    assert left
    assert right
    assert right["height"] == pytest.approx(left["height"], abs=2)
