"""TIFF files of kinds that Pillow does not read, such as colours as floating-point numbers."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from attribution_core.images.values import (
    MAX_SAMPLE_VALUE,
    WHITE_IS_ZERO,
    Kind,
    blocks,
    scale_of,
)

BEGINNINGS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""Of a TIFF file, little-endian or big-endian, and of a BigTIFF file."""
_UNCOMPRESSED = 1
_MIN_IS_WHITE, _MIN_IS_BLACK, _RGB = WHITE_IS_ZERO, 1, 2
_ICC_PROFILE, _ORIENTATION = 34675, 274


def read_tiff(content: bytes, check_size: Callable[[int, int], None]) -> tuple[Image.Image, str]:
    """The first picture of a file as grey or colours of 8 bits, and what was assumed, in words.

    Parameters
    ----------
    content : bytes
    check_size : callable
        Raises ValueError for a width and a height that are too large.

    Raises
    ------
    ValueError
        When the file is damaged, or its values are compressed or of a kind that is not read.
    """
    import tifffile

    logging.getLogger(tifffile.__name__).addHandler(logging.NullHandler())
    try:
        page: Any = tifffile.TiffFile(io.BytesIO(content)).pages.first
        width, height = int(page.imagewidth), int(page.imagelength)
        packed = page.dtype is not None and 8 < page.bitspersample < 16
        known = _is_known(page, len(content), packed)
    except Exception as error:
        raise _damaged(error) from None
    check_size(width, height)
    if not known:
        compressed = ", compressed" * (page.compression != _UNCOMPRESSED)
        raise ValueError(
            f"The TIFF file's values ({page.bitspersample} bits, {page.samplesperpixel} a pixel"
            f"{compressed}) are of a kind that cannot be read; save it uncompressed, or with 8 or "
            "16 bits a value."
        )
    try:
        values, kind = _values(page, content, packed), _kind(page, packed)
    except Exception as error:
        raise _damaged(error) from None
    scale = scale_of(blocks(values), kind)
    try:
        return _picture(page, scale.applied(values)), scale.assumed
    except Exception as error:
        raise _damaged(error) from None


def _damaged(error: Exception) -> ValueError:
    return ValueError(
        f"The TIFF file is damaged and cannot be read ({type(error).__name__}); "
        "save it again and retry."
    )


def _is_known(page: Any, length: int, packed: bool) -> bool:
    """Whether no decoder is needed, and no more memory than the file is long."""
    stored = page.nbytes // 2 if packed else page.nbytes
    return (
        page.photometric in (_MIN_IS_WHITE, _MIN_IS_BLACK, _RGB)
        and page.axes in (("YX", "YXS") if packed else ("YX", "YXS", "SYX"))
        and page.samplesperpixel in (1, 3, 4)
        and page.dtype is not None
        and page.dtype.kind in "iuf"
        and (packed or page.dtype.itemsize * 8 == page.bitspersample)
        and page.compression == _UNCOMPRESSED
        and stored <= length
    )


def _values(page: Any, content: bytes, packed: bool) -> npt.NDArray[np.generic]:
    values = _unpacked(page, content) if packed else page.asarray()
    return np.moveaxis(values, 0, -1) if page.axes == "SYX" else values


def _kind(page: Any, packed: bool) -> Kind:
    return Kind(
        floating=page.dtype.kind == "f",
        signed=page.dtype.kind == "i",
        bits=page.bitspersample,
        # Of values that are packed, all bits are used.
        white=2.0**page.bitspersample - 1 if packed else _named_white(page),
        inverted=page.photometric == _MIN_IS_WHITE,
    )


def _picture(page: Any, values: npt.NDArray[np.uint8]) -> Image.Image:
    image = Image.fromarray(values)
    if profile := _tag(page, _ICC_PROFILE):
        image.info["icc_profile"] = profile
    image.getexif()[_ORIENTATION] = _tag(page, _ORIENTATION) or 1
    return image


def _named_white(page: Any) -> float:
    return float(np.max(_tag(page, MAX_SAMPLE_VALUE) or 0))


def _unpacked(page: Any, content: bytes) -> npt.NDArray[np.generic]:
    """Values that lie bit by bit beside each other, each row beginning with a byte of its own."""
    bits, numbers = page.bitspersample, page.imagewidth * page.samplesperpixel
    places = zip(page.dataoffsets, page.databytecounts, strict=True)
    stored = b"".join(content[start : start + count] for start, count in places)
    in_a_row = -(-numbers * bits // 8)
    rows = np.frombuffer(stored, np.uint8, page.imagelength * in_a_row).reshape(-1, in_a_row)
    values = np.empty((len(rows), numbers), np.uint16)
    worth = (1 << np.arange(bits)[::-1]).astype(np.uint16)
    # A row at a time: each bit takes two bytes here.
    for packed, unpacked in zip(rows, values, strict=True):
        digits = np.unpackbits(packed, count=numbers * bits).reshape(numbers, bits)
        unpacked[...] = digits.astype(np.uint16) @ worth
    return values.reshape(page.shape)


def _tag(page: Any, code: int) -> Any:
    found = page.tags.get(code)
    return None if found is None else found.value
