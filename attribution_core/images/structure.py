"""What a picture's file is made of, counted before a decoder spends time on it.

The pixels bound what a decoder does only where each is visited a few times. A JPEG file can go over
all of them again in a scan of sixty bytes, and a PNG file can hold a million empty chunks.
"""

from __future__ import annotations

import re
import struct
from typing import Any, BinaryIO

from PIL import Image

MOST_SCANS = 500
MOST_PIXELS_SCANNED = 1_000_000_000
"""Pixels times scans: 25 scans of the largest pictures; usual progressive ones have about ten."""
MOST_COEFFICIENTS = 75_000_000
"""Numbers that a JPEG file of several scans is collected in, two bytes each."""
MOST_PARTS = 25_000
"""Chunks of a PNG file, or segments of a JPEG file; 20 MB in chunks of 1 KB are 20,000."""

MOST_STRIP_BYTES = 180_000_000
"""Of a compressed TIFF file's picture and its largest strip or tile together, unpacked: a strip is
unpacked as a whole, beside the picture."""

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"
_MARKER = re.compile(rb"\xff+([^\x00\xff])")
_START_OF_SCAN, _END, _START_OF_IMAGE = 0xDA, 0xD9, 0xD8
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""Markers of the segments that say how large a picture is, and of what components."""
_COMPRESSION, _BITS_PER_SAMPLE, _ROWS_PER_STRIP, _TILE_WIDTH, _TILE_LENGTH = 259, 258, 278, 322, 323
"""Tags of a TIFF file."""
_UNCOMPRESSED, _JPEG_IN_TIFF = 1, (6, 7)
_BYTES_HELD = {"1": 1, "L": 1, "P": 1, "I;16": 2, "I;16B": 2}
"""Of memory for a pixel, by Pillow's mode; 4 of the others."""
_ALONE = {0x01, _START_OF_IMAGE, *range(0xD0, 0xD8)}
"""Markers that no length follows."""


def check_structure(file: BinaryIO) -> None:
    """Refuse a picture's file of far more parts than pictures have; other files pass.

    Parameters
    ----------
    file : binary file
        Read from its start, and left there.

    Raises
    ------
    ValueError
        In one sentence.
    """
    file.seek(0)
    beginning = file.read(len(_PNG))
    if beginning == _PNG:
        _check_chunks(file)
    elif beginning.startswith(_JPEG):
        file.seek(0)
        _check_segments(file.read())
    file.seek(0)


def check_strips(image: Image.Image) -> None:
    """Refuse a compressed TIFF picture, not yet decoded, in strips too large to unpack; others
    pass."""
    tags: Any = getattr(image, "tag_v2", None)
    if tags is None or tags.get(_COMPRESSION, _UNCOMPRESSED) == _UNCOMPRESSED:
        return
    width = _number(tags, _TILE_WIDTH, image.width)
    rows = _number(tags, _TILE_LENGTH, min(_number(tags, _ROWS_PER_STRIP, 2**32), image.height))
    bits = tags.get(_BITS_PER_SAMPLE)
    bits = sum(bits) if isinstance(bits, tuple) else 8 * len(image.getbands())
    # JPEG in TIFF is unpacked to four bytes a pixel.
    a_pixel = max(bits / 8, 4 if tags[_COMPRESSION] in _JPEG_IN_TIFF else 0)
    held = image.width * image.height * _BYTES_HELD.get(image.mode, 4)
    if held + width * rows * a_pixel > MOST_STRIP_BYTES:
        raise ValueError(
            f"The TIFF file is compressed in strips of {width} x {rows} pixels, which would take "
            "too much memory; save the picture again, as PNG or in small strips, and retry."
        )


def _number(tags: Any, tag: int, otherwise: int) -> int:
    """A tag's value; ``otherwise`` where it is missing or no number."""
    value = tags.get(tag)
    return value if isinstance(value, int) else otherwise


def _check_chunks(file: BinaryIO) -> None:
    for _ in range(MOST_PARTS):
        header = file.read(8)
        if len(header) < 8 or header[4:] == b"IEND":
            return
        file.seek(int.from_bytes(header[:4], "big") + 4, 1)
    raise ValueError(
        f"The PNG file is in more than {MOST_PARTS:,} pieces; save the picture again and retry."
    )


def _check_segments(content: bytes) -> None:
    """Walk through a JPEG file from marker to marker, as a decoder does."""
    place, parts, scans, pixels, coefficients = 0, 0, 0, 0, 0
    while found := _MARKER.search(content, place):
        place, marker = found.end(), found[1][0]
        if marker == _END:
            return
        if marker in _ALONE:
            continue
        parts += 1
        scans += marker == _START_OF_SCAN
        if marker in _FRAMES:
            pixels, coefficients = _frame(content[place : place + 64])
        too_often = scans > MOST_SCANS or scans * pixels > MOST_PIXELS_SCANNED
        if parts > MOST_PARTS or too_often:
            raise ValueError(
                "The JPEG file is in too many pieces (scans) for its size; save the picture again, "
                "not progressive, and retry."
            )
        if scans > 1 and coefficients > MOST_COEFFICIENTS:
            raise ValueError(
                f"The JPEG file is progressive and has {pixels / 1e6:.0f} million pixels, which "
                "would take too much memory; save the picture again, not progressive, and retry."
            )
        place += int.from_bytes(content[place : place + 2], "big")


def _frame(header: bytes) -> tuple[int, int]:
    """Pixels and coefficients of the picture that a frame's header announces."""
    try:
        height, width, components = struct.unpack(">3xHHB", header[:8])
        factors = [header[9 + 3 * i] for i in range(components)]
    except (struct.error, IndexError):
        return 0, 0
    across = max([each >> 4 for each in factors], default=1)
    down = max([each & 15 for each in factors], default=1)
    of_all = sum((each >> 4) * (each & 15) for each in factors)
    pixels = height * width
    return pixels, pixels * of_all // max(across * down, 1)
