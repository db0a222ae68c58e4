"""Pictures from anywhere, and the reference pictures made of them."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pillow_heif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from attribution_core import REFERENCE_KINDS, Picture, load_image, reference_image
from attribution_core.images import Pixels, decode
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


@pytest.mark.parametrize("kind", ["PNG", "BMP", "GIF", "TIFF", "WEBP", "JPEG", "AVIF"])
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


@pytest.mark.parametrize(
    ("values", "largest"),
    [
        (np.linspace(0, 1, 96), 1),
        (np.linspace(0, 200, 96), 255),
        (np.linspace(0, 40000, 96), 65535),
        (np.linspace(-3, 0.9, 96), 1),
        (np.zeros(96), 255),
    ],
)
def test_floating_point_values_in_any_range(values: np.ndarray, largest: float) -> None:
    content = saved(Image.fromarray(values.reshape(8, 12).astype(np.float32)), "TIFF")
    found = decode(content, (8, 12))
    expected = np.clip(values.reshape(8, 12) / largest, 0, 1) * 255
    np.testing.assert_allclose(found.pixels[..., 0], expected, atol=1)
    assert f"from 0 to {largest:g}." in found.assumed or largest == 65535


def test_the_largest_value_that_a_tiff_names() -> None:
    """12 bits in words of 16, as scanners and microscopes write them."""
    values = np.linspace(0, 4095, 96).reshape(8, 12).astype(np.uint16)
    named = saved(Image.fromarray(values), "TIFF", tiffinfo={281: 4095})
    found = decode(named, (8, 12))
    np.testing.assert_allclose(found.pixels[..., 1], values / 4095 * 255, atol=1)
    assert found.assumed == "Its values are taken to be from 0 to 4095."
    untrue = saved(Image.fromarray(values), "TIFF", tiffinfo={281: 7})
    np.testing.assert_allclose(decode(untrue, (8, 12)).pixels, found.pixels)


# --- colour profiles ------------------------------------------------------------------------------

# Columns: where red, green and blue are, as XYZ under D50 (Lindbloom's tables).
SRGB = np.array(
    [
        [0.4360747, 0.3850649, 0.1430804],
        [0.2225045, 0.7168786, 0.0606169],
        [0.0139322, 0.0971045, 0.7141733],
    ]
)
ADOBE = np.array(
    [
        [0.6097559, 0.2052401, 0.1492240],
        [0.3111242, 0.6256560, 0.0632197],
        [0.0194811, 0.0608902, 0.7448387],
    ]
)
PROPHOTO = np.array(
    [
        [0.7976749, 0.1351917, 0.0313534],
        [0.2880402, 0.7118741, 0.0000857],
        [0.0, 0.0, 0.8252100],
    ]
)
WHITE = (0.9642, 1.0, 0.8249)


def profile(primaries: np.ndarray | None, gamma: float) -> bytes:
    """An ICC profile of version 2: of three primaries and a gamma, or of grey where None."""

    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    if primaries is None:
        return of_tags(b"mntr", b"GRAY", b"XYZ ", {b"kTRC": curve})
    tags = {}
    for i, channel in enumerate((b"r", b"g", b"b")):
        tags[channel + b"XYZ"] = xyz(primaries[:, i])
        tags[channel + b"TRC"] = curve
    return of_tags(b"mntr", b"RGB ", b"XYZ ", tags)


def number(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


def xyz(values: Any) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(number(value) for value in values)


def of_tags(kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    """An ICC profile of version 2 with these tags, and those that every profile has."""
    text = b"desc" + bytes(4) + struct.pack(">I", 6) + b"Other\0" + bytes(78)
    usual = {b"desc": text, b"cprt": b"text" + bytes(4) + b"none\0", b"wtpt": xyz(WHITE)}
    tags = {**usual, **tags}
    table, data = struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        table += name + struct.pack(">II", 132 + 12 * len(tags) + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    header = struct.pack(">I", 128 + len(table) + len(data)) + bytes(4)
    header += struct.pack(">I", 0x02100000) + kind + space + connection + bytes(12) + b"acsp"
    header += bytes(28) + b"".join(number(value) for value in WHITE)
    return header.ljust(128, b"\0") + table + data


def encoded(linear: np.ndarray) -> np.ndarray:
    """sRGB 0..255 of linear light 0..1 (IEC 61966-2-1)."""
    light = np.clip(linear, 0, 1)
    return 255 * np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize("primaries", [ADOBE, PROPHOTO], ids=["Adobe RGB", "ProPhoto"])
@pytest.mark.parametrize("colour", [(200, 100, 50), (60, 120, 40), (40, 90, 200)])
def test_colours_are_converted_to_srgb(primaries: np.ndarray, colour: tuple[int, int, int]) -> None:
    gamma = 1.8 if primaries is PROPHOTO else 2.2
    found = decode(saved(plain(colour), icc_profile=profile(primaries, gamma)), 4)
    light = (np.array(colour) / 255) ** (round(gamma * 256) / 256)
    expected = encoded(np.linalg.inv(SRGB) @ primaries @ light)
    np.testing.assert_allclose(found.pixels[0, 0], expected, atol=2)
    assert np.abs(expected - colour).max() > 5
    assert found.assumed == "Its colours are converted from “Other” to sRGB."


def printed(inks: np.ndarray) -> np.ndarray:
    """Lab of inks ``(…, 4)``, each 0 or 1, as some press mixes them."""
    cyan, magenta, yellow, black = np.moveaxis(inks, -1, 0)
    left = 1 - black
    lightness = 100 * left * (1 - 0.4 * cyan) * (1 - 0.5 * magenta) * (1 - 0.1 * yellow)
    return np.stack(
        [lightness, left * (50 * magenta - 30 * cyan), left * (60 * yellow - 40 * cyan)], axis=-1
    )


def press() -> bytes:
    """A profile of four inks: Lab of all sixteen combinations, the last ink the fastest."""
    corners = np.stack(np.meshgrid(*[[0, 1]] * 4, indexing="ij"), -1).reshape(-1, 4)
    lab = printed(corners.astype(float)) * (2.55, 1, 1) + (0, 128, 128)
    straight = bytes(range(256))
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0])
    table += b"".join(number(value) for value in np.eye(3).ravel())
    table += straight * 4 + lab.round().astype(np.uint8).tobytes() + straight * 3
    return of_tags(b"prtr", b"CMYK", b"Lab ", {b"A2B0": table})


@pytest.mark.parametrize(
    "inks", [(0, 0, 0, 0), (1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (1, 1, 0, 0), (0, 0, 0, 1)]
)
def test_inks_are_converted_to_srgb(inks: tuple[int, ...]) -> None:
    """By the press's own profile; Pillow alone would take cyan for what red leaves."""
    image = plain(tuple(255 * ink for ink in inks), "CMYK")
    found = decode(saved(image, "TIFF", icc_profile=press()), 4)
    lightness, a, b = printed(np.array(inks, float)).round()
    relative = (lightness + 16) / 116 + np.array([a / 500, 0, -b / 200])
    light = np.where(relative > 6 / 29, relative**3, (relative - 4 / 29) * 108 / 841) * WHITE
    expected = encoded(np.linalg.inv(SRGB) @ light)
    np.testing.assert_allclose(found.pixels[0, 0], expected, atol=3)
    assert found.assumed == "Its colours are converted from “Other” to sRGB."


def test_a_profile_of_grey_a_palette_and_transparency() -> None:
    linear = profile(None, 1.0)
    for image in (plain(128, "L"), plain((128, 51), "LA")):
        found = decode(saved(image, icc_profile=linear), 4)
        whole = encoded(np.array(128 / 255))
        share = 51 / 255 if image.mode == "LA" else 1.0
        assert_plain(found.pixels, (share * whole + (1 - share) * 255,) * 3, within=2)
    adobe = profile(ADOBE, 2.2)
    direct = decode(saved(plain((200, 100, 50)), icc_profile=adobe), 4)
    palette = plain((200, 100, 50)).quantize(4)
    assert_plain(decode(saved(palette, icc_profile=adobe), 4).pixels, tuple(direct.pixels[0, 0]))


@pytest.mark.parametrize(
    ("image", "kind", "brought", "sentence"),
    [
        (plain((200, 100, 50)), "PNG", b"no profile", "cannot be read and was left out"),
        (plain((0, 155, 205, 55), "CMYK"), "TIFF", profile(ADOBE, 2.2), "is for other colours"),
        (plain((200, 100, 50)), "PNG", b"", ""),
    ],
)
def test_a_profile_that_is_of_no_use(
    image: Image.Image, kind: str, brought: bytes, sentence: str
) -> None:
    found = decode(saved(image, kind, icc_profile=brought), 4)
    assert sentence in found.assumed
    assert bool(sentence) == bool(found.assumed)
    np.testing.assert_array_equal(found.pixels, load_image(saved(image, kind), 4))


def test_srgb_stays_as_it_is() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (8, 12, 3), np.uint8)
    image = Image.fromarray(noise)
    brought = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    found = decode(saved(image, icc_profile=brought), (8, 12))
    np.testing.assert_array_equal(found.pixels, noise)
    assert not found.assumed


def heic(image: Image.Image, **settings: Any) -> bytes:
    """As phones write it."""
    pillow_heif.register_heif_opener()
    return saved(image, "HEIF", quality=95, **settings)


def test_heic(tmp_path: Path) -> None:
    """Upright by the file's own word, in colours of the file's own profile."""
    image = plain((200, 100, 50), size=(80, 60))
    image.paste((40, 90, 200), (0, 0, 40, 60))
    assert_plain(load_image(heic(image), (60, 80))[:, 4:36], (40, 90, 200), within=4)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = heic(image, exif=exif.tobytes())
    assert_plain(load_image(turned, (80, 60))[4:36], (40, 90, 200), within=4)
    path = tmp_path / "IMG_0001.HEIC"
    path.write_bytes(turned)
    for source in (path, io.BytesIO(turned)):
        np.testing.assert_array_equal(load_image(source, 32), load_image(turned, 32))
    found = decode(heic(image, icc_profile=profile(ADOBE, 2.2)), (60, 80))
    assert found.assumed == "Its colours are converted from “Other” to sRGB."


def broken(content: bytes, within: int, seed: int) -> bytes:
    """A file with a few of its first bytes changed."""
    changed, random = bytearray(content), np.random.default_rng(seed)
    for place in random.integers(0, within, 4):
        changed[place] = random.integers(256)
    return bytes(changed)


def refusal(content: bytes) -> str:
    """The sentence in which a file is refused; empty where it is read."""
    try:
        load_image(content, 8)
    except ValueError as error:
        return str(error)
    return ""


def test_damaged_heic_in_a_sentence() -> None:
    content = heic(plain("red", size=(64, 64)))
    said = [refusal(broken(content, len(content), seed)) for seed in range(100)]
    assert sum(map(bool, said)) > 50
    assert all(each.startswith(("The picture ", "The file ")) for each in said if each)
    assert "8000 x 6000 pixels; it should have at most 25 million in HEIC." in refusal(
        _claiming(content, 8000, 6000)
    )


def _claiming(content: bytes, width: int, height: int) -> bytes:
    """A HEIC file that says it is of another size."""
    at = content.index(b"ispe") + 8
    return content[:at] + struct.pack(">II", width, height) + content[at + 8 :]


def test_an_array_in_0_to_1_is_asked_about() -> None:
    with pytest.raises(ValueError, match=r"values in 0\.\.1; .*multiply it by 255"):
        Picture.given(np.linspace(0, 1, 300, dtype=np.float32).reshape(10, 10, 3))
    for fine in (np.zeros((2, 2, 3), np.float32), np.ones((2, 2, 3), np.uint8)):
        assert Picture.given(fine).pixels.max() == fine.max()


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


@given(seed=st.integers(0, 2**32), height=st.integers(1, 9), width=st.integers(1, 9))
def test_shuffled_is_the_same_pixels_in_an_order_named_by_the_seed(
    seed: int, height: int, width: int
) -> None:
    image = np.random.default_rng(seed).uniform(0, 255, (height, width, 3)).astype(np.float32)
    found = reference_image(image, "shuffled", seed)
    assert found.shape == image.shape
    pixels, others = (each.reshape(-1, 3) for each in (image, found))
    assert sorted(map(tuple, pixels.tolist())) == sorted(map(tuple, others.tolist()))
    np.testing.assert_array_equal(reference_image(image, "shuffled", seed), found)


def test_shuffled_leaves_hardly_a_pixel_in_its_place(noisy: Pixels) -> None:
    first, other = (reference_image(noisy, "shuffled", seed) for seed in (1, 2))
    assert (first == noisy).all(axis=2).mean() < 0.01
    assert (first == other).all(axis=2).mean() < 0.01


def test_an_unknown_reference(noisy: Pixels) -> None:
    with pytest.raises(ValueError, match="use black, mean, blurred, white, noise, shuffled"):
        reference_image(noisy, "grey")


def test_a_picture_is_named_in_logs_without_what_is_on_it() -> None:
    assert repr(Picture.of(np.full((2, 3, 3), 77, np.float32))) == "Picture(2×3)"
