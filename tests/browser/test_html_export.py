"""The grid as an HTML file, opened from the disk in a browser without a network."""

from __future__ import annotations

import html
import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from playwright.sync_api import Locator, Page

from attribution_core import Contrast, Picture
from attribution_core.attribution import Attribution
from attribution_core.request import granted, request_or_reason
from attribution_core.version import VERSION
from pages.ui.components.component import FOLDER
from pages.ui.components.heatmap_grid import decode_values
from pages.ui.maps.drawing import caption, limits
from pages.ui.maps.html_export import maps_html
from pages.ui.maps.table import MapTable, TableCell
from pages.ui.shell.scene import Scene
from pages.ui.shell.settings import Settings
from pages.ui.worker.model_list import Model
from tests.browser.patience import expect
from tests.made_attributions import of_request

ROOT = Path(__file__).resolve().parents[2]
SIZE = 224
METHODS = {
    "gradient": "Gradient",
    "gradient_times_input": "Gradient × Input",
    "integrated_gradients": "Integrated Gradients",
    "kernel_shap": "KernelSHAP",
}
HOSTILE = "</script><script>document.title = 'taken'</script><b>bold</b> & “quoted”"
LABELS = ("tench", HOSTILE, "espresso")
CLASSES = (2, 1)
DAY = date(2026, 3, 1)

Maps = Mapping[tuple[int, int], Attribution]


def scene_of(**changes: Any) -> Scene:
    y, x = np.mgrid[:SIZE, :SIZE] / SIZE
    rings = 128 + 100 * np.cos(40 * np.hypot(x - 0.5, y - 0.5))
    picture = np.stack([rings * x, rings, rings * y], axis=-1).clip(0, 255).astype(np.float32)
    settings = replace(Settings(model="tiny", layer="top", methods=tuple(METHODS)), **changes)
    model = Model("tiny", "Tiny <i>network</i>", "top")
    return Scene(settings, model, Picture.of(picture), None, CLASSES, LABELS)


def table_of(reasons: Mapping[tuple[int, int], str] | None = None) -> MapTable:
    return MapTable(
        rows=tuple(LABELS[number] for number in CLASSES),
        columns=tuple(METHODS.values()),
        cells=tuple(TableCell(*at, None, reason) for at, reason in (reasons or {}).items()),
        row_names=tuple(map(str, CLASSES)),
        column_names=tuple(METHODS),
        column_help={"KernelSHAP": "Weighted least squares <b>of</b> coalitions."},
    )


def attribution_of(
    scene: Scene, target: int, method: str, values: npt.NDArray[np.float32]
) -> Attribution:
    score = scene.settings.score
    asked = request_or_reason(
        None,
        picture=scene.picture,
        method=method,
        target=target,
        layer="top",
        score=Contrast(scene.settings.against or 0) if score == "contrast" else score,
        options=scene.settings.options_of(method),
    )
    return of_request(
        granted(asked),
        values[..., None],
        model="tiny",
        label=LABELS[target],
        heatmap=values,
        score=4.0,
        evaluations=7,
        seconds=0.25,
        done=1,
        planned=1,
    )


def noise(scene: Scene, size: int = SIZE) -> dict[tuple[int, int], Attribution]:
    """Eight maps that hardly compress; the second row's are ten times as large.

    None of the class that the others are contrasted with.
    """
    draws = np.random.default_rng(0)
    return {
        (row, column): attribution_of(
            scene,
            target,
            method,
            (10.0**row * draws.normal(size=(size, size))).astype(np.float32),
        )
        for row, target in enumerate(CLASSES)
        if target != scene.settings.against
        for column, method in enumerate(METHODS)
    }


def data_in(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


# --- what is in the file --------------------------------------------------------------------------


def test_the_file_has_the_maps_and_is_small() -> None:
    scene = scene_of()
    finished = noise(scene)
    page = maps_html(scene, table_of(), finished)
    assert len(page.encode()) < 1.5e6
    saturate = limits(finished, scene.settings)
    for cell in data_in(page)["cells"]:
        at = cell["row"], cell["column"]
        values = finished[at].heatmap
        step = np.abs(values).max() / 32767
        np.testing.assert_allclose(decode_values(cell["map"]), values, atol=0.51 * step)
        assert cell["limit"] == pytest.approx(saturate[at])
        assert cell["caption"] == list(caption(finished[at]))
    units = [cell["unit"] for cell in data_in(page)["cells"][:4]]
    assert units == ["logits per unit of activation", *3 * ["logits per position"]]


def test_the_heading_says_what_was_asked() -> None:
    scene = scene_of(score="contrast", against=0, options={("kernel_shap", "budget"): 96})
    page = maps_html(scene, table_of(), noise(scene, 7), DAY)
    text = html.unescape(re.sub(r"<[^>]+>", "\n", page[page.index("<body>") :]))
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    said = dict(pairwise(lines))
    assert lines[0] == "Attributions · Tiny <i>network</i>"
    assert said["Layer"] == "top"
    assert said["Reference"] == "black"
    assert said["Score"] == "logit minus that of tench"
    assert said["Picture"] == "Cat beside coffee"
    assert said["Made on"] == "1 March 2026"
    assert said["Made by"] == f"Attribution Explorer {VERSION}"
    assert said["Integrated Gradients"].startswith("Steps: 256 · Rule: adaptive · Tolerance: 0.01")
    assert said["KernelSHAP"].startswith("Budget: 96 · Estimator: local windows · Tolerance: 0 · ")
    assert said["Gradient × Input"] == "no options"


def test_a_probability_has_its_own_unit() -> None:
    scene = scene_of(score="probability")
    data = data_in(maps_html(scene, table_of(), noise(scene, 7)))
    units = [cell["unit"] for cell in data["cells"]]
    assert units == 2 * ["probability per unit of activation", *3 * ["probability per position"]]


def test_what_differs_between_maps_is_listed() -> None:
    scene = scene_of()
    finished = noise(scene, 7)
    request = replace(finished[0, 0].request, reference="white", layer="input")
    finished[0, 0] = replace(finished[0, 0], request=request)
    page = maps_html(scene, table_of(), finished)
    assert "<dt>Layer</dt><dd>input, top</dd>" in page
    assert "<dt>Reference</dt><dd>white, black</dd>" in page


def test_without_a_map_there_is_no_file() -> None:
    with pytest.raises(ValueError, match="no finished map"):
        maps_html(scene_of(), table_of(), {})


def test_the_colours_are_the_apps() -> None:
    themes = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))["theme"]
    style = (FOLDER / "html_export.css").read_text("utf-8")
    for name in ("primaryColor", "backgroundColor", "secondaryBackgroundColor", "textColor"):
        variable = "--st-" + re.sub("([A-Z])", lambda found: "-" + found[1].lower(), name)
        light, dark = themes["light"][name], themes["dark"][name]
        assert f"{variable}: light-dark({light}, {dark});" in style


# --- what a reader sees ---------------------------------------------------------------------------


@pytest.fixture
def open_file(new_page: Callable[..., Page], tmp_path: Path) -> Callable[..., Page]:
    """Opens a file of maps in a browser that is offline; nothing may go wrong in it."""

    def open_maps(content: str, **options: object) -> Page:
        file = tmp_path / "maps.html"
        file.write_text(content, "utf-8")
        page = new_page(offline=True, **options)
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        expect(squares(page)).to_have_count(len(CLASSES) * len(METHODS))
        page.wait_for_function(
            "map => map.querySelector('canvas').width > 0", arg=squares(page).first.element_handle()
        )
        wait_for_colour(page, squares(page).first)
        assert asked == [file.as_uri()]
        return page

    return open_maps


def squares(page: Page) -> Locator:
    return page.locator(".map")


def wait_for_colour(page: Page, map_: Locator) -> None:
    page.wait_for_function(
        """map => {
            const { width, height } = map.querySelector("canvas");
            const context = map.querySelector("canvas").getContext("2d");
            const { data } = context.getImageData(0, 0, width, height);
            return data.some((value, i) => i % 4 === 0 && Math.abs(value - data[i + 2]) > 60);
        }""",
        arg=map_.element_handle(),
    )


def point_at(page: Page, map_: Locator, x: float, y: float) -> None:
    box = map_.bounding_box()
    assert box
    page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])


def expect_values(page: Page, finished: Maps, x: float, y: float) -> None:
    """Every square shows its own value, to the digits that are shown."""
    for number, at in enumerate(sorted(finished)):
        values = finished[at].heatmap
        value = float(values[int(y * len(values)), int(x * len(values))])
        output = squares(page).nth(number).locator("output")
        expect(output).to_be_visible()
        shown = float(output.inner_text().replace("−", "-"))
        digits = len(re.sub(r"^0+", "", re.sub(r"[^\d]", "", output.inner_text())))
        step = float(np.abs(values).max()) / 32767
        assert shown == pytest.approx(value, rel=10.0**-digits * 5.1, abs=0.51 * step)


def test_all_maps_are_painted_and_tell_their_values(open_file: Callable[..., Page]) -> None:
    scene = scene_of()
    finished = noise(scene)
    page = open_file(maps_html(scene, table_of(), finished))
    for map_ in squares(page).all():
        wait_for_colour(page, map_)
    point_at(page, squares(page).nth(5), 0.303, 0.711)
    expect_values(page, finished, 0.303, 0.711)
    bars = page.locator(".scale .numbers")
    expect(bars).to_have_count(len(finished))
    limit = limits(finished, scene.settings)[0, 0]
    for part, text in {"low": f"−{limit:.3g}", "high": f"+{limit:.3g}"}.items():
        expect(bars.first.locator(f".{part}")).to_have_text(text)
    expect(bars.first.locator(".unit")).to_have_text("logits per unit of activation")


def test_zoom_is_linked(open_file: Callable[..., Page]) -> None:
    scene = scene_of()
    finished = noise(scene, 28)
    page = open_file(maps_html(scene, table_of(), finished))
    point_at(page, squares(page).nth(2), 0.5, 0.5)
    page.mouse.down()
    point_at(page, squares(page).nth(2), 0.7, 0.7)
    point_at(page, squares(page).nth(2), 0.9, 0.9)
    page.mouse.up()
    expect(page.get_by_role("button", name="Reset zoom")).to_be_visible()
    point_at(page, squares(page).nth(7), 0.51, 0.49)
    expect_values(page, finished, 0.5 + 0.4 * 0.51, 0.5 + 0.4 * 0.49)


def test_a_label_is_text(open_file: Callable[..., Page]) -> None:
    scene = scene_of(score="contrast", against=1)
    finished = noise(scene, 7)
    reasons = {(1, column): f"Not {HOSTILE}" for column in range(len(METHODS))}
    page = open_file(maps_html(scene, table_of(reasons), finished))
    expect(page.get_by_text(HOSTILE, exact=True)).to_have_count(1)
    expect(page.get_by_text(f"logit minus that of {HOSTILE}", exact=True)).to_be_visible()
    expect(page.get_by_text(f"Not {HOSTILE}", exact=True)).to_have_count(len(METHODS))
    expect(page.locator("b")).to_have_count(0)
    assert page.title() == "Attributions · Tiny <i>network</i>"


@pytest.mark.parametrize("width", [1280, 390])
def test_light_and_dark(open_file: Callable[..., Page], width: int) -> None:
    scene = scene_of(view="plain")
    viewport = {"width": width, "height": 720}
    page = open_file(
        maps_html(scene, table_of(), noise(scene, 7)), viewport=viewport, color_scheme="dark"
    )
    assert brightness(page) < 120
    page.emulate_media(color_scheme="light")
    assert brightness(page) > 600
    page.get_by_text("Dark", exact=True).click()
    assert brightness(page) < 120
    # The maps follow: no effect is as dark as the page.
    page.wait_for_function(
        """map => {
            const { width, height } = map.querySelector("canvas");
            const context = map.querySelector("canvas").getContext("2d");
            const { data } = context.getImageData(0, 0, width, height);
            for (let i = 0; i < data.length; i += 4)
                if (data[i] + data[i + 1] + data[i + 2] < 150) return true;
            return false;
        }""",
        arg=squares(page).first.element_handle(),
    )
    page.get_by_text("Light", exact=True).click()
    page.emulate_media(color_scheme="dark")
    assert brightness(page) > 600
    page.get_by_text("Automatic", exact=True).click()
    assert brightness(page) < 120
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")


def brightness(page: Page) -> int:
    """Red, green and blue of the background together."""
    read = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    return sum(page.evaluate(read)[:3])


def test_the_switches_change_the_drawing(open_file: Callable[..., Page]) -> None:
    scene = scene_of()
    page = open_file(maps_html(scene, table_of(), noise(scene, 7)))
    expect(page.get_by_role("radio", name="Over the picture")).to_be_checked()
    expect(page.get_by_role("radio", name="Smooth")).to_be_checked()
    shades = """map => {
        const { width, height } = map.querySelector("canvas");
        const context = map.querySelector("canvas").getContext("2d");
        const { data } = context.getImageData(0, 0, width, height);
        return new Set(new Uint32Array(data.buffer)).size;
    }"""
    assert squares(page).first.evaluate(shades) > 1000
    page.get_by_text("Plain", exact=True).click()
    page.get_by_text("In blocks", exact=True).click()
    page.wait_for_function(
        f"map => ({shades})(map) <= 49", arg=squares(page).first.element_handle()
    )


def test_tab_goes_through_and_leaves(open_file: Callable[..., Page]) -> None:
    scene = scene_of()
    page = open_file(maps_html(scene, table_of(), noise(scene, 7)))
    focused = """() => {
        const at = document.activeElement;
        const inner = at.shadowRoot?.activeElement ?? at;
        return inner === document.body ? null : inner.className || inner.name || inner.textContent;
    }"""
    stops = []
    for _ in range(40):
        page.keyboard.press("Tab")
        at = page.evaluate(focused)
        if at is None:
            break
        stops.append(at)
    assert stops == ["theme", "view", "drawing", "KernelSHAP", "map done"]
