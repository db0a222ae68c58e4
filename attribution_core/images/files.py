"""Pictures from files and uploads: read, turned upright, converted to sRGB, cut and scaled."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from attribution_core.images.colours import in_srgb, over_white
from attribution_core.images.picture import Pixels
from attribution_core.images.reducing import draft, reduced
from attribution_core.images.structure import check_strips, check_structure
from attribution_core.images.tiff import BEGINNINGS, read_tiff
from attribution_core.images.values import BITS_PER_SAMPLE, scale_in
from attribution_core.regular_files import open_regular

MOST_PIXELS, LONGEST_SIDE = 40_000_000, 65_535
_FEWER_PIXELS = {"WEBP": 12_500_000, "AVIF": 20_000_000, "HEIC": 25_000_000}
"""Of formats whose decoders hold several copies of a picture: what 200 MB are enough for."""
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "BMP", "GIF", "TIFF")
PICTURE_FILES = "JPEG, PNG, WebP, AVIF, HEIC, BMP, GIF or TIFF"
"""The formats as a sentence names them."""
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
"""The brands of files that hold HEVC pictures, as phones write them."""
_OUT_OF_MEMORY = "decoder error -9"
"""How Pillow says it of libtiff."""

Source = str | Path | bytes | BinaryIO


@dataclass(frozen=True)
class Decoded:
    """A picture from a file.

    Attributes
    ----------
    pixels : float32 array ``(height, width, 3)``, RGB 0..255
    assumed : str
        What had to be assumed of its colours or values, in full sentences; may be empty. It may
        quote the file.
    """

    pixels: Pixels
    assumed: str


def load_image(source: Source, size: int | tuple[int, int]) -> Pixels:
    """The pixels of a picture in a file, as `decode` reads it."""
    return decode(source, size).pixels


def decode(source: Source, size: int | tuple[int, int]) -> Decoded:
    """Read a picture, cut out its centre in the wanted aspect and scale it bicubically.

    It is turned upright by its EXIF data and converted from its colour profile to sRGB; transparent
    pixels are laid over white; of an animation, the first frame is taken. Values of more than 8
    bits are scaled to 0..255 from the range that the file names, or else from the smallest usual
    one that holds them. A picture far larger than wanted is first reduced to one at least three
    times finer, a strip at a time. It takes at most 200 MB, but for an uncompressed TIFF file of
    more than 8 bits a colour: that is held as a whole.

    Parameters
    ----------
    source : path, bytes or binary file
    size : int or (height, width)
        Of the result, in pixels.

    Returns
    -------
    Decoded

    Raises
    ------
    ValueError
        When there is no such file, or it is not a JPEG, PNG, WebP, AVIF, HEIC, BMP, GIF or TIFF
        picture, or it is damaged, or it has more than 40 million pixels (WebP 12.5, AVIF 20, HEIC
        25), or is in far more pieces than its size asks for, or in strips too large to unpack.
    """
    height, width = (size, size) if isinstance(size, int) else size
    with _binary(source) as file:
        check_structure(file)
        image, of_values = _opened(file)
        draft(image, (height, width))
        try:
            # Decoding happens here.
            image.load()
        except Exception as error:
            # Pillow's decoders raise whatever type the damage leads them to.
            raise _damaged(error) from None
    scale = scale_in(image)
    try:
        smaller = reduced(image, (height, width), scale.applied_to if scale else _as_it_is)
        converted, of_colours = in_srgb(ImageOps.exif_transpose(smaller))
        fitted = ImageOps.fit(over_white(converted), (width, height), Image.Resampling.BICUBIC)
    except Exception as error:
        # A damaged EXIF block, for one.
        raise _damaged(error) from None
    of_grey = scale.assumed if scale else ""
    assumed = " ".join(sentence for sentence in (of_values, of_grey, of_colours) if sentence)
    return Decoded(np.asarray(fitted, np.float32), assumed)


@contextlib.contextmanager
def _binary(source: Source) -> Iterator[BinaryIO]:
    """The file of a source; ValueError where there is none."""
    if isinstance(source, bytes):
        yield io.BytesIO(source)
    elif isinstance(source, (str, Path)):
        with open_regular(source, "name an existing picture") as file:
            yield file
    else:
        yield source


def _as_it_is(image: Image.Image) -> Image.Image:
    return image


def _opened(file: BinaryIO) -> tuple[Image.Image, str]:
    """The picture of a file, decoded later where that can wait, and what was assumed of it."""
    try:
        image = Image.open(file, formats=FORMATS)
    except Image.DecompressionBombError:
        raise ValueError(
            "The picture is too large; it should have at most "
            f"{MOST_PIXELS // 1_000_000} million pixels."
        ) from None
    except UnidentifiedImageError:
        return _opened_otherwise(_content(file))
    except Exception as error:
        raise _damaged(error) from None
    check_size(image.width, image.height, image.format or "")
    check_strips(image)
    if image.mode.startswith("RGB") and max(_bits(image)) > 8:
        # Pillow keeps 8 of the bits, and of 12 bits in words of 16 only 4.
        with contextlib.suppress(ValueError):
            return read_tiff(_content(file), check_size)
    return image, ""


def _bits(image: Image.Image) -> tuple[int, ...]:
    """Of the values of a TIFF file, as it stores them."""
    found: tuple[int, ...] = getattr(image, "tag_v2", {}).get(BITS_PER_SAMPLE, (8,))
    return found


def _opened_otherwise(content: bytes) -> tuple[Image.Image, str]:
    """A picture of a kind that Pillow does not know."""
    if content.startswith(BEGINNINGS):
        return read_tiff(content, check_size)
    if _is_heic(content):
        return _opened_heic(content), ""
    raise ValueError(
        f"The file is not a picture that can be read; it should be a {PICTURE_FILES} file."
    )


def _is_heic(content: bytes) -> bool:
    return content[4:8] == b"ftyp" and content[8:12] in _HEIC


def _opened_heic(content: bytes) -> Image.Image:
    # Imported where it is needed: its libraries take 26 MB.
    from pillow_heif import open_heif

    try:
        found = open_heif(content)
        width, height = found.size
    except Exception as error:
        raise _damaged(error) from None
    check_size(width, height, "HEIC")
    try:
        return found.to_pillow()
    except Exception as error:
        raise _damaged(error) from None


def import_decoders(content: bytes) -> None:
    """Import what reading a file needs, for a process that is about to have less memory."""
    with contextlib.suppress(Exception):
        Image.open(io.BytesIO(content[: 2**16]), formats=FORMATS)
    if _is_heic(content):
        import pillow_heif

        # Each thread would take memory of its own.
        pillow_heif.options.DECODE_THREADS = 1
    if content.startswith(BEGINNINGS):
        import tifffile

        assert tifffile


def _content(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()


def check_size(width: int, height: int, kind: str = "") -> None:
    """Refuse more pixels than are read in a format, and longer sides."""
    most = _FEWER_PIXELS.get(kind, MOST_PIXELS)
    if width * height > most:
        in_format = f" in {kind}" * (kind in _FEWER_PIXELS)
        raise ValueError(
            f"The picture has {width} x {height} pixels; "
            f"it should have at most {most / 1_000_000:g} million{in_format}."
        )
    if max(width, height) > LONGEST_SIDE:
        # Pillow keeps a place in memory for each row.
        raise ValueError(
            f"The picture has {width} x {height} pixels; "
            f"it should have at most {LONGEST_SIDE:,} on a side."
        )


def _damaged(error: Exception) -> ValueError:
    if isinstance(error, MemoryError) or str(error).endswith(_OUT_OF_MEMORY):
        return ValueError(
            "Reading the picture takes too much memory; save it with fewer pixels and retry."
        )
    return ValueError(
        f"The picture is damaged and cannot be read ({type(error).__name__}); "
        "save it again and retry."
    )
