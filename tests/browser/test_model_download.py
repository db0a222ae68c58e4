"""A network's weights through the page: from the loopback interface, used at once.

MobileNetV2, because it is small: VGG16 at its full size is in tests/models/test_vgg16.py.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, Any

import h5py
from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group
from playwright.sync_api import Locator, Page

from attribution_core.known_networks import KERAS_APPLICATIONS
from attribution_core.models import keras_applications
from tests.browser.patience import choose, expect
from tests.browser.servers import free_port
from tests.conftest import Quiet, served
from tests.patience import until
from tests.small_network import SMALL

NETWORK = KERAS_APPLICATIONS["mobilenet_v2"]
ROOT = Path(__file__).resolve().parents[2]
Serve = Callable[..., AbstractContextManager[Any]]
LINK = f"{SMALL}&methods=gradient&class_choice=own&classes=285"
ENTRY = f"{NETWORK.title} · {NETWORK.megabytes} MB to download"
BUTTON = re.compile(f"Download {NETWORK.title}")
DRIP = 4096
"""Bytes at a time, while somebody looks at how far it has come."""


def write_weights(path: Path) -> str:
    """Write random weights in Keras's layout; returns their MD5."""
    with h5py.File(path, "w") as file:
        save_weights_to_hdf5_group(file, keras_applications.build(NETWORK))
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


@contextmanager
def served_in_halves(folder: Path, port: int) -> Iterator[threading.Event]:
    """Serve a folder's files: half of each at once, the rest once the event is set."""
    seen = threading.Event()

    class Halves(Quiet):
        def copyfile(self, source: IO[bytes], output: IO[bytes]) -> None:
            half = (folder / NETWORK.file).stat().st_size // 2
            output.write(source.read(half))
            # Were nothing sent meanwhile, the connection would be taken for lost.
            while not seen.wait(0.2) and (piece := source.read(DRIP)):
                output.write(piece)
            shutil.copyfileobj(source, output)

    with served(folder, port, Halves):
        yield seen


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
    box, search = page.get_by_role("combobox", name="Model"), name.partition(" ")[0]
    until(lambda: box.input_value() == name, pause=lambda: choose(box, name, search))


def start_download(page: Page) -> None:
    choose_model(page, ENTRY)
    try_again(page)


def sidebar(page: Page) -> Locator:
    return page.get_by_test_id("stSidebar")


def try_again(page: Page) -> None:
    page.get_by_role("button", name=BUTTON).click()


def test_offline_a_wrong_file_and_the_right_one_downloaded_with_progress_and_explained(
    serve: Serve, new_page: Callable[..., Page], with_small: dict[str, str], tmp_path: Path
) -> None:
    """On one server, in the order in which a network comes to be used."""
    folder, home = tmp_path / "served", tmp_path / "home"
    folder.mkdir()
    port = free_port()
    environment = {
        **with_small,
        "ATTRIBUTION_MOBILENET_V2_MD5": write_weights(folder / NETWORK.file),
        "ATTRIBUTION_MOBILENET_V2_URL": f"http://127.0.0.1:{port}/{NETWORK.file}",
        "KERAS_HOME": str(home),
    }
    with serve(ROOT / "app.py", environment) as server:
        page = open_app(server, new_page)
        expect(page.get_by_role("button", name=BUTTON)).to_have_count(0)
        expect_offline_said_to_one_alone(server, page, open_app(server, new_page))
        assert not (home / "models" / NETWORK.file).exists()

        right = (folder / NETWORK.file).rename(folder / "right")
        (folder / NETWORK.file).write_bytes(b"another file")
        with served_in_halves(folder, port) as seen:
            choose_model(page, ENTRY)
            try_again(page)
            expect(sidebar(page).get_by_text("is not the expected file")).to_be_visible()
            assert not list((home / "models").iterdir())
            right.rename(folder / NETWORK.file)
            try_again(page)
            expect_progress_and_maps(page, seen)
        assert [each.name for each in (home / "models").iterdir()] == [NETWORK.file]
        leave(page)


def expect_offline_said_to_one_alone(server: Any, page: Page, other: Page) -> None:
    start_download(page)
    # Ours to say: one sentence, and a button to try again.
    failure = re.compile("cannot be reached|could not|refused", re.I)
    expect(sidebar(page).get_by_text(failure)).to_be_visible()
    expect(page.get_by_role("button", name=BUTTON)).to_be_visible()
    # The other visitor hears of nothing, at the network's entry either.
    choose_model(other, ENTRY)
    expect(other.get_by_role("button", name=BUTTON)).to_be_visible()
    expect(other.get_by_text(failure)).to_have_count(0)
    leave(other)
    # Another model goes on.
    choose_model(page, "small.keras")
    expect(page.get_by_text("speaks for the class")).to_be_visible()
    page.get_by_role("radio", name="Cup of coffee").click()
    expect(page.get_by_text("Cup of coffee")).to_be_visible()
    expect(page.get_by_text("speaks for the class")).to_be_visible()


def expect_progress_and_maps(page: Page, seen: threading.Event) -> None:
    progress = re.compile(rf"Downloading {NETWORK.title}'s weights: \d+ of \d+ MB")
    expect(sidebar(page).get_by_text(progress)).to_be_visible()
    seen.set()
    expect(page.get_by_role("button", name=BUTTON)).to_have_count(0)
    expect(page.get_by_text(f"Downloading {NETWORK.title}'s weights")).to_have_count(0)
    # It is chosen already: its maps come of themselves.
    expect(page.get_by_role("combobox", name="Model")).to_have_value(NETWORK.title)
    expect(page.get_by_text("out_relu").first).to_be_visible()
    expect(page.locator(".heatmap-grid .map.done")).to_have_count(1)
    expect(
        page.get_by_role("img", name=re.compile("^Gradient for Egyptian cat"))
    ).to_have_accessible_name(re.compile(r"1 evaluation\. sums to"))
