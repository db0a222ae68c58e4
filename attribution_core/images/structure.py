"""What a picture's file is made of, counted before a decoder spends time on it.

The pixels bound what a decoder does only where each is visited a few times. A JPEG file can go over
all of them again in a scan of sixty bytes, and a PNG file can hold a million empty chunks.
"""

from __future__ import annotations

import re
import struct
from typing import BinaryIO

MOST_SCANS = 500
MOST_PIXELS_SCANNED = 1_000_000_000
"""Pixels times scans: 25 scans of the largest pictures; usual progressive ones have about ten."""
MOST_COEFFICIENTS = 75_000_000
"""Numbers that a JPEG file of several scans is collected in, two bytes each."""
MOST_PARTS = 25_000
"""Chunks of a PNG file, or segments of a JPEG file; 20 MB in chunks of 1 KB are 20,000."""

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"
_MARKER = re.compile(rb"\xff+([^\x00\xff])")
_START_OF_SCAN, _END, _START_OF_IMAGE = 0xDA, 0xD9, 0xD8
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""Markers of the segments that say how large a picture is, and of what components."""
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
