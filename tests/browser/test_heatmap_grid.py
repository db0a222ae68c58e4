"""The grid of heat maps: its encoding, and what a visitor sees of it in a real browser."""

from __future__ import annotations

import json
import re
import runpy
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page
from streamlit.testing.v1 import AppTest

from attribution_core.painting import Colours, grey_of, tinted
from pages.ui.components.component import FOLDER, code_of
from pages.ui.components.heatmap_grid import (
    MapCell,
    decode_values,
    encode_picture,
    encode_values,
    grid_data,
)
from tests.browser.patience import expect
from tests.patience import UNCHANGED, until

ROOT = Path(__file__).resolve().parents[2]
PAGE = Path(__file__).with_name("heatmap_grid_page.py")
page_code = runpy.run_path(str(PAGE))  # as a module: the part under __main__ does not run
true_map, ROWS, COLUMNS = page_code["true_map"], page_code["ROWS"], page_code["COLUMNS"]

# --- the numbers that go to the browser ----------------------------------------------------------


@pytest.mark.parametrize("shape", [(224, 224), (7, 7), (1, 1), (5, 9)])
def test_values_survive_the_encoding(shape: tuple[int, int]) -> None:
    values = np.random.default_rng(0).normal(size=shape).astype(np.float32) * 1e-4
    packed = encode_values(values)
    largest = float(np.abs(values).max())
    np.testing.assert_allclose(decode_values(packed), values, rtol=1e-6, atol=largest / 65000)
    assert packed["shape"] == list(shape)
    json.dumps(packed, allow_nan=False)


def test_values_that_are_not_finite_become_zero() -> None:
    values = np.array([[np.nan, np.inf], [-np.inf, -2.0]], np.float32)
    np.testing.assert_allclose(decode_values(encode_values(values)), [[0, 0], [0, -2]])


@pytest.mark.parametrize("value", [0.0, np.nan, 1e-42, 3e38])
def test_extreme_maps_are_encoded(value: float) -> None:
    values = np.full((3, 3), value, np.float32)
    expected = np.nan_to_num(values, nan=0.0)
    np.testing.assert_allclose(decode_values(encode_values(values)), expected, rtol=1e-3)


def test_the_hash_follows_the_content() -> None:
    values = np.arange(12.0, dtype=np.float32).reshape(3, 4)
    assert encode_values(values)["id"] == encode_values(values.copy())["id"]
    # the same integers, but other values or another shape
    assert encode_values(values)["id"] != encode_values(2 * values)["id"]
    assert encode_values(values)["id"] != encode_values(values.reshape(4, 3))["id"]


def test_wrong_shapes_and_places_are_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        encode_values(np.zeros((2, 2, 3)))
    with pytest.raises(ValueError, match="shape"):
        encode_picture(np.zeros((2, 2), np.uint8))
    with pytest.raises(ValueError, match="status"):
        MapCell(0, 0, status="finished")
    with pytest.raises(ValueError, match=r"\(1, 0\)"):
        grid([MapCell(1, 0)])


def test_the_data_are_json_whatever_the_limits_are() -> None:
    cell = MapCell(0, 0, np.ones((2, 2)), np.nan, (), "running", np.inf)
    data = grid([cell], opacity=np.nan)
    assert json.loads(json.dumps(data, allow_nan=False)) == data
    assert [c["status"] for c in data["cells"]] == ["running", "unavailable"]  # left out: blank


def grid(cells: list[MapCell], opacity: float = 1.0) -> dict[str, Any]:
    return grid_data(
        rows=["cat"],
        columns=["IG", "LIME"],
        cells=cells,
        picture=None,
        overlay=True,
        opacity=opacity,
        smooth=True,
    )


def test_apptest_sees_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    app = AppTest.from_file(str(PAGE), default_timeout=UNCHANGED).run()
    assert not app.exception
    data = json.loads(app.get("bidi_component")[0].proto.json)
    assert data["rows"] == list(ROWS)
    shown = decode_values(data["cells"][1]["map"])
    np.testing.assert_allclose(shown, true_map(0, 1, 0), atol=1e-4)


# --- a server and a browser -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(serve: Callable[..., AbstractContextManager[Any]]) -> Iterator[str]:
    with serve(PAGE) as server:
        yield server.url


@pytest.fixture
def page(server: str, new_page: Callable[..., Page], request: pytest.FixtureRequest) -> Page:
    page = new_page(**getattr(request, "param", {}))
    page.goto(server)
    expect(squares(page)).to_have_count(len(ROWS) * len(COLUMNS))
    wait_until_painted(page)
    return page


# --- looking at the grid --------------------------------------------------------------------------


def squares(page: Page) -> Locator:
    return page.get_by_role("img", name=re.compile(" for "))


def square(page: Page, row: int, column: int) -> Locator:
    return squares(page).nth(row * len(COLUMNS) + column)


def colour(map_: Locator, x: float, y: float) -> list[int]:
    """Red, green, blue and alpha of the canvas, at a fraction of its width and height."""
    read = """(map, [x, y]) => {
        const canvas = map.querySelector("canvas");
        const at = [Math.floor(x * canvas.width), Math.floor(y * canvas.height)];
        return [...canvas.getContext("2d").getImageData(...at, 1, 1).data];
    }"""
    found: list[int] = map_.evaluate(read, [x, y])
    return found


def wait_until_painted(page: Page) -> None:
    page.wait_for_function(
        """map => {
            const canvas = map.querySelector("canvas");
            if (!canvas.width) return false;
            const middle = [Math.floor(canvas.width / 2), Math.floor(canvas.height / 2), 1, 1];
            return canvas.getContext("2d").getImageData(...middle).data[3] > 0;
        }""",
        arg=square(page, 0, 0).element_handle(),
    )


def point_at(page: Page, map_: Locator, x: float, y: float) -> None:
    box = map_.bounding_box()
    assert box
    page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])


def drag(page: Page, map_: Locator, start: tuple[float, float], end: tuple[float, float]) -> None:
    point_at(page, map_, *start)
    page.mouse.down()
    point_at(page, map_, (start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    point_at(page, map_, *end)
    page.mouse.up()


def readable(value: float) -> str:
    return f"{value:+#.3g}".replace("-", "−")


def expect_values(page: Page, x: float, y: float, version: int = 0) -> None:
    """Every square shows its own value at that fraction of the picture."""
    for row in range(len(ROWS)):
        for column in range(len(COLUMNS)):
            values = true_map(row, column, version)
            size = len(values)
            value = values[int(y * size), int(x * size)]
            expect(square(page, row, column).locator("output")).to_have_text(readable(value))


def expect_colours(page: Page, x: float, y: float, channel: int) -> None:
    for map_ in squares(page).all():
        red, _, blue, alpha = colour(map_, x, y)
        assert alpha == 255
        assert (red - blue if channel == 0 else blue - red) > 60


def choose(page: Page, label: str) -> None:
    page.get_by_text(label, exact=True).click()


def change_values(page: Page, version: int) -> None:
    page.get_by_role("button", name="Change values").click()
    expect(page.get_by_text(f"version {version},")).to_be_visible()


# --- what a visitor sees --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "lightest", "darkest"),
    [({}, 255, 250), ({"color_scheme": "dark"}, 45, 0)],
    indirect=["page"],
)
def test_positive_is_red_and_negative_is_blue_and_zero_is_quiet_on_a_plain_map(
    page: Page, lightest: int, darkest: int
) -> None:
    expect_colours(page, 0.3, 0.3, channel=0)
    expect_colours(page, 0.7, 0.7, channel=2)
    red, green, blue, _ = colour(square(page, 0, 0), 0.05, 0.95)  # zero: the grey picture alone
    assert max(red, green, blue) - min(red, green, blue) < 6
    choose(page, "Overlay")
    quiet = square(page, 0, 0)
    until(
        lambda: all(darkest <= zero <= lightest for zero in colour(quiet, 0.05, 0.95)[:3]),
        watched=lambda: colour(quiet, 0.05, 0.95),
        pause=lambda: page.wait_for_timeout(50),
    )
    expect_colours(page, 0.3, 0.3, channel=0)
    expect_colours(page, 0.7, 0.7, channel=2)


@pytest.mark.parametrize("page", [{}, {"color_scheme": "dark"}], indirect=True)
def test_every_scale_is_painted_as_in_print(page: Page) -> None:
    # LIME's blocks are wide: nothing is interpolated in their middle.
    choose(page, "Smooth")
    scales: tuple[Colours, ...] = ("orange-blue", "absolute")
    for colours in scales:
        choose(page, colours)
        expect_painted_as_in_print(page, colours)


def expect_painted_as_in_print(page: Page, colours: Colours) -> None:
    """With the picture and without it; the switch stands again as it was."""
    dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    map_, values = square(page, 0, 2), true_map(0, 2, 0)
    limit = float(np.abs(values).max())
    places = [((c + 0.5) / 7, (r + 0.5) / 7, r, c) for r, c in ((1, 2), (5, 4), (2, 2), (3, 3))]
    for overlay in (True, False):
        if not overlay:
            choose(page, "Overlay")
        for x, y, row, column in places:
            grey = grey_of(pixels_at(x, y)) if overlay else None
            expected = tinted(
                values[row : row + 1, column : column + 1],
                limit,
                "dark" if dark else "light",
                colours=colours,
                opacity=0.85,
                grey=grey,
            )[0, 0]

            shown = partial(colour, map_, x, y)
            until(
                lambda shown=shown, expected=expected: np.allclose(shown()[:3], expected, atol=5),
                pause=lambda: page.wait_for_timeout(50),
            )
    choose(page, "Overlay")
    expect(map_.locator("..").locator(".low")).to_have_text(
        "0" if colours == "absolute" else readable(-limit)
    )


def pixels_at(x: float, y: float) -> np.ndarray:
    """The picture there, ``(1, 1, 3)``; it changes slowly at the places that are looked at."""
    shown = page_code["picture"]()
    size = len(shown)
    return shown[int(y * size)][None, int(x * size)][:, None].astype(np.float32)


def test_pointing_at_one_map_shows_the_value_in_all(page: Page) -> None:
    point_at(page, square(page, 1, 1), 0.36, 0.31)
    expect_values(page, 0.36, 0.31)
    point_at(page, square(page, 0, 2), 0.71, 0.62)
    expect_values(page, 0.71, 0.62)
    page.mouse.move(5, 5)
    expect(square(page, 0, 0).locator("output")).to_be_hidden()


def test_a_drag_zooms_all_maps_and_the_button_undoes_it(page: Page) -> None:
    reset = page.get_by_role("button", name="Reset zoom")
    expect(reset).to_be_hidden()
    drag(page, square(page, 0, 1), (0.5, 0.5), (0.9, 0.9))
    expect(reset).to_be_visible()
    # the middle of each map is now (0.7, 0.7) of the picture: the negative blob
    point_at(page, square(page, 1, 0), 0.5, 0.5)
    expect_values(page, 0.7, 0.7)
    expect_colours(page, 0.5, 0.5, channel=2)
    reset.click()
    expect(reset).to_be_hidden()
    point_at(page, square(page, 1, 0), 0.3, 0.3)
    expect_values(page, 0.3, 0.3)
    expect_colours(page, 0.3, 0.3, channel=0)


def test_double_click_and_escape_undo_the_zoom_and_a_click_does_nothing(page: Page) -> None:
    reset, map_ = page.get_by_role("button", name="Reset zoom"), square(page, 0, 0)
    map_.click()
    expect(reset).to_be_hidden()
    drag(page, map_, (0.8, 0.8), (0.3, 0.4))
    expect(reset).to_be_visible()
    map_.dblclick()
    expect(reset).to_be_hidden()
    drag(page, map_, (0.8, 0.8), (0.3, 0.4))
    expect(reset).to_be_visible()
    map_.press("Escape")
    expect(reset).to_be_hidden()


def test_the_wheel_scrolls_the_page(page: Page) -> None:
    page.set_viewport_size({"width": 1440, "height": 500})
    point_at(page, square(page, 0, 0), 0.5, 0.5)
    top = square(page, 0, 0).bounding_box()
    page.mouse.wheel(0, 120)
    page.wait_for_function(
        "([map, top]) => map.getBoundingClientRect().y < top - 50",
        arg=[square(page, 0, 0).element_handle(), top and top["y"]],
    )
    expect(page.get_by_role("button", name="Reset zoom")).to_be_hidden()
    # the names of the methods stay in sight, below Streamlit's own header
    expect(page.get_by_text(COLUMNS[0], exact=True)).to_be_in_viewport(ratio=1)


def test_zoom_and_pointer_survive_new_values(page: Page) -> None:
    drag(page, square(page, 0, 0), (0.5, 0.5), (0.9, 0.9))
    change_values(page, 1)
    expect(page.get_by_role("button", name="Reset zoom")).to_be_visible()
    point_at(page, square(page, 0, 0), 0.5, 0.5)
    expect_values(page, 0.7, 0.7, version=1)
    choose(page, "Warning above")  # another element before the grid
    expect(page.get_by_text("An element more above the grid")).to_be_visible()
    expect(page.get_by_role("button", name="Reset zoom")).to_be_visible()


def test_values_under_a_resting_pointer_follow_the_maps(page: Page) -> None:
    square(page, 0, 0).focus()
    page.keyboard.press("Enter")  # the cross-hair appears in the middle ...
    for _ in range(8):
        page.keyboard.press("ArrowLeft")  # ... and goes 8 / 40 to the left
        page.keyboard.press("ArrowUp")
    expect_values(page, 0.3, 0.3)
    expect(square(page, 0, 0).locator(".cross.x")).to_be_visible()
    # a script run without a click elsewhere, which would take the focus
    page.get_by_role("button", name="Change values").dispatch_event("click")
    expect(page.get_by_text("version 1,")).to_be_visible()
    expect_values(page, 0.3, 0.3, version=1)


def test_an_old_update_that_is_decoded_late_does_not_win(page: Page) -> None:
    page.evaluate(
        """() => {
            const read = Response.prototype.arrayBuffer;
            window.begun = window.late = 0;
            Response.prototype.arrayBuffer = async function () {
                window.begun += 1;
                const buffer = await read.call(this);
                await new Promise((done) => setTimeout(done, 1500));
                window.late += 1;
                return buffer;
            };
        }"""
    )
    change_values(page, 1)
    page.wait_for_function("begun > 0")  # Streamlit has handed over version 1 by itself
    change_values(page, 2)  # the same maps as version 0, which are decoded already
    page.wait_for_function("late === begun")
    page.wait_for_timeout(300)  # time for the late maps to be painted, if they were
    point_at(page, square(page, 0, 0), 0.3, 0.3)
    expect_values(page, 0.3, 0.3, version=2)


def test_the_newest_data_stay_whatever_call_ends(page: Page) -> None:
    for order in (
        ["older", "newer", "end older"],
        ["older", "end older", "newer"],
        ["newer", "older", "end older"],
    ):
        expect_the_newest_to_stay(page, order)


def expect_the_newest_to_stay(page: Page, order: list[str]) -> None:
    # While Streamlit loads the module, it may call for data that have been replaced meanwhile,
    # before or after it calls for the newer ones, and ends the call that was overtaken.
    data = {
        "older": grid([MapCell(0, 0, np.ones((4, 4), np.float32), 1.0, ("first",))]),
        "newer": grid([MapCell(0, 0, -np.ones((4, 4), np.float32), 1.0, ("second",))]),
    }
    page.evaluate(
        """async ([code, html, data, order]) => {
            const address = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
            const { default: draw } = await import(address);
            const parentElement = document.createElement("div");
            parentElement.id = "apart";
            parentElement.innerHTML = html;
            document.body.append(parentElement);
            const ends = {};
            for (const step of order) {
                if (step in data) ends[step] = draw({ data: data[step], parentElement });
                else ends[step.split(" ")[1]]();
            }
            window.leave = () => { parentElement.remove(); ends.newer(); };
        }""",
        [code_of("heatmap_grid"), (FOLDER / "heatmap_grid.html").read_text("utf-8"), data, order],
    )
    expect(page.locator("#apart figcaption").first).to_have_text("second")
    expect(page.locator("#apart .map").first).to_have_class(re.compile("done"))
    page.evaluate("leave()")


def test_the_keyboard_zooms(page: Page) -> None:
    reset, map_ = page.get_by_role("button", name="Reset zoom"), square(page, 0, 0)
    map_.focus()
    page.keyboard.press("+")
    expect(reset).to_be_visible()
    page.keyboard.press("-")
    expect(reset).to_be_hidden()
    page.keyboard.press("+")
    page.keyboard.press("+")
    page.keyboard.press("0")
    expect(reset).to_be_hidden()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".live")).to_contain_text("column 118, row 113")
    page.keyboard.press("Escape")
    expect(map_.locator(".cross.x")).to_be_hidden()
    expect(map_).to_be_focused()


def test_the_maps_are_one_stop_with_arrow_keys_from_one_to_another(page: Page) -> None:
    expect(page.locator(".map[tabindex='0']")).to_have_count(1)
    square(page, 0, 0).focus()
    for key, row, column in (
        ("ArrowRight", 0, 1),
        ("ArrowDown", 1, 1),
        ("ArrowDown", 1, 1),  # there is no further row
        ("End", 1, 3),
        ("Home", 1, 0),
        ("ArrowUp", 0, 0),
    ):
        page.keyboard.press(key)
        expect(square(page, row, column)).to_be_focused()
        expect(page.locator(".map[tabindex='0']")).to_have_count(1)
    expect(page.locator(".hint")).to_contain_text("Enter goes into one")
    page.get_by_role("button", name="Change values").dispatch_event("click")
    expect(page.get_by_text("version 1,")).to_be_visible()
    expect(square(page, 0, 0)).to_be_focused()


def test_names_captions_and_cells_of_a_table_for_those_who_listen(page: Page) -> None:
    grid = page.get_by_role("grid")
    expect(grid.get_by_role("row")).to_have_count(len(ROWS))
    second = grid.get_by_role("row").nth(1)
    expect(second.get_by_role("rowheader")).to_have_text(ROWS[1])
    expect(second.get_by_role("gridcell")).to_have_count(len(COLUMNS))
    expect(second.get_by_role("img").nth(2)).to_have_accessible_name(
        re.compile(r"^LIME for espresso.*sums to .* should sum to")
    )
    for r, row in enumerate(ROWS):
        expect(page.get_by_text(row, exact=True)).to_be_visible()  # text, never markup
        for c, column in enumerate(COLUMNS):
            evaluations = f"{0.4 + r:.1f} s · {32 * (c + 1)} evaluations"
            name = re.compile("^" + re.escape(f"{column} for {row}: {evaluations}"))
            expect(square(page, r, c)).to_have_accessible_name(name)
            caption = page.locator("figcaption").nth(r * len(COLUMNS) + c)
            expect(caption).to_contain_text(evaluations)
    page.get_by_role("button", name="LIME").click()
    expect(page.get_by_role("tooltip")).to_contain_text("superpixels left out")


def test_states_and_no_jump_between_them(page: Page) -> None:
    before = [map_.bounding_box() for map_ in squares(page).all()]
    choose(page, "States")
    expect(square(page, 0, 1)).to_contain_text("Step 0 of 8")
    expect(square(page, 0, 2)).to_contain_text("Second in the queue")
    expect(square(page, 0, 3)).to_contain_text("Not enough memory for 512 <i>masks</i>.")
    expect(square(page, 1, 2)).to_contain_text("“input” is none.")
    expect(square(page, 1, 3).locator(".progress")).to_be_visible()
    page.get_by_role("button", name="Add progress").click()
    expect(page.locator("figcaption").nth(1)).to_contain_text("Step 1 of 8")
    bar = square(page, 0, 1).locator(".progress i")
    expect(bar).to_have_attribute("style", re.compile("12.5%"))
    point_at(page, square(page, 0, 0), 0.3, 0.3)  # the partial map has values, too
    expect(square(page, 0, 1).locator("output")).to_be_visible()
    expect(square(page, 0, 3).locator("output")).to_be_hidden()
    assert [map_.bounding_box() for map_ in squares(page).all()] == before


@pytest.mark.parametrize("page", [{"viewport": {"width": 800, "height": 1000}}], indirect=True)
def test_a_narrow_window_scrolls_the_grid_and_not_the_page(page: Page) -> None:
    last = square(page, 0, len(COLUMNS) - 1)
    last.scroll_into_view_if_needed()
    expect(last).to_be_in_viewport(ratio=0.99)
    label = page.get_by_text(COLUMNS[-1], exact=True)
    box, head = last.bounding_box(), label.bounding_box()
    assert box
    assert head
    assert abs(box["x"] - head["x"]) < 1  # the head has followed
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("page", [{"has_touch": True}], indirect=True)
def test_a_tap_shows_the_values(page: Page) -> None:
    box = square(page, 0, 0).bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + 0.31 * box["width"], box["y"] + 0.31 * box["height"])
    expect_values(page, 0.31, 0.31)
