"""VGG16's weights through the page: a full-size file from the loopback interface, used at once."""

from __future__ import annotations

import hashlib
import re
import socket
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
from tests.browser.patience import choose, expect

FILE_NAME = KERAS_APPLICATIONS["vgg16"].file
ROOT = Path(__file__).resolve().parents[2]
Serve = Callable[..., AbstractContextManager[Any]]
LINK = "model=efficientnet_lite0&methods=gradient&class_choice=own&classes=285"


def write_weights(path: Path) -> str:
    """Write random weights in Keras's layout, in the size of the real ones; returns their MD5."""
    network = vgg16._untrained()
    random = np.random.default_rng(0)
    for weight in network.weights:
        fan_in = int(np.prod(weight.shape[:-1])) or 1
        values = random.standard_normal(weight.shape, np.float32)
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
    choose(page.get_by_role("combobox", name="Model"), name)


def start_download(page: Page) -> None:
    choose_model(page, "VGG16 · 553 MB to download")
    page.get_by_role("button", name=re.compile("Download VGG16")).click()


def sidebar(page: Page) -> Locator:
    return page.get_by_test_id("stSidebar")


def test_downloaded_with_progress_and_explained(
    serve: Serve, new_page: Callable[..., Page], mirror: tuple[Path, str], tmp_path: Path
) -> None:
    folder, address = mirror
    environment = {
        "ATTRIBUTION_VGG16_MD5": write_weights(folder / FILE_NAME),
        "ATTRIBUTION_VGG16_URL": f"{address}/{FILE_NAME}",
        "KERAS_HOME": str(tmp_path),
    }
    with serve(ROOT / "app.py", environment) as server:
        page = open_app(server, new_page)
        expect(page.get_by_role("button", name=re.compile("Download VGG16"))).to_have_count(0)
        start_download(page)
        expect(
            sidebar(page).get_by_text(re.compile(r"Downloading VGG16's weights: \d+ of \d+ MB"))
        ).to_be_visible()
        expect(page.get_by_role("button", name=re.compile("Download VGG16"))).to_have_count(0)
        expect(page.get_by_text("Downloading VGG16's weights")).to_have_count(0)
        assert (tmp_path / "models" / FILE_NAME).stat().st_size > 553_000_000
        assert not list((tmp_path / "models").glob("*.part"))
        # VGG16 is chosen already: its maps come of themselves.
        expect(page.get_by_role("combobox", name="Model")).to_have_value("VGG16")
        expect(page.get_by_text("block5_pool").first).to_be_visible()
        expect(page.locator(".heatmap-grid .map.done")).to_have_count(1)
        expect(
            page.get_by_role("img", name=re.compile("^Gradient for Egyptian cat"))
        ).to_have_accessible_name(re.compile(r"1 evaluation\. sums to"))
        leave(page)
    for written in (tmp_path / "models", folder):
        (written / FILE_NAME).unlink()


def test_offline_is_said_and_the_built_in_model_goes_on(
    serve: Serve, new_page: Callable[..., Page], tmp_path: Path
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}/{FILE_NAME}"
        environment = {"ATTRIBUTION_VGG16_URL": address, "KERAS_HOME": str(tmp_path)}
        with serve(ROOT / "app.py", environment) as server:
            other, page = open_app(server, new_page), open_app(server, new_page)
            start_download(page)
            # Ours to say: one sentence, and a button to try again.
            failure = re.compile("cannot be reached|could not|refused", re.I)
            expect(sidebar(page).get_by_text(failure)).to_be_visible()
            expect(page.get_by_role("button", name=re.compile("Download VGG16"))).to_be_visible()
            choose_model(page, "EfficientNet-Lite0 (built in)")
            expect(page.get_by_text("speaks for the class")).to_be_visible()
            # The other visitor hears of nothing, at VGG16's entry either.
            choose_model(other, "VGG16 · 553 MB to download")
            expect(other.get_by_role("button", name=re.compile("Download VGG16"))).to_be_visible()
            expect(other.get_by_text(failure)).to_have_count(0)
            leave(other)
            page.get_by_role("radio", name="Cup of coffee").click()
            expect(page.get_by_text("Cup of coffee")).to_be_visible()
            expect(page.get_by_text("speaks for the class")).to_be_visible()
            leave(page)
    assert not (tmp_path / "models" / FILE_NAME).exists()


def test_a_wrong_checksum_is_refused(
    serve: Serve, new_page: Callable[..., Page], mirror: tuple[Path, str], tmp_path: Path
) -> None:
    folder, address = mirror
    (folder / FILE_NAME).write_bytes(b"another file")
    environment = {
        "ATTRIBUTION_VGG16_URL": f"{address}/{FILE_NAME}",
        "KERAS_HOME": str(tmp_path),
    }
    with serve(ROOT / "app.py", environment) as server:
        page = open_app(server, new_page)
        start_download(page)
        expect(sidebar(page).get_by_text(re.compile("is not the expected file"))).to_be_visible()
        expect(page.get_by_role("button", name=re.compile("Download VGG16"))).to_be_visible()
        leave(page)
    assert not list((tmp_path / "models").glob("*.h5"))
    assert not list((tmp_path / "models").glob("*.part"))
