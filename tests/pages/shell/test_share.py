"""Share: the link, its code, and the bundle, which opens the same screen again."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from unittest.mock import patch
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
from PIL import Image

from attribution_core.images import load_image
from pages.ui.shell import share
from pages.ui.shell.bundle import Bundle, packed, unpacked
from pages.ui.shell.gallery import file_of
from tests.pages.visits import Visit

PARAMETERS = {"model": "own", "class_choice": "own", "classes": "2,1", "layer": "top"}


def test_a_code_is_a_picture_with_a_quiet_zone() -> None:
    kind, encoded = share.code_of("http://127.0.0.1:8501/?model=vgg16_cam").split(",")
    # Within the page: a file of its own would come later, and move what stands below it.
    assert kind == "data:image/png;base64"
    with Image.open(io.BytesIO(base64.b64decode(encoded))) as image:
        pixels = np.asarray(image.convert("L"))
    assert pixels.shape[0] == pixels.shape[1]
    assert (pixels[:24] == 255).all()
    assert 0 in pixels
    # The three finder patterns: a dark ring of seven modules.
    corner = pixels[24 : 24 + 7 * 6, 24 : 24 + 7 * 6]
    assert not corner[:6].any()
    assert not corner[:, :6].any()


def screen_of(page: Visit) -> tuple[str, Bundle]:
    """The link and the bundle of a visitor's screen."""
    session = page.app.session_state["session"]
    with (
        patch("pages.ui.shell.choices.session", lambda: session),
        patch("pages.ui.shell.share.session", lambda: session),
        patch("pages.ui.shell.scene.session", lambda: session),
    ):
        return share.link_of_screen(), unpacked(share._bundle(), "made.zip")


@pytest.mark.usefixtures("own_model")
def test_the_link_is_the_address_bars(any_visit: Callable[..., Visit]) -> None:
    page = any_visit(**PARAMETERS, **{"layers-method": "gradient"}).open("layers")
    link, made = screen_of(page)
    assert dict(parse_qsl(urlsplit(link).query)) == page.link
    assert (made.page, dict(made.parameters)) == ("layers", page.link)
    assert made.picture == file_of("cat_coffee")


def open_bundle(page: Visit, bundle: Bundle) -> Visit:
    uploader = page.app.file_uploader(key="saved_maps")
    uploader.set_value([("screen.zip", packed(bundle), "application/zip")])
    return page.run()


@pytest.mark.usefixtures("own_model")
def test_what_was_assumed_of_a_picture_is_said(any_visit: Callable[..., Visit]) -> None:
    content = io.BytesIO()
    values = np.linspace(0, 1, 1600, dtype=np.float32).reshape(40, 40)
    Image.fromarray(values).save(content, "TIFF")
    parameters = {**PARAMETERS, "picture": "upload", "methods": "gradient"}
    page = open_bundle(any_visit().run(), Bundle("explore", parameters, content.getvalue()))
    page.press("open_bundle_0")
    said = "Its values are taken to be from 0 to 1."
    captions = [caption.value for caption in page.app.sidebar.caption]
    assert said in [caption.replace("\\", "") for caption in captions]


@pytest.mark.usefixtures("own_model")
def test_a_bundle_opens_its_screen_with_its_picture(any_visit: Callable[..., Visit]) -> None:
    content = io.BytesIO()
    Image.fromarray(np.full((40, 40, 3), (200, 30, 90), np.uint8)).save(content, "PNG")
    parameters = {**PARAMETERS, "picture": "upload", "methods": "gradient"}
    page = open_bundle(any_visit().run(), Bundle("layers", parameters, content.getvalue()))
    page.press("open_bundle_0")
    assert page.link.items() >= parameters.items()
    assert page.scene.settings.picture == "upload"
    size = page.scene.picture.pixels.shape[:2]
    np.testing.assert_array_equal(page.scene.picture.pixels, load_image(content.getvalue(), size))
    assert page.app.session_state["session"].page == "layers"


@pytest.mark.parametrize(
    ("bundle", "sentence"),
    [
        (Bundle("", {}, b"no picture"), "not a picture that can be read"),
        (Bundle("../../etc", {}, file_of("cat")), "of a page that is not here"),
        (Bundle("", {"layr": "x"}, file_of("cat")), "no setting has this name"),
        (Bundle("", {"model": "vgg99"}, file_of("cat")), "Its model = “vgg99” is not usable"),
    ],
)
def test_a_bundle_that_does_not_fit_here(
    any_visit: Callable[..., Visit], bundle: Bundle, sentence: str
) -> None:
    page = open_bundle(any_visit().run(), bundle)
    assert sentence in page.words
