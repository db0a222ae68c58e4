"""Pictures from files and uploads, as the networks take them: float32 RGB in 0..255."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

Pixels = npt.NDArray[np.float32]

INPUT = "input"
"""The layer whose points are pictures, and whose head is the whole network."""

MOST_PIXELS = 40_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "BMP", "GIF", "TIFF")
PICTURE_FILES = "JPEG, PNG, WebP, AVIF, BMP, GIF or TIFF"
"""The formats as a sentence names them."""
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
"""The brands of files that hold HEVC pictures, as phones write them."""


@dataclass(frozen=True, eq=False)
class Picture:
    """Pixels that are compared and hashed by their content, so that they can be part of a key.

    Attributes
    ----------
    pixels : float32 array ``(h, w, 3)``, RGB 0..255, read-only
    digest : str
        SHA-256 of the pixels and their shape.
    """

    pixels: Pixels
    digest: str

    @classmethod
    def of(cls, pixels: Pixels) -> Picture:
        """Take a read-only copy of pixels ``(h, w, 3)``; ValueError where they are not a
        picture."""
        pixels = np.array(pixels, np.float32, order="C")
        if pixels.ndim != 3 or pixels.shape[2] != 3:
            raise ValueError(
                f"The image has shape {pixels.shape}; it should have shape (height, width, 3)."
            )
        if not np.isfinite(pixels).all() or pixels.min() < 0 or pixels.max() > 255:
            raise ValueError("The image has values outside 0..255; it should hold RGB in 0..255.")
        pixels.flags.writeable = False
        return cls(pixels, digest(pixels))

    @classmethod
    def given(cls, pixels: Pixels) -> Picture:
        """The same of an array from a caller, who may hold pictures in 0..1: ValueError there."""
        pixels = np.asarray(pixels)
        if pixels.dtype.kind == "f" and pixels.size and 0 < pixels.max() <= 1:
            raise ValueError(
                "The image has values in 0..1; it should hold RGB in 0..255: multiply it by 255."
            )
        return cls.of(pixels)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Picture) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)


def digest(array: npt.NDArray[np.generic]) -> str:
    """SHA-256 of an array's content, shape and type."""
    content = hashlib.sha256(f"{array.dtype.str}{array.shape}".encode())
    content.update(np.ascontiguousarray(array).data)
    return content.hexdigest()


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


def load_image(source: str | Path | bytes | BinaryIO, size: int | tuple[int, int]) -> Pixels:
    """The pixels of a picture in a file, as `decode` reads it."""
    return decode(source, size).pixels


def decode(source: str | Path | bytes | BinaryIO, size: int | tuple[int, int]) -> Decoded:
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
        When there is no such file, or it is not a JPEG, PNG, WebP, AVIF, BMP, GIF or TIFF picture,
        or it is damaged, or it has more than 40 million pixels.
    """
    height, width = (size, size) if isinstance(size, int) else size
    image = _opened(source)
    if image.width * image.height > MOST_PIXELS:
        raise ValueError(
            f"The picture has {image.width} x {image.height} pixels; "
            f"it should have at most {MOST_PIXELS // 1_000_000} million."
        )
    try:
        # Decoding happens here, at the first look at the pixels.
        grey, of_values = _in_8_bits(image)
        converted, of_colours = _in_srgb(ImageOps.exif_transpose(grey))
        fitted = ImageOps.fit(_over_white(converted), (width, height), Image.Resampling.BICUBIC)
    except Exception as error:
        # Pillow's decoders raise whatever type the damage leads them to.
        raise _damaged(error) from None
    assumed = " ".join(sentence for sentence in (of_values, of_colours) if sentence)
    return Decoded(np.asarray(fitted, np.float32), assumed)


def _opened(source: str | Path | bytes | BinaryIO) -> Image.Image:
    try:
        return Image.open(
            io.BytesIO(source) if isinstance(source, bytes) else source, formats=FORMATS
        )
    except Image.DecompressionBombError:
        raise ValueError(
            "The picture is too large; it should have at most "
            f"{MOST_PIXELS // 1_000_000} million pixels."
        ) from None
    except UnidentifiedImageError:
        if _begins_like_heic(source):
            raise ValueError(
                "The picture is a HEIC file, which cannot be read; "
                f"save it as a {PICTURE_FILES} file."
            ) from None
        raise ValueError(
            f"The file is not a picture that can be read; it should be a {PICTURE_FILES} file."
        ) from None
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError) as error:
        raise ValueError(
            f"The file {source!s} cannot be read ({error.strerror}); name an existing picture."
        ) from None
    except Exception as error:
        raise _damaged(error) from None


def _begins_like_heic(source: str | Path | bytes | BinaryIO) -> bool:
    if isinstance(source, bytes):
        beginning = source[:12]
    elif isinstance(source, (str, Path)):
        with Path(source).open("rb") as file:
            beginning = file.read(12)
    else:
        source.seek(0)
        beginning = source.read(12)
    return beginning[4:8] == b"ftyp" and beginning[8:12] in _HEIC


def _damaged(error: Exception) -> ValueError:
    return ValueError(
        f"The picture is damaged and cannot be read ({type(error).__name__}); "
        "save it again and retry."
    )


def _in_8_bits(image: Image.Image) -> tuple[Image.Image, str]:
    """Grey values of more than 8 bits, which Pillow would clip to 255 where it should scale."""
    if not image.mode.startswith("I") and image.mode != "F":
        return image, ""
    values = np.nan_to_num(np.asarray(image, np.float64))
    largest = _largest_value(image, float(values.max()))
    scaled = Image.fromarray(np.clip(values / largest * 255, 0, 255).astype(np.uint8))
    scaled.info.update(image.info)
    scaled.getexif().update(image.getexif())
    said = "" if largest == 65535 else f"Its values are taken to be from 0 to {largest:g}."
    return scaled, said


def _largest_value(image: Image.Image, found: float) -> float:
    """What stands for white: as the file says, or the smallest usual number that is enough."""
    tags = getattr(image, "tag_v2", {})
    bits = max(tags.get(_BITS_PER_SAMPLE, (0,)))
    if 8 < bits < 16:
        return float(2**bits - 1)
    if image.mode.startswith("I;16"):
        named = max(np.atleast_1d(tags.get(_MAX_SAMPLE_VALUE, 65535)))
        return float(named) if max(found, 255) <= named else 65535.0
    usual = (1.0, 255.0, 65535.0) if image.mode == "F" else (255.0, 65535.0, 2.0**32 - 1)
    # A picture without any light is black whatever the range.
    return 255.0 if found <= 0 else next((each for each in usual if found <= each), usual[-1])


_BITS_PER_SAMPLE, _MAX_SAMPLE_VALUE = 258, 281
"""Tags of a TIFF file."""


def _in_srgb(image: Image.Image) -> tuple[Image.Image, str]:
    """Colours as they are meant: converted from the profile that the file brings."""
    if not image.info.get("icc_profile"):
        return image, ""
    alpha = image.convert("RGBA").getchannel("A") if image.has_transparency_data else None
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(image.info["icc_profile"]))
        mode = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}[profile.profile.xcolor_space.strip()]
        if (mode == "CMYK") != (image.mode == "CMYK"):
            return image, "Its colour profile is for other colours and was left out."
        plain = image.convert(mode)
        converted = ImageCms.profileToProfile(
            plain,
            profile,
            ImageCms.createProfile("sRGB"),
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            "RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        name = ImageCms.getProfileDescription(profile).strip()[:60]
    except (ImageCms.PyCMSError, OSError, KeyError, ValueError):
        return image, "Its colour profile cannot be read and was left out."
    assert converted is not None
    difference = np.asarray(converted, int) - np.asarray(plain.convert("RGB"), int)
    if mode != "CMYK" and np.abs(difference).max() <= 1:
        return image, ""  # sRGB already, but for rounding
    if alpha is not None:
        converted.putalpha(alpha)
    return converted, f"Its colours are converted from “{name}” to sRGB."


def _over_white(image: Image.Image) -> Image.Image:
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")
