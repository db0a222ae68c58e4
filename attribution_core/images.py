"""Pictures from files and uploads, as the networks take them: float32 RGB in 0..255."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps, UnidentifiedImageError

Pixels = npt.NDArray[np.float32]

INPUT = "input"
"""The layer whose points are pictures, and whose head is the whole network."""

MOST_PIXELS = 40_000_000
FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF")


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

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Picture) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)


def digest(array: npt.NDArray[np.generic]) -> str:
    """SHA-256 of an array's content, shape and type."""
    content = hashlib.sha256(f"{array.dtype.str}{array.shape}".encode())
    content.update(np.ascontiguousarray(array).data)
    return content.hexdigest()


def load_image(source: str | Path | bytes | BinaryIO, size: int | tuple[int, int]) -> Pixels:
    """Read a picture, cut out its centre in the wanted aspect and scale it bicubically.

    It is turned upright by its EXIF data; transparent pixels are laid over white; of an animation,
    the first frame is taken.

    Parameters
    ----------
    source : path, bytes or binary file
    size : int or (height, width)
        Of the result, in pixels.

    Returns
    -------
    float32 array ``(height, width, 3)``, RGB 0..255

    Raises
    ------
    ValueError
        When there is no such file, or it is not a JPEG, PNG, WebP, BMP, GIF or TIFF picture, or it
        is damaged, or it has more than 40 million pixels.
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
        upright = _rgb(ImageOps.exif_transpose(image))
    except Exception as error:
        # Pillow's decoders raise whatever type the damage leads them to.
        raise _damaged(error) from None
    fitted = ImageOps.fit(upright, (width, height), Image.Resampling.BICUBIC)
    return np.asarray(fitted, np.float32)


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
        raise ValueError(
            "The file is not a picture that can be read; it should be a JPEG, PNG, WebP, BMP, "
            "GIF or TIFF file."
        ) from None
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError, PermissionError) as error:
        raise ValueError(
            f"The file {source!s} cannot be read ({error.strerror}); name an existing picture."
        ) from None
    except Exception as error:
        raise _damaged(error) from None


def _damaged(error: Exception) -> ValueError:
    return ValueError(
        f"The picture is damaged and cannot be read ({type(error).__name__}); "
        "save it again and retry."
    )


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        # Pillow clips 16-bit grey to 255 where it should scale it.
        values = np.nan_to_num(np.asarray(image, np.float64))
        largest = 65535.0 if image.mode.startswith("I;16") or values.max() > 255 else 255.0
        image = Image.fromarray(np.clip(values / largest * 255, 0, 255).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")
