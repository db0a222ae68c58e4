"""TIFF files of many kinds, against the numbers that are in them."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from attribution_core.images import decode
from tests.images.test_files import ADOBE, broken, profile, refusal, saved

SIZE = (8, 12)
COLOURS = np.random.default_rng(0).random((*SIZE, 3))
COLOURS[0, 0], COLOURS[0, 1] = 0, 1
GREY = COLOURS[..., 0]


def written(values: np.ndarray, **settings: Any) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, values, **settings)
    return file.getvalue()


def packed(shares: np.ndarray, bits: int) -> bytes:
    """A file whose values lie bit by bit, written by the book (TIFF 6.0, section 8)."""
    height, width = shares.shape[:2]
    samples = shares.size // (height * width)
    content = b""
    for row in np.rint(shares * (2**bits - 1)).astype(int).reshape(height, -1):
        digits = "".join(f"{value:0{bits}b}" for value in row)
        digits += "0" * (-len(digits) % 8)
        content += int(digits, 2).to_bytes(len(digits) // 8, "big")
    after = 8 + 2 + 9 * 12 + 4
    tags = {256: width, 257: height, 258: bits, 259: 1, 262: 1 if samples == 1 else 2}
    tags |= {273: after + 6, 277: samples, 278: height, 279: len(content)}
    directory = struct.pack("<H", len(tags))
    for code, value in tags.items():
        if code == 258 and samples == 3:
            directory += struct.pack("<HHII", code, 3, 3, after)
        else:
            directory += struct.pack("<HHII", code, 4, 1, value)
    return (
        b"II*\0"
        + struct.pack("<I", 8)
        + directory
        + bytes(4)
        + struct.pack("<3H", *[bits] * 3)
        + content
    )


@pytest.mark.parametrize(
    ("stored", "white", "assumed"),
    [
        ("f2", 1, 1),
        ("f4", 1, 1),
        ("f8", 1, 1),
        ("f4", 255, 255),
        ("f8", 1.2, 1),
        ("u2", 65535, None),
        ("u2", 4095, 4095),
        ("u2", 1023, 1023),
        ("i2", 32767, None),
        ("u4", 2**32 - 1, None),
        ("i4", 2**31 - 1, None),
    ],
)
def test_numbers_of_every_type(stored: str, white: float, assumed: float | None) -> None:
    taken = white if assumed is None else assumed
    for shares, settings in (
        (GREY, {}),
        (COLOURS, {"photometric": "rgb"}),
        (COLOURS, {"photometric": "rgb", "planarconfig": "separate"}),
    ):
        if settings.get("planarconfig"):
            values = np.moveaxis((shares * white).astype(stored), -1, 0)
        else:
            values = (shares * white).astype(stored)
        found = decode(written(values, **settings), SIZE)
        expected = np.clip(shares * white / taken, 0, 1) * 255
        expected = expected if expected.ndim == 3 else expected[..., None].repeat(3, 2)
        np.testing.assert_allclose(found.pixels, expected, atol=1)
        said = "" if assumed is None else f"Its values are taken to be from 0 to {assumed:g}."
        assert found.assumed == said


@pytest.mark.parametrize("bits", [10, 12, 14])
@pytest.mark.parametrize("shares", [GREY, COLOURS], ids=["grey", "colours"])
def test_bits_without_gaps(bits: int, shares: np.ndarray) -> None:
    found = decode(packed(shares, bits), SIZE)
    expected = 255 * (shares if shares.ndim == 3 else shares[..., None].repeat(3, 2))
    np.testing.assert_allclose(found.pixels, expected, atol=1)
    assert not found.assumed


@pytest.mark.parametrize("stored", ["u1", "u2", "u4", "f4"])
def test_zero_as_white(stored: str) -> None:
    white = 1 if stored == "f4" else np.iinfo(stored).max
    content = written((GREY * white).astype(stored), photometric="miniswhite")
    np.testing.assert_allclose(decode(content, SIZE).pixels[..., 0], 255 * (1 - GREY), atol=1)


def test_a_dark_picture_is_said_to_be_dark() -> None:
    """A PNG file of 16 bits uses them all; one that uses 12 of them is nearly black."""
    values = (GREY * 4095).astype(np.uint16)
    found = decode(saved(Image.fromarray(values)), SIZE)
    np.testing.assert_allclose(found.pixels[..., 0], values / 65535 * 255, atol=1)
    assert found.assumed == "Its values are taken to be from 0 to 65535, and none is above 4095."


def test_what_a_file_says_beside_its_values() -> None:
    """Its profile and which side is up: the same as of a file that Pillow reads."""
    extra = [(34675, 7, None, profile(ADOBE, 2.2), True), (274, 3, 1, 6, True)]
    in_bytes = np.rint(COLOURS * 255).astype(np.uint8)
    plain = decode(written(in_bytes, photometric="rgb", extratags=extra), (12, 8))
    exact = in_bytes.astype(np.float32) / 255
    found = decode(written(exact, photometric="rgb", extratags=extra), (12, 8))
    np.testing.assert_array_equal(found.pixels, plain.pixels)
    assert "converted from “Other” to sRGB" in found.assumed


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (written(COLOURS, photometric="rgb", compression="zlib"), "3 a pixel, compressed"),
        (written(COLOURS.astype("c8"), photometric="rgb"), "64 bits, 3 a pixel"),
        (b"II*\0" + bytes(60), "damaged"),
        (written(COLOURS, photometric="rgb")[:-500], "cannot be read"),
    ],
    ids=["compressed", "complex", "empty", "cut off"],
)
def test_what_is_not_read(content: bytes, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        decode(content, SIZE)


@pytest.mark.filterwarnings("ignore")
def test_damage_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    content = written(COLOURS.astype(np.float32), photometric="rgb")
    said = [refusal(broken(content, 300, seed)) for seed in range(300)]
    assert sum(map(bool, said)) > 30
    assert all(each.startswith("The ") for each in said if each)
    assert not capsys.readouterr().err
