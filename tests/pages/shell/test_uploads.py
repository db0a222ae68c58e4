"""A picture of one's own: explained, or refused in a sentence."""

from __future__ import annotations

import ast
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import local_script_runner

from attribution_core import load_image
from attribution_core.images import Decoded
from attribution_core.images.limited import decode_limited
from pages.ui.shell import own_picture
from pages.ui.shell.markdown import literal
from pages.ui.worker import housekeeping
from pages.ui.worker.housekeeping import TAKEN, BoundedUploads
from tests.pages.visits import Visit

ROOT = Path(__file__).resolve().parents[3]


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def test_an_upload_is_turned_upright_and_explained(visit: Callable[..., Visit]) -> None:
    image = Image.new("RGB", (320, 240), "red")
    image.paste("blue", (160, 0, 320, 240))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned right: what lies on the left comes to the top
    content = encoded(image, "JPEG", exif=exif, quality=95)
    page = visit(class_choice="suggested").finish()
    page.app.sidebar.file_uploader[0].upload("mine.jpg", content, "image/jpeg")
    page.finish()
    pixels = page.scene.picture.pixels
    np.testing.assert_array_equal(pixels, load_image(content, 224))
    assert pixels[40, 112, 0] > 200 > 50 > pixels[40, 112, 2]
    assert pixels[180, 112, 2] > 200 > 50 > pixels[180, 112, 0]
    assert page.scene.prediction is not None
    assert page.scene.classes == page.scene.prediction.top(2)
    assert page.statuses == ["done"] * 2
    assert page.requests[0].picture == page.scene.picture
    assert page.link["picture"] == "upload"


def test_an_upload_is_decoded_once_and_by_a_process_with_limits(
    any_visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []

    def counted(content: bytes, size: tuple[int, int]) -> Decoded:
        sizes.append(size)
        return decode_limited(content, size)

    monkeypatch.setattr(own_picture, "decode_limited", counted)
    page = any_visit().run()
    content = encoded(Image.new("RGB", (320, 240), "red"), "PNG")
    page.app.sidebar.file_uploader[0].upload("mine.png", content, "image/png")
    page.run()
    page.run()
    assert page.scene.settings.picture == "upload"
    assert sizes == [page.scene.picture.pixels.shape[:2]]


def test_an_upload_that_cannot_be_read_again_gives_way_to_the_gallery(
    any_visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = any_visit().run()
    session = page.app.session_state["session"]
    content = encoded(Image.new("RGB", (320, 240), "red"), "PNG")
    page.app.sidebar.file_uploader[0].upload("mine.png", content, "image/png")
    page.run()

    def busy(content: bytes, size: tuple[int, int]) -> Decoded:
        raise ValueError("The server is busy with other pictures.")

    monkeypatch.setattr(own_picture, "decode_limited", busy)
    session.own_decoded.at.clear()
    page.run()
    assert not page.app.exception
    assert session.own_picture is None
    (toast,) = page.app.toast
    assert "busy with other pictures" in toast.value


def hostile_files() -> dict[str, bytes]:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    picture = encoded(Image.fromarray(noise), "JPEG")
    return {
        "text.png": b"This is not a picture." * 100,
        "empty.png": b"",
        "cut.jpg": picture[: len(picture) // 2],
        "bomb.png": encoded(Image.new("1", (9000, 9000)), "PNG"),
        "page.png": b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
    }


@pytest.mark.parametrize("name", list(hostile_files()))
def test_a_bad_file_gives_a_sentence_and_the_old_picture(
    visit: Callable[..., Visit], name: str
) -> None:
    page = visit().finish()
    before = page.scene.picture
    page.app.sidebar.file_uploader[0].upload(name, hostile_files()[name], "image/png")
    page.run()
    (error,) = page.app.error
    assert error.value.endswith(literal("The picture shown is unchanged."))
    assert "Traceback" not in error.value
    assert page.scene.picture == before
    assert page.statuses == ["done"]
    assert "picture" not in page.link


@pytest.fixture
def as_on_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Uploaded files are kept as the server keeps them."""

    class Kept(BoundedUploads):
        most_network_bytes = 2**20

    monkeypatch.setattr(local_script_runner, "MemoryUploadedFileManager", Kept)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("upload", "maps.npz"),
        ("own_model_file_0", "picture.png"),
        ("saved_maps", "picture.png"),
    ],
)
@pytest.mark.usefixtures("as_on_a_server")
def test_a_file_named_at_the_wrong_place_is_refused_in_a_sentence(
    any_visit: Callable[..., Visit], key: str, name: str
) -> None:
    page = any_visit().run()
    before = page.scene.picture
    uploader = page.app.file_uploader(key=key)
    uploader.proto.type[:] = []  # what a browser looks at before it sends
    several = key == "saved_maps"
    sent = (name, encoded(Image.new("RGB", (32, 24), "red"), "PNG"), "image/png")
    uploader.set_value([sent] if several else sent)
    page.run()
    (error,) = page.app.error
    said = error.value.replace("\\", "")
    assert said.startswith("The file is not here, or not of a kind that is taken there")
    page.run()
    assert page.scene.picture == before


@pytest.mark.usefixtures("as_on_a_server")
def test_a_network_named_at_the_place_of_a_mask_is_refused_in_a_sentence(
    any_visit: Callable[..., Visit], own_model: tuple[int, int]
) -> None:
    chosen = {"model": "own", "layer": "top", "classes": "0"}
    shown = {"view": "measures", "measured": "this", "region": "mask", "measures": "energy_inside"}
    page = any_visit(**chosen, **{f"faithfulness-{name}": each for name, each in shown.items()})
    page.open("faithfulness").wait(lambda: "need a region" in page.words)
    (uploader,) = (each for each in page.app.get("file_uploader") if each.label == "Mask")
    uploader.proto.type[:] = []
    uploader.set_value(("network.keras", b"network", "application/octet-stream"))
    page.run()
    (error,) = page.app.error
    assert "not of a kind that is taken there" in error.value.replace("\\", "")


def test_of_every_place_to_upload_it_is_known_what_it_takes() -> None:
    """Else a file that a browser names there ends every run of its tab."""
    taken = [
        getattr(housekeeping, keyword.value.id)
        for path in (ROOT / "pages").rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "st.file_uploader"
        for keyword in call.keywords
        if keyword.arg == "type" and isinstance(keyword.value, ast.Name)
    ]
    assert sorted(taken) == sorted(TAKEN[name] for name in TAKEN if name != "camera")


@pytest.mark.usefixtures("as_on_a_server")
def test_a_file_named_at_its_place_is_taken_as_on_a_server(any_visit: Callable[..., Visit]) -> None:
    page = any_visit().run()
    content = encoded(Image.new("RGB", (32, 24), "red"), "PNG")
    page.app.file_uploader(key="upload").upload("mine.png", content, "image/png")
    page.run()
    assert page.scene.settings.picture == "upload"


def test_a_file_as_large_as_is_allowed_is_taken(
    any_visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And every place to upload says that a temporary file may hold one meanwhile."""
    page = any_visit().run()
    for place in page.app.file_uploader:
        assert "an unnamed temporary file may hold" in place.help, place.label
        # What is sent is a little longer than the file.
        assert st.get_option("server.maxUploadSize") > own_picture.MOST_BYTES / 2**20
    content = encoded(Image.new("RGB", (32, 24), "red"), "PNG")
    monkeypatch.setattr(own_picture, "MOST_BYTES", len(content))
    page.app.file_uploader(key="upload").upload("mine.png", content, "image/png")
    page.run()
    assert page.scene.settings.picture == "upload"
    page.app.file_uploader(key="upload").upload("longer.png", content + b"0", "image/png")
    page.run()
    (error,) = page.app.error
    assert "too large" in error.value
