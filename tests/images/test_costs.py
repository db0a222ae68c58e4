"""Pictures made to be costly: shown or refused, in bounded time and memory."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image

from attribution_core import load_image
from attribution_core.images import decode, limited
from attribution_core.images.limited import decode_limited
from attribution_core.images.structure import MOST_PARTS
from tests.conftest import GALLERY
from tests.images.test_files import ADOBE, profile, refusal, saved

ROOT = Path(__file__).resolve().parents[2]
SIDE = 6300
MOST_MEGABYTES = 200


def grey_of_16_bits() -> bytes:
    return saved(Image.fromarray(np.zeros((SIDE, SIDE), np.uint16)), compress_level=1)


def floating_point() -> bytes:
    image = Image.fromarray(np.zeros((SIDE, SIDE - 300), np.float32))
    return saved(image, "TIFF", compression="tiff_adobe_deflate")


def transparent() -> bytes:
    return saved(Image.new("RGBA", (SIDE, SIDE)), compress_level=1)


def of_one_column() -> bytes:
    return saved(Image.new("L", (1, 40_000_000)), compress_level=1)


def with_a_profile() -> bytes:
    return saved(Image.new("RGB", (SIDE, SIDE)), "JPEG", icc_profile=profile(ADOBE, 2.2))


def progressive() -> bytes:
    return saved(Image.new("RGB", (SIDE, SIDE)), "JPEG", progressive=True)


def of_large_webp() -> bytes:
    return saved(Image.new("RGB", (SIDE, SIDE)), "WEBP", method=0)


def in_one_strip(image: Image.Image, compression: str = "tiff_adobe_deflate") -> bytes:
    return saved(image, "TIFF", compression=compression, strip_size=2**31 - 1)


def of_one_strip() -> bytes:
    return in_one_strip(Image.fromarray(np.zeros((SIDE, SIDE), np.uint16)))


def transparent_in_one_strip() -> bytes:
    return in_one_strip(Image.new("RGBA", (SIDE, SIDE)))


MEASURE = """
import json, sys
from pathlib import Path
import PIL.ImageCms, PIL.JpegImagePlugin, PIL.PngImagePlugin, PIL.TiffImagePlugin
import PIL.WebPImagePlugin
from attribution_core import load_image

def most_memory():
    # Not `resource`: that counts from what the parent had when it started this process.
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

content = sys.stdin.buffer.read()
before = most_memory()
try:
    said = list(map(float, load_image(content, 224).mean((0, 1))))
except ValueError as error:
    said = str(error)
megabytes = (most_memory() - before) / 1024
print(json.dumps([megabytes, said]))
"""


@pytest.mark.thorough
@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells of a process's memory")
@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (grey_of_16_bits, [0, 0, 0]),
        (floating_point, [0, 0, 0]),
        (transparent, [255, 255, 255]),
        (with_a_profile, [0, 0, 0]),
        (of_one_column, "at most 65,535 on a side"),
        (progressive, [0, 0, 0]),
        (of_large_webp, "at most 12.5 million in WEBP"),
        (of_one_strip, [0, 0, 0]),
        (transparent_in_one_strip, "compressed in strips of 6300 x 6300 pixels"),
    ],
)
def test_memory_is_bounded_by_pixels(made: Callable[[], bytes], expected: Any) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE], input=made(), capture_output=True, check=True, cwd=ROOT
    )
    megabytes, said = json.loads(done.stdout)
    assert megabytes < MOST_MEGABYTES
    if isinstance(expected, str):
        assert expected in said
    else:
        assert said == pytest.approx(expected, abs=1)


def of_many_scans(scans: int, side: int = 64) -> bytes:
    content = saved(Image.new("RGB", (side, side)), "JPEG", progressive=True)
    last = content.rfind(b"\xff\xda")
    return content[:last] + content[last:-2] * scans + b"\xff\xd9"


def of_many_chunks(chunks: int) -> bytes:
    content = saved(Image.new("RGB", (64, 64), "red"))
    empty = struct.pack(">I", 0) + b"abCd" + struct.pack(">I", zlib.crc32(b"abCd"))
    return content[:33] + empty * chunks + content[33:]


def of_many_segments(segments: int) -> bytes:
    content = saved(Image.new("RGB", (64, 64), "red"), "JPEG")
    return content[:2] + b"\xff\xfe\0\x02" * segments + content[2:]


def test_what_is_in_too_many_pieces_is_refused() -> None:
    began = time.process_time()
    assert "too many pieces (scans)" in refusal(of_many_scans(20_000))
    assert "too many pieces (scans)" in refusal(of_many_scans(100, side=4000))
    assert "more than 25,000 pieces" in refusal(of_many_chunks(1_000_000))
    assert "too many pieces" in refusal(of_many_segments(1_000_000))
    full = saved(Image.new("RGB", (SIDE, SIDE)), "JPEG", progressive=True, subsampling=0)
    assert "not progressive" in refusal(full)
    # Undecoded: a decoder would take a minute.
    assert time.process_time() - began < 10


def test_strips_too_large_to_unpack_are_refused() -> None:
    """Of TIFF files, which unpack a strip as a whole beside the picture."""
    said = "which would take too much memory; save the picture again, as PNG or in small strips"
    colours = Image.new("RGB", (SIDE, SIDE))
    for compression in ("tiff_adobe_deflate", "jpeg", "tiff_lzw"):
        assert said in refusal(in_one_strip(colours, compression))
    file = io.BytesIO()
    tifffile.imwrite(file, np.zeros((32, 32), np.uint8), tile=(16, 16), compression="zlib")
    widths = [struct.pack("<HHII", 322, 4, 1, width) for width in (16, 1 << 25)]
    assert not refusal(file.getvalue())
    assert said in refusal(file.getvalue().replace(*widths))


def test_strips_of_usual_pictures_are_shown() -> None:
    image = Image.new("RGB", (900, 900), (200, 100, 50))
    for compression in ("tiff_adobe_deflate", "jpeg", "tiff_lzw", "packbits", "raw"):
        assert not refusal(in_one_strip(image, compression))


def test_what_is_in_many_pieces_is_shown() -> None:
    for content in (of_many_scans(30), of_many_chunks(MOST_PARTS - 100), of_many_segments(1000)):
        assert not refusal(content)


def test_a_frame_that_announces_nothing_is_refused() -> None:
    content = saved(Image.new("RGB", (64, 64)), "JPEG", progressive=True)
    frame = content.index(b"\xff\xc2")
    assert refusal(content[: frame + 6])
    assert refusal(content[: frame + 9] + b"\xff" * 200)


@pytest.mark.thorough
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF"])
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P"])
def test_a_reduced_picture_is_hardly_told_apart(kind: str, mode: str) -> None:
    """From one that is scaled down at once."""
    if kind == "JPEG" and mode in ("RGBA", "P"):
        mode = "CMYK"
    with Image.open(GALLERY / "cat_coffee.png") as opened:
        colours = opened.convert("RGB").resize((1400, 1000), Image.Resampling.BICUBIC)
    image = colours.quantize(64) if mode == "P" else colours.convert(mode)
    content = saved(image, kind, **({"quality": 95} if kind == "JPEG" else {}))
    with Image.open(io.BytesIO(content)) as whole:
        at_once = np.asarray(
            whole.convert("RGB").crop((200, 0, 1200, 1000)).resize((64, 64)), float
        )
    difference = np.abs(load_image(content, 64) - at_once)
    assert difference.mean() < 1
    assert difference.max() < 12


def test_sixteen_bits_and_colours_of_a_profile_reduced() -> None:
    """In strips: the same as the same picture in 8 bits."""
    ramp = np.linspace(0, 255, 900).astype(np.uint8)
    rows = np.broadcast_to(ramp[:, None], (900, 900))
    narrow = decode(saved(Image.fromarray(rows.copy())), 30)
    wide = decode(saved(Image.fromarray(rows.astype(np.uint16) * 257)), 30)
    np.testing.assert_allclose(wide.pixels, narrow.pixels, atol=1)
    small = decode(
        saved(Image.new("RGB", (20, 20), (200, 100, 50)), icc_profile=profile(ADOBE, 2.2)), 8
    )
    large = decode(
        saved(Image.new("RGB", (900, 900), (200, 100, 50)), icc_profile=profile(ADOBE, 2.2)), 8
    )
    np.testing.assert_array_equal(large.pixels, small.pixels)
    assert large.assumed == small.assumed


def test_values_that_are_no_numbers() -> None:
    image = np.full((8, 12), np.nan, np.float32)
    assert "no value that is a finite number" in refusal(saved(Image.fromarray(image), "TIFF"))
    image[:4] = 0.5
    found = decode(saved(Image.fromarray(image), "TIFF"), (8, 12))
    assert found.assumed.endswith("What is not a number is shown as 0.")
    np.testing.assert_allclose(found.pixels[:3], 128, atol=1)


def test_a_process_with_limits_reads_the_same() -> None:
    content = (GALLERY / "cat_coffee.png").read_bytes()
    np.testing.assert_array_equal(
        decode_limited(content, (40, 60)).pixels, load_image(content, (40, 60))
    )
    floating = saved(Image.fromarray(np.linspace(0, 1, 96, dtype="f4").reshape(8, 12)), "TIFF")
    assert decode_limited(floating, (8, 12)).assumed == decode(floating, (8, 12)).assumed
    with pytest.raises(ValueError, match="not a picture that can be read"):
        decode_limited(b"no picture", (8, 8))


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of a process")
def test_a_process_with_limits_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    large = saved(Image.new("RGBA", (4000, 4000)), compress_level=1)
    monkeypatch.setattr(limited, "SECONDS", 0)
    with pytest.raises(ValueError, match="takes too long"):
        decode_limited(large, (8, 8))
    monkeypatch.setattr(limited, "SECONDS", 60)
    monkeypatch.setattr(limited, "PATIENCE", 0.01)
    with pytest.raises(ValueError, match="takes too long"):
        decode_limited(large, (8, 8))


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of memory is kept by Linux alone")
def test_a_process_with_limits_has_no_more_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    large = saved(Image.new("RGBA", (4000, 4000)), compress_level=1)
    monkeypatch.setattr(limited, "MEGABYTES", 40)
    with pytest.raises(ValueError, match="takes too much memory"):
        decode_limited(large, (8, 8))


def test_one_picture_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limited, "PATIENCE", 0.01)
    with limited._ONE_AT_A_TIME, pytest.raises(ValueError, match="busy with other pictures"):
        decode_limited(b"", (8, 8))
