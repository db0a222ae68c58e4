"""A picture: pixels that are compared by their content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.float32]

INPUT = "input"
"""The layer whose points are pictures, and whose head is the whole network."""


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

    def __repr__(self) -> str:
        # Requests are logged where they fail, and no visitor's picture may be.
        height, width, _ = self.pixels.shape
        return f"Picture({height}×{width})"


def digest(array: npt.NDArray[np.generic]) -> str:
    """SHA-256 of an array's content, shape and type."""
    content = hashlib.sha256(f"{array.dtype.str}{array.shape}".encode())
    content.update(np.ascontiguousarray(array).data)
    return content.hexdigest()
