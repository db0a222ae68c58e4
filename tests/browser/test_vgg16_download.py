"""VGG16's weights through the page: a full-size file from the loopback interface, used at once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group
from playwright.sync_api import Locator, Page

from attribution_core.known_networks import KERAS_APPLICATIONS
from attribution_core.models import vgg16
from tests.browser.conftest import free_port
from tests.browser.patience import choose, expect
from tests.conftest import served
from tests.patience import until
from tests.small_network import SMALL

FILE_NAME = KERAS_APPLICATIONS["vgg16"].file
ROOT = Path(__file__).resolve().parents[2]
Serve = Callable[..., AbstractContextManager[Any]]
LINK = f"{SMALL}&methods=gradient&class_choice=own&classes=285"
VGG16 = "VGG16 · 553 MB to download"


def write_weights(path: Path) -> str:
    """Write random weights in Keras's layout, in the size of the real ones; returns their MD5."""
    network = vgg16._untrained()
    drawn = np.random.default_rng(0).standard_normal(1_000_003, np.float32)
    for weight in network.weights:
        fan_in = int(np.prod(weight.shape[:-1])) or 1
        values = np.resize(drawn, weight.shape)  # over and over: quicker than 138 million draws
        weight.assign(values * np.float32(np.sqrt(2 / fan_in) if len(weight.shape) > 1 else 0.1))
    with h5py.File(path, "w") as file:
        save_weights_to_hdf5_group(file, network)
    del network
    with path.open("rb") as content:
        return hashlib.file_digest(content, "md5").hexdigest()


def open_app(server: Any, new_page: Callable[..., Page]) -> Page:
    page = new_page()
    page.goto(f"{server.url}/?{LINK}")
    expect(page.get_by_text("speaks for the class")).to_be_visible()
    return page


def leave(page: Page) -> None:
    """Close the page before its server, which it would complain of missing."""
    page.close()


def choose_model(page: Page, name: str) -> None:
    """A list that is redrawn under the pointer can take the click for the entry beside it."""
    box = page.get_by_role("combobox", name="Model")
    until(lambda: box.input_value() == name, pause=lambda: choose(box, name))


def start_download(page: Page) -> None:
    choose_model(page, VGG16)
    try_again(page)


def sidebar(page: Page) -> Locator:
    return page.get_by_test_id("stSidebar")


def try_again(page: Page) -> None:
    page.get_by_role("button", name=re.compile("Download VGG16")).click()


def test_offline_a_wrong_file_and_the_right_one_downloaded_with_progress_and_explained(
    serve: Serve, new_page: Callable[..., Page], with_small: dict[str, str], tmp_path: Path
) -> None:
    """On one server, in the order in which a network comes to be used."""
    folder, home = tmp_path / "served", tmp_path / "home"
    folder.mkdir()
    port = free_port()
    environment = {
        **with_small,
        "ATTRIBUTION_VGG16_MD5": write_weights(folder / FILE_NAME),
        "ATTRIBUTION_VGG16_URL": f"http://127.0.0.1:{port}/{FILE_NAME}",
        "KERAS_HOME": str(home),
    }
    with serve(ROOT / "app.py", environment) as server:
        page = open_app(server, new_page)
        expect(page.get_by_role("button", name=re.compile("Download VGG16"))).to_have_count(0)
        expect_offline_said_to_one_alone(server, page, open_app(server, new_page))
        assert not (home / "models" / FILE_NAME).exists()

        right = (folder / FILE_NAME).rename(folder / "right")
        (folder / FILE_NAME).write_bytes(b"another file")
        with served(folder, port):
            choose_model(page, VGG16)
            try_again(page)
            expect(sidebar(page).get_by_text("is not the expected file")).to_be_visible()
            assert not list((home / "models").iterdir())
            right.rename(folder / FILE_NAME)
            try_again(page)
            expect_progress_and_maps(page)
        assert [each.name for each in (home / "models").iterdir()] == [FILE_NAME]
        assert (home / "models" / FILE_NAME).stat().st_size > 553_000_000
        leave(page)
    for written in (home / "models", folder):
        (written / FILE_NAME).unlink()


def expect_offline_said_to_one_alone(server: Any, page: Page, other: Page) -> None:
    start_download(page)
    # Ours to say: one sentence, and a button to try again.
    failure = re.compile("cannot be reached|could not|refused", re.I)
    expect(sidebar(page).get_by_text(failure)).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Download VGG16"))).to_be_visible()
    # The other visitor hears of nothing, at VGG16's entry either.
    choose_model(other, VGG16)
    expect(other.get_by_role("button", name=re.compile("Download VGG16"))).to_be_visible()
    expect(other.get_by_text(failure)).to_have_count(0)
    leave(other)
    # Another model goes on.
    choose_model(page, "small.keras")
    expect(page.get_by_text("speaks for the class")).to_be_visible()
    page.get_by_role("radio", name="Cup of coffee").click()
    expect(page.get_by_text("Cup of coffee")).to_be_visible()
    expect(page.get_by_text("speaks for the class")).to_be_visible()


def expect_progress_and_maps(page: Page) -> None:
    expect(
        sidebar(page).get_by_text(re.compile(r"Downloading VGG16's weights: \d+ of \d+ MB"))
    ).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Download VGG16"))).to_have_count(0)
    expect(page.get_by_text("Downloading VGG16's weights")).to_have_count(0)
    # VGG16 is chosen already: its maps come of themselves.
    expect(page.get_by_role("combobox", name="Model")).to_have_value("VGG16")
    expect(page.get_by_text("block5_pool").first).to_be_visible()
    expect(page.locator(".heatmap-grid .map.done")).to_have_count(1)
    expect(
        page.get_by_role("img", name=re.compile("^Gradient for Egyptian cat"))
    ).to_have_accessible_name(re.compile(r"1 evaluation\. sums to"))
