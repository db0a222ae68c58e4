"""Pictures from files and uploads: read, turned upright, converted to sRGB, cut and scaled."""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from attribution_core.images.colours import in_srgb, over_white
from attribution_core.images.picture import Pixels
from attribution_core.images.tiff import BEGINNINGS, read_tiff
from attribution_core.images.values import BITS_PER_SAMPLE, in_8_bits

MOST_PIXELS = 40_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "BMP", "GIF", "TIFF")
PICTURE_FILES = "JPEG, PNG, WebP, AVIF, HEIC, BMP, GIF or TIFF"
"""The formats as a sentence names them."""
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
"""The brands of files that hold HEVC pictures, as phones write them."""

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
    one that holds them.

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
        picture, or it is damaged, or it has more than 40 million pixels.
    """
    height, width = (size, size) if isinstance(size, int) else size
    image, of_values = _opened(source)
    try:
        # Decoding happens here, at the first look at the pixels.
        scaled, of_grey = in_8_bits(image)
        converted, of_colours = in_srgb(ImageOps.exif_transpose(scaled))
        fitted = ImageOps.fit(over_white(converted), (width, height), Image.Resampling.BICUBIC)
    except Exception as error:
        # Pillow's decoders raise whatever type the damage leads them to.
        raise _damaged(error) from None
    assumed = " ".join(sentence for sentence in (of_values, of_grey, of_colours) if sentence)
    return Decoded(np.asarray(fitted, np.float32), assumed)


def _opened(source: Source) -> tuple[Image.Image, str]:
    """The picture of a file, decoded later where that can wait, and what was assumed of it."""
    try:
        image = Image.open(
            io.BytesIO(source) if isinstance(source, bytes) else source, formats=FORMATS
        )
    except Image.DecompressionBombError:
        raise ValueError(
            "The picture is too large; it should have at most "
            f"{MOST_PIXELS // 1_000_000} million pixels."
        ) from None
    except UnidentifiedImageError:
        return _opened_otherwise(_content(source))
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError) as error:
        raise ValueError(
            f"The file {source!s} cannot be read ({error.strerror}); name an existing picture."
        ) from None
    except Exception as error:
        raise _damaged(error) from None
    check_size(image.width, image.height)
    if image.mode.startswith("RGB") and max(_bits(image)) > 8:
        # Pillow keeps 8 of the bits, and of 12 bits in words of 16 only 4.
        with contextlib.suppress(ValueError):
            return read_tiff(_content(source), check_size)
    return image, ""


def _bits(image: Image.Image) -> tuple[int, ...]:
    """Of the values of a TIFF file, as it stores them."""
    found: tuple[int, ...] = getattr(image, "tag_v2", {}).get(BITS_PER_SAMPLE, (8,))
    return found


def _opened_otherwise(content: bytes) -> tuple[Image.Image, str]:
    """A picture of a kind that Pillow does not know."""
    if content.startswith(BEGINNINGS):
        return read_tiff(content, check_size)
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC:
        return _opened_heic(content), ""
    raise ValueError(
        f"The file is not a picture that can be read; it should be a {PICTURE_FILES} file."
    )


def _opened_heic(content: bytes) -> Image.Image:
    # Imported where it is needed: its libraries take 26 MB.
    from pillow_heif import open_heif

    try:
        found = open_heif(content)
        width, height = found.size
    except Exception as error:
        raise _damaged(error) from None
    check_size(width, height)
    try:
        return found.to_pillow()
    except Exception as error:
        raise _damaged(error) from None


def _content(source: Source) -> bytes:
    if isinstance(source, bytes):
        return source
    if isinstance(source, (str, Path)):
        return Path(source).read_bytes()
    source.seek(0)
    return source.read()


def check_size(width: int, height: int) -> None:
    """Refuse more pixels than are read."""
    if width * height > MOST_PIXELS:
        raise ValueError(
            f"The picture has {width} x {height} pixels; "
            f"it should have at most {MOST_PIXELS // 1_000_000} million."
        )


def _damaged(error: Exception) -> ValueError:
    return ValueError(
        f"The picture is damaged and cannot be read ({type(error).__name__}); "
        "save it again and retry."
    )
