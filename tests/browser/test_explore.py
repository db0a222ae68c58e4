"""The app in a real browser, from its first request on, as newcomers and attackers use it."""

from __future__ import annotations

import base64
import io
import re
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Download, Locator, Page

from attribution_core import METHODS
from attribution_core.saved_maps.files import load
from tests.browser.patience import choose, expect, resize
from tests.patience import until
from tests.small_network import CHOSEN

ROOT = Path(__file__).resolve().parents[2]
REAL = {"model": "efficientnet_lite0"}
SHORT = {"methods": "gradient_times_input", "classes": "285"}
LONG = {
    "layer": "input",
    "methods": "kernel_shap",
    "kernel_shap.budget": "100000",
    "classes": "285",
}
"""More work than a test waits for; each test with a seed of its own, since results are shared."""

NewPage = Callable[..., Page]


@pytest.fixture
def visit(server: Any, new_page: NewPage) -> Callable[..., Page]:
    """Opens the app with a link's parameters, at a quick model where they name none."""

    def open_app(parameters: Mapping[str, str], path: str = "", **options: object) -> Page:
        page = new_page(**options)
        page.goto(f"{server.url}/{path}?{urlencode({**CHOSEN, **parameters})}")
        return page

    return open_app


# --- looking at the page --------------------------------------------------------------------------


def sidebar(page: Page) -> Locator:
    return page.get_by_test_id("stSidebar")


def maps(page: Page) -> Locator:
    return page.get_by_role("img", name=re.compile(" for "))


def map_of(page: Page, method: str, label: str) -> Locator:
    return page.get_by_role("img", name=re.compile("^" + re.escape(f"{method} for {label}")))


def expect_maps(page: Page, count: int) -> None:
    """All maps are there, finished, painted and described."""
    expect(maps(page)).to_have_count(count)
    expect(page.locator(".heatmap-grid .map.done")).to_have_count(count)
    for map_ in maps(page).all():
        described = re.compile(r"\d (ms|s) · .*\d+ evaluations?\b.*\. sums to")
        expect(map_).to_have_accessible_name(described)
        # A canvas is drawn after its description.
        until(partial(painted, map_), pause=lambda: page.wait_for_timeout(50))
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)


def names_of_maps(page: Page, count: int) -> list[str]:
    """What is said of the maps, read at once: a run of the page can put others in their place."""
    found: list[str] = []

    def read() -> bool:
        found[:] = maps(page).evaluate_all("all => all.map((each) => each.ariaLabel)")
        return len(found) == count and all(found)

    until(read, pause=lambda: page.wait_for_timeout(50))
    return found


def painted(map_: Locator) -> bool:
    """Whether the canvas has much colour, and not of one strength alone."""
    read = """map => {
        const canvas = map.querySelector("canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        let colourful = 0, least = 255, most = -255;
        for (let i = 0; i < data.length; i += 4) {
            if (!data[i + 3]) continue;
            const warmth = data[i] - data[i + 2];
            if (Math.abs(warmth) > 40) colourful += 1;
            least = Math.min(least, warmth);
            most = Math.max(most, warmth);
        }
        return colourful > 50 && most - least > 40;
    }"""
    found: bool = map_.evaluate(read)
    return found


def parameters_of(page: Page) -> dict[str, str]:
    return {name: texts[0] for name, texts in parse_qs(urlsplit(page.url).query).items()}


def expect_parameter(page: Page, name: str, text: str | None) -> None:
    page.wait_for_function(
        "([name, text]) => new URLSearchParams(location.search).get(name) === text",
        arg=[name, text],
    )


def pick(page: Page, box: str, search: str, option: str) -> None:
    """Search a box of the sidebar with many entries, and take one."""
    choose(sidebar(page).get_by_role("combobox", name=box), option, search)
    page.keyboard.press("Escape")


def unfold(page: Page, title: str) -> None:
    sidebar(page).locator("summary", has_text=title).click()


def chosen(page: Page) -> dict[str, object]:
    """What the sidebar's controls say."""
    return {
        "picture": sidebar(page).get_by_role("radiogroup", name="Gallery").aria_snapshot(),
        "classes": sidebar(page).get_by_role("radiogroup", name="Target class").aria_snapshot(),
        "listed": sidebar(page).get_by_role("group", name="Selected values").all_inner_texts(),
        **{
            box: sidebar(page).get_by_role("combobox", name=box).input_value()
            for box in ("Model", "Layer", "Reference point")
        },
        "score": sidebar(page).get_by_role("radiogroup", name="Score").aria_snapshot(),
        "values": [each.input_value() for each in sidebar(page).locator("input[type=text]").all()],
    }


# --- the way of a newcomer ------------------------------------------------------------------------


def test_from_picture_to_classes_to_methods_to_layer(visit: Callable[..., Page]) -> None:
    page = visit({**REAL, "methods": "gradient_times_input"}, reduced_motion="no-preference")
    expect_maps(page, 2)
    expect(map_of(page, "Gradient × Input", "espresso")).to_be_visible()

    sidebar(page).get_by_role("radio", name="Cup of coffee").click()
    expect(sidebar(page).get_by_role("radio", name="Cup of coffee")).to_be_checked()
    expect(map_of(page, "Gradient × Input", "Egyptian cat")).to_have_count(0)
    expect_maps(page, 2)
    expect(page.get_by_role("figure", name=re.compile("^espresso"))).to_be_visible()

    pick(page, "Target class", "goldf", "goldfish")
    expect_maps(page, 3)
    expect(map_of(page, "Gradient × Input", "goldfish")).to_be_visible()
    expect(sidebar(page).get_by_role("radio", name="My own")).to_be_checked()

    pick(page, "Method", "cam", "Grad-CAM")
    expect_maps(page, 6)

    before = maps(page).nth(0).get_attribute("aria-label")
    pick(page, "Layer", "block4c", "block4c_add · 14×14×80")
    expect(maps(page).nth(0)).not_to_have_accessible_name(str(before))
    expect_maps(page, 6)
    expect(page.get_by_text("Attributions of the logit at block4c_add")).to_be_visible()
    assert parameters_of(page)["picture"] == "coffee"
    assert parameters_of(page)["layer"] == "block4c_add"


def test_a_link_restores_everything_elsewhere(visit: Callable[..., Page], server: Any) -> None:
    page = visit({"methods": "lime", "layer": "high"})
    expect_maps(page, 2)
    sidebar(page).get_by_role("radio", name="Rocket").click()
    expect_parameter(page, "picture", "rocket")
    unfold(page, "More")
    sidebar(page).get_by_role("radio", name="Contrast").click()
    expect_parameter(page, "score", "contrast")
    pick(page, "Reference point", "Blu", "Blurred")
    expect_parameter(page, "reference", "blurred")
    unfold(page, "Method options")
    samples = sidebar(page).get_by_role("spinbutton", name="Samples")
    samples.fill("52")
    samples.press("Enter")
    expect_parameter(page, "lime.samples", "52")
    unfold(page, "Display")
    sidebar(page).get_by_role("radio", name="Plain").click()
    expect_parameter(page, "view", "plain")
    expect_maps(page, 2)
    names = names_of_maps(page, 2)
    assert all("52 evaluations" in str(name) for name in names)

    other = visit({})
    other.goto(page.url)
    expect_maps(other, 2)
    assert names_of_maps(other, len(names)) == names
    assert chosen(other) == chosen(page)
    assert parameters_of(other) == parameters_of(page)
    unfold(other, "Method options")
    expect(sidebar(other).get_by_role("spinbutton", name="Samples")).to_have_value("52")


def test_nothing_chosen_survives_a_reload(visit: Callable[..., Page]) -> None:
    page = visit(SHORT)
    expect_maps(page, 1)
    sidebar(page).get_by_role("button", name="Remove Gradient × Input").click()
    expect(page.get_by_text("Choose a method")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Choose a method")).to_be_visible()
    expect(page.get_by_test_id("stToast")).to_have_count(0)


def test_the_gallery_is_within_the_keyboards_reach(visit: Callable[..., Page]) -> None:
    page = visit({**SHORT, "class_choice": "suggested"})
    expect_maps(page, 2)
    sidebar(page).get_by_role("combobox", name="Model").focus()
    gallery = sidebar(page).get_by_role("radiogroup", name="Gallery")
    first = gallery.get_by_role("radio", name="Cat beside coffee")
    for _ in range(5):
        page.keyboard.press("Shift+Tab")
        if first.evaluate("button => button.getRootNode().activeElement === button"):
            break
    expect(first).to_be_focused()
    page.keyboard.press("ArrowRight")
    second = gallery.get_by_role("radio", name="Dog beside cat")
    expect(second).to_be_focused()
    expect_parameter(page, "picture", "dog_cat")
    expect(second).to_be_checked()
    expect_maps(page, 2)
    expect(second).to_be_focused()  # the new page has not taken it


def test_a_picture_is_pasted_anywhere_on_the_page(visit: Callable[..., Page]) -> None:
    page = visit(SHORT)
    expect_maps(page, 1)
    content = base64.b64encode((ROOT / "assets" / "gallery" / "kitten.jpg").read_bytes()).decode()
    page.evaluate(
        """content => {
          const clipboardData = new DataTransfer();
          const bytes = Uint8Array.from(atob(content), letter => letter.charCodeAt(0));
          clipboardData.items.add(new File([bytes], "x.jpg", { type: "image/jpeg" }));
          const pasted = new ClipboardEvent("paste", { clipboardData, bubbles: true });
          document.body.dispatchEvent(pasted);
        }""",
        content,
    )
    expect(sidebar(page).get_by_text("Your own, centre crop")).to_be_visible()
    expect_maps(page, 1)


# --- work that takes long -------------------------------------------------------------------------


def test_another_choice_ends_long_work(visit: Callable[..., Page], server: Any) -> None:
    page = visit(LONG)
    expect(page.locator(".heatmap-grid .map.running canvas")).to_be_visible()
    expect(page.get_by_text("KernelSHAP for Egyptian cat")).to_be_visible()
    # The page answers while the work goes on.
    unfold(page, "More")
    unfold(page, "Display")
    sidebar(page).get_by_role("radio", name="Plain").click()
    expect_parameter(page, "view", "plain")
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()

    pick(page, "Method", "gradient", "Gradient")
    sidebar(page).get_by_role("button", name="Remove KernelSHAP").click()
    expect(map_of(page, "KernelSHAP", "Egyptian cat")).to_have_count(0)
    expect(page.locator(".heatmap-grid .map.done")).to_have_count(1)
    wait_until_idle(server)


def wait_until_idle(server: Any) -> None:
    """Nobody calculates any more: in a while, hardly any processor time is used.

    A step of work that nobody waits for may end; a minute of the processor's own time is more.
    """
    begun = server.cpu_seconds()
    while True:
        start, used = time.monotonic(), server.cpu_seconds()
        while time.monotonic() < start + 2:
            time.sleep(0.05)
        share = (server.cpu_seconds() - used) / (time.monotonic() - start)
        if share < 0.3:
            return
        assert server.cpu_seconds() < begun + 60, f"the server still uses {share:.1f} processors"


def test_cancel_and_resume(visit: Callable[..., Page], server: Any) -> None:
    page = visit({**LONG, "seed": "1"})
    expect(page.locator(".heatmap-grid .map.running canvas")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("1 of 1 maps are not finished.")).to_be_visible()
    expect(page.locator(".heatmap-grid .map.cancelled")).to_have_count(1)
    wait_until_idle(server)
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible()
    expect(page.locator(".heatmap-grid .map.running")).to_have_count(1)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Resume")).to_be_visible()


# --- what can be taken home -----------------------------------------------------------------------


@pytest.fixture
def grid(visit: Callable[..., Page]) -> Page:
    methods = "gradient_times_input,kernel_shap"
    page = visit({"methods": methods, "classes": "285,967", "seed": "2"})
    expect_maps(page, 4)
    return page


def download(page: Page, name: str) -> Download:
    with page.expect_download() as waited:
        page.get_by_role("button", name=name).click()
    return waited.value


def test_downloads(grid: Page) -> None:
    page = grid
    page.get_by_text("Figure for print").click()
    expect(page.get_by_role("img", name="Preview of the figure")).to_be_visible()
    expect(page.get_by_text(re.compile(r"175 × \d+ mm, 300 dpi"))).to_be_visible()
    picture = download(page, "Download PNG")
    assert picture.suggested_filename == "attributions-own-cat_coffee.png"
    with Image.open(picture.path()) as image:
        assert image.format == "PNG"
        assert image.width == pytest.approx(175 / 25.4 * 300, abs=1)
        pixels = np.asarray(image.convert("RGB"), int)
    assert (np.abs(pixels[..., 0] - pixels[..., 2]) > 60).mean() > 0.02

    archive = download(page, "Arrays as NPZ")
    assert archive.suggested_filename.endswith(".npz")
    saved = load(archive.path().read_bytes())
    assert [(each.target, each.request.method) for each in saved.attributions] == [
        (target, method)
        for target in (285, 967)
        for method in ("gradient_times_input", "kernel_shap")
    ]
    for each in saved.attributions:
        assert each.request.seed == 2
        assert each.model == "small"
        assert each.heatmap.shape == (7, 7)
        gap = float(each.heatmap.sum()) - each.score + each.reference_score
        if each.request.method == "kernel_shap":
            assert abs(gap) < 1e-3
        shown = map_of(
            page,
            METHODS[each.request.method].title,
            each.label,
        )
        expect(shown).to_have_accessible_name(re.compile(f"{each.evaluations} evaluation"))
        total = f"sums to {each.heatmap.sum():#.3g} ".replace("-", "−")
        assert total in str(shown.get_attribute("aria-label")) + " "


def test_the_downloaded_page_works_on_its_own(
    grid: Page, new_page: NewPage, tmp_path: Path
) -> None:
    file = tmp_path / "grid.html"
    download(grid, "Interactive HTML").save_as(file)
    text = file.read_text("utf-8")
    assert not re.findall(r"<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)\s*=", text)
    alone = new_page(offline=True)
    alone.goto(file.as_uri())
    expect_maps(alone, 4)
    shown = names_of_maps(grid, 4)
    assert names_of_maps(alone, 4) == shown
    assert file.stat().st_size < 300_000


# --- own pictures ---------------------------------------------------------------------------------


def test_an_upload_is_explained_and_a_bad_one_leaves_it(
    visit: Callable[..., Page], tmp_path: Path
) -> None:
    good, bad = tmp_path / "my cat.png", tmp_path / "<b>bad.png"
    with Image.open(ROOT / "assets" / "gallery" / "chelsea.png") as image:
        image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(good)
    bad.write_bytes(b"not a picture")
    page = visit({**REAL, "methods": "gradient", "class_choice": "suggested"})
    expect_maps(page, 2)
    before = set(names_of_maps(page, 2))
    sidebar(page).get_by_role("button", name="Your own picture").click()
    popover = page.get_by_test_id("stPopoverBody")
    chooser = popover.get_by_test_id("stFileUploaderDropzoneInput")
    chooser.set_input_files(good)
    expect(sidebar(page).get_by_text("Your own, centre crop")).to_be_visible()
    expect_parameter(page, "picture", "upload")
    expect(
        page.get_by_role("figure", name=re.compile("^(Egyptian cat|tabby|tiger cat)"))
    ).to_be_visible()
    until(
        lambda: before.isdisjoint(names_of_maps(page, 2)),  # of the picture before, one cat too
        watched=lambda: names_of_maps(page, 2),
        pause=lambda: page.wait_for_timeout(50),
    )
    expect_maps(page, 2)
    names = names_of_maps(page, 2)

    chooser.set_input_files(bad)
    expect(page.get_by_role("alert")).to_contain_text("The picture shown is unchanged.")
    expect(page.get_by_role("alert")).to_contain_text("not a picture that can be read")
    assert names_of_maps(page, 2) == names

    sidebar(page).get_by_role("radio", name="Rocket").click()
    expect_parameter(page, "picture", "rocket")
    expect_maps(page, 2)
    sidebar(page).get_by_role("button", name="Your own picture").click()
    page.get_by_role("button", name="Show it again").click()
    expect_parameter(page, "picture", "upload")
    expect_maps(page, 2)
    assert names_of_maps(page, 2) == names


# --- hostile links --------------------------------------------------------------------------------


def test_a_hostile_link_is_quoted_and_not_obeyed(visit: Callable[..., Page]) -> None:
    image = "![x](https://elsewhere.invalid/x.png)"
    page = visit(
        {
            **SHORT,
            "layer": image,
            "model": "<img src=https://elsewhere.invalid/ onerror=alert(1)>",
            image: "1",
            "reference": "zeros",
            "count": "<script>alert(1)</script>",
        }
    )
    toasts = page.get_by_test_id("stToast")
    expect(toasts.filter(has_text="The link's model = “<img src=")).to_be_visible()
    expect(toasts.filter(has_text="cannot be cut at a layer “![x](")).to_be_visible()
    expect_maps(page, 1)
    expect(page.locator("img[src*=elsewhere]")).to_have_count(0)
    expect(page.locator("script", has_text="alert(1)")).to_have_count(0)
    # That nothing was asked of another host, `new_page` says at the end.


# --- looks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_windows_of_three_widths_in_both_themes(
    visit: Callable[..., Page], scheme: str
) -> None:
    parameters = {
        "layer": "high",
        "methods": "gradient,linear,occlusion,gradient_times_input",
        "classes": "285,967",
    }
    page = visit(parameters, color_scheme=scheme)
    expect_maps(page, 8)
    main = page.get_by_test_id("stMain")
    for width in (1440, 800, 420):
        resize(page, width, 1000)
        until(
            lambda: (
                page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
                and main.evaluate("main => main.scrollWidth <= main.clientWidth")
            ),
            pause=lambda: page.wait_for_timeout(100),
        )
        with Image.open(io.BytesIO(page.screenshot())) as image:
            light = float(np.asarray(image.convert("L")).mean())
        assert light > 170 if scheme == "light" else light < 110
