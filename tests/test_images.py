"""Pictures from anywhere, and the reference pictures made of them."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from attribution_core import REFERENCE_KINDS, Picture, load_image, reference_image
from attribution_core.images import Pixels
from tests.conftest import GALLERY


def saved(image: Image.Image, kind: str = "PNG", **settings: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **settings)
    return file.getvalue()


def plain(colour: Any, mode: str = "RGB", size: tuple[int, int] = (12, 8)) -> Image.Image:
    return Image.new(mode, size, colour)


def assert_plain(pixels: Pixels, colour: tuple[float, float, float], within: float = 0) -> None:
    np.testing.assert_allclose(pixels, np.broadcast_to(colour, pixels.shape), atol=within)


def test_path_bytes_and_file_give_the_same(tmp_path: Path) -> None:
    content = (GALLERY / "coffee.png").read_bytes()
    path = tmp_path / "picture"
    path.write_bytes(content)
    expected = load_image(content, (40, 60))
    assert expected.shape == (40, 60, 3)
    assert expected.dtype == np.float32
    assert 0 <= expected.min() < expected.max() <= 255
    np.testing.assert_array_equal(load_image(path, (40, 60)), expected)
    np.testing.assert_array_equal(load_image(str(path), (40, 60)), expected)
    np.testing.assert_array_equal(load_image(io.BytesIO(content), (40, 60)), expected)


def test_the_centre_is_cut_out() -> None:
    """A wide picture with a red left, a green middle and a blue right third: green is left."""
    wide = Image.new("RGB", (30, 10), "red")
    wide.paste((0, 255, 0), (10, 0, 20, 10))
    wide.paste((0, 0, 255), (20, 0, 30, 10))
    assert_plain(load_image(saved(wide), 10), (0, 255, 0))
    assert_plain(load_image(saved(wide.rotate(90, expand=True)), 10), (0, 255, 0))


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "TIFF", "WEBP", "JPEG"])
def test_formats(kind: str) -> None:
    content = saved(plain((200, 100, 50)), kind)
    assert_plain(load_image(content, 4), (200, 100, 50), within=4)


def test_exif_rotation() -> None:
    """Orientation 6: the camera was turned, the first row of the file is the right-hand side."""
    lying = Image.new("RGB", (8, 8), "black")
    lying.paste((255, 255, 255), (0, 0, 8, 4))
    exif = Image.Exif()
    exif[0x0112] = 6
    upright = load_image(saved(lying, exif=exif), 8)
    assert_plain(upright[:, 4:], (255, 255, 255))
    assert_plain(upright[:, :4], (0, 0, 0))


@pytest.mark.parametrize(
    ("image", "settings", "colour"),
    [
        (plain((255, 0, 0, 0), "RGBA"), {}, (255, 255, 255)),
        (plain((255, 0, 0, 255), "RGBA"), {}, (255, 0, 0)),
        (plain((0, 0, 0, 51), "RGBA"), {}, (204, 204, 204)),
        (plain((0, 51), "LA"), {}, (204, 204, 204)),
        (plain(77, "L"), {}, (77, 77, 77)),
        (plain(1, "1"), {}, (255, 255, 255)),
        (plain((10, 200, 30)).quantize(4), {}, (10, 200, 30)),
        (plain((10, 200, 30)).quantize(4), {"transparency": 0}, (255, 255, 255)),
        (Image.fromarray(np.full((8, 12), 128 * 257, np.uint16)), {}, (128, 128, 128)),
        (Image.fromarray(np.full((8, 12), 200, np.uint16)), {}, (0, 0, 0)),
    ],
    ids=[
        "transparent",
        "opaque",
        "translucent",
        "grey and alpha",
        "grey",
        "bits",
        "palette",
        "transparent palette",
        "16 bits",
        "16 bits, dark",
    ],
)
def test_modes(
    image: Image.Image, settings: dict[str, Any], colour: tuple[float, float, float]
) -> None:
    assert_plain(load_image(saved(image, **settings), 4), colour, within=1)


def test_cmyk() -> None:
    content = saved(plain((0, 255, 255, 0), "CMYK"), "JPEG")
    assert_plain(load_image(content, 4), (255, 0, 0), within=4)


def test_floating_point_tiff() -> None:
    values = np.full((8, 12), 120, np.float32)
    values[0] = np.nan
    found = load_image(saved(Image.fromarray(values), "TIFF"), (8, 12))
    assert_plain(found[4:], (120, 120, 120), within=1)
    assert_plain(found[:1], (0, 0, 0), within=12)


def test_the_first_frame_of_an_animation() -> None:
    frames = [plain((0, 0, 255)), plain((255, 0, 0))]
    content = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert_plain(load_image(content, 4), (0, 0, 255))


def huge(width: int, height: int) -> bytes:
    """The start of a PNG file that claims to be huge, with hardly any data behind."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 100))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"", "not a picture that can be read", id="nothing"),
        pytest.param(b"This is no picture.\n" * 50, "not a picture", id="text"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture", id="svg"),
        pytest.param((GALLERY / "coffee.png").read_bytes()[:5000], "damaged", id="truncated png"),
        pytest.param(saved(plain("red", size=(300, 300)), "JPEG")[:700], "damaged", id="jpeg"),
        pytest.param(huge(8000, 8000), "8000 x 8000 pixels; .* 40 million", id="large"),
        pytest.param(huge(60000, 60000), "at most 40 million", id="a bomb"),
        pytest.param(huge(100, 100), "damaged", id="data missing"),
    ],
)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_what_is_no_picture(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(content)
    for source in (content, path, io.BytesIO(content)):
        with pytest.raises(ValueError, match=message) as caught:
            load_image(source, 8)
        assert "\n" not in str(caught.value)


def test_files_that_are_not_there(tmp_path: Path) -> None:
    for source in (tmp_path / "nothing.png", tmp_path, str(tmp_path / "a" / "b.png")):
        with pytest.raises(ValueError, match="name an existing picture"):
            load_image(source, 8)


def test_pictures_are_compared_by_content() -> None:
    pixels = np.full((4, 5, 3), 9, np.float32)
    first, second = Picture.of(pixels), Picture.of(pixels.astype(np.float64))
    assert first == second
    assert hash(first) == hash(second)
    pixels[0, 0, 0] = 8
    assert first.pixels[0, 0, 0] == 9
    assert first != Picture.of(pixels)
    assert first != Picture.of(np.full((5, 4, 3), 9))
    with pytest.raises(ValueError, match="read-only"):
        first.pixels[0, 0, 0] = 1


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (np.zeros((4, 4)), "should have shape"),
        (np.zeros((4, 4, 4)), "should have shape"),
        (np.full((4, 4, 3), 256.0), "outside 0..255"),
        (np.full((4, 4, 3), -1.0), "outside 0..255"),
        (np.full((4, 4, 3), np.nan), "outside 0..255"),
    ],
)
def test_arrays_that_are_no_pictures(pixels: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Picture.of(pixels)


@pytest.fixture(scope="module")
def noisy() -> Pixels:
    return np.random.default_rng(3).uniform(20, 200, (60, 90, 3)).astype(np.float32)


@pytest.mark.parametrize("kind", REFERENCE_KINDS)
def test_references_are_pictures_of_the_same_shape(noisy: Pixels, kind: str) -> None:
    before = noisy.copy()
    found = reference_image(noisy, kind)
    assert found.dtype == np.float32
    assert Picture.of(found).pixels.shape == noisy.shape
    np.testing.assert_array_equal(noisy, before)
    np.testing.assert_array_equal(reference_image(noisy, kind), found)


def test_plain_references(noisy: Pixels) -> None:
    assert_plain(reference_image(noisy, "black"), (0, 0, 0))
    assert_plain(reference_image(noisy, "white"), (255, 255, 255))
    red, green, blue = noisy.reshape(-1, 3).mean(axis=0)
    assert_plain(reference_image(noisy, "mean"), (red, green, blue), within=1e-3)


def test_the_blur_is_a_gaussian_of_a_share_of_the_shorter_side() -> None:
    """A single bright point of a 112-pixel picture becomes a bell of σ = 112·10/224 = 5."""
    image = np.zeros((112, 150, 3), np.float32)
    image[56, 75] = 255
    found = reference_image(image, "blurred")[..., 1].astype(float)
    rows, columns = np.indices(found.shape)
    assert found.sum() == pytest.approx(255, rel=0.01)
    assert np.sqrt((found * (rows - 56) ** 2).sum() / 255) == pytest.approx(5, rel=0.02)
    assert np.sqrt((found * (columns - 75) ** 2).sum() / 255) == pytest.approx(5, rel=0.02)


def test_a_plain_picture_is_its_own_blur() -> None:
    plain_picture = np.full((30, 30, 3), 77, np.float32)
    assert_plain(reference_image(plain_picture, "blurred"), (77, 77, 77), within=1e-3)


def test_noise_is_uniform_and_named_by_its_seed(noisy: Pixels) -> None:
    first, same, other = (reference_image(noisy, "noise", seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, same)
    assert np.abs(first - other).mean() == pytest.approx(85, abs=2)
    assert first.mean() == pytest.approx(127.5, abs=3)
    assert first.std() == pytest.approx(255 / np.sqrt(12), abs=3)


def test_an_unknown_reference(noisy: Pixels) -> None:
    with pytest.raises(ValueError, match="use black, mean, blurred, white, noise"):
        reference_image(noisy, "grey")
