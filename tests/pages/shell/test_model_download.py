"""Networks whose weights are not here: offered at the model's entry, and fetched on request."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from attribution_core.known_networks import KERAS_APPLICATIONS
from attribution_core.models.keras_weights import DownloadError, DownloadProgress
from pages.ui.worker.engine import Engine, engine
from pages.ui.worker.model_list import NOT_HERE
from tests.pages.visits import Visit
from tests.patience import UNCHANGED


def test_networks_to_download_are_offered_last_with_their_size_and_start_nothing(
    visit: Callable[..., Visit],
) -> None:
    page = visit(model="inception_v3").run()
    (models,) = (each for each in page.app.sidebar.selectbox if each.label == "Model")
    shipped, others = models.options[:2], models.options[2:]
    assert shipped == ["VGG16 (CAM head, built in)", "EfficientNet-Lite0 (built in)"]
    assert len(others) == len(KERAS_APPLICATIONS)
    assert "InceptionV3 · 95 MB to download" in others
    assert all(each.endswith("MB to download") for each in others)
    assert "InceptionV3 cannot be used: Its weights are not here yet." in page.words
    words = page.sidebar_words
    assert "About 95 MB, pictures of 299×299, prepared as −1..1; Szegedy et al., 2015." in words
    assert page.app.button(key="download_inception_v3").label == "Download InceptionV3 (95 MB)"
    assert engine().downloads.look("inception_v3", page.scene.settings.model).state == "unknown"
    # A link's unknown name is refused in a sentence, and another network shown.
    unknown = visit(model="resnet5000").run()
    assert "resnet5000" in unknown.words
    assert unknown.scene.model.name == "vgg16_cam"


def test_where_downloads_are_off_nothing_is_offered() -> None:
    off = Engine({"ATTRIBUTION_DOWNLOADS": "off", "KERAS_HOME": "/nowhere"})
    try:
        missing = {each.name: each.missing for each in off.models()}
        assert missing["resnet50"] == "Its weights are not here, and this server fetches none."
        assert missing["vgg16_cam"] == ""
        assert NOT_HERE not in missing.values()
        assert off.default_model().name == "vgg16_cam"
    finally:
        off.jobs.close(UNCHANGED)
        off.downloads.close(UNCHANGED)


def test_a_network_that_is_here_comes_with_the_others(tmp_path: Path) -> None:
    for name in ("vgg16", "xception"):
        file = tmp_path / "models" / KERAS_APPLICATIONS[name].file
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"weights")
    some = Engine({"KERAS_HOME": str(tmp_path)})
    try:
        names = [each.name for each in some.models()]
        assert names[:5] == ["vgg16", "vgg16_cam", "efficientnet_lite0", "clever_hans", "xception"]
        assert some.default_model().name == "vgg16"
        assert sorted(some.names()) == sorted(names)
        assert [some.model(name) for name in names] == [*some.models()]
    finally:
        some.jobs.close(UNCHANGED)
        some.downloads.close(UNCHANGED)


def test_a_failed_download_is_told_to_whoever_asked_for_it(
    visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(model: str) -> Iterator[DownloadProgress]:
        yield DownloadProgress(1_000_000, 553_000_000)
        raise DownloadError("The server cannot be reached.")

    monkeypatch.setattr(engine().downloads._stepping, "_start", refused)
    other = visit().finish()
    asking = visit(model="vgg16").run()
    assert "VGG16 cannot be used: Its weights are not here yet." in asking.words
    assert not asking.cells
    asking.press("download_vgg16").wait(lambda: "cannot be reached" in asking.sidebar_words)
    assert asking.app.button(key="download_vgg16")
    # Elsewhere all is quiet, at VGG16's entry as well.
    assert other.run().statuses == ["done"]
    assert "reached" not in other.words + other.sidebar_words
    other.choose("selectbox", "model", "vgg16")
    assert other.app.button(key="download_vgg16")
    assert "reached" not in other.words + other.sidebar_words
    # Nor is the page of the one who asked marked, once it shows another model.
    asking.choose("selectbox", "model", "efficientnet_lite0").finish()
    assert asking.statuses == ["done"]
    assert not [*asking.app.info, *asking.app.warning, *asking.app.error]
    assert "could not be downloaded" in asking.sidebar_words


def test_a_download_is_shown_at_the_models_entry_and_can_be_cancelled(
    visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    cancelled = threading.Event()

    def endless(model: str) -> Iterator[DownloadProgress]:
        try:
            while True:
                time.sleep(0.01)
                yield DownloadProgress(55_300_000, 553_000_000)
        finally:
            cancelled.set()

    monkeypatch.setattr(engine().downloads._stepping, "_start", endless)
    page = visit(model="vgg16").run()
    page.press("download_vgg16").wait(lambda: "55 of 553 MB" in page.sidebar_words)
    # Another model can be looked at meanwhile.
    page.choose("selectbox", "model", "efficientnet_lite0").finish()
    assert page.statuses == ["done"]
    assert "55 of 553 MB" in page.sidebar_words
    page.press("cancel_download")
    assert cancelled.wait(UNCHANGED)
    page.run()
    assert "of 553 MB" not in page.sidebar_words
    page.choose("selectbox", "model", "vgg16")
    assert "goes on where it stopped" in page.sidebar_words
