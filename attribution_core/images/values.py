"""Values of more than 8 bits, scaled to 0..255 from the range that they are of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

BITS_PER_SAMPLE, PHOTOMETRIC, MAX_SAMPLE_VALUE, SAMPLE_FORMAT = 258, 262, 281, 339
"""Tags of a TIFF file."""
WHITE_IS_ZERO, SIGNED = 0, 2
"""Values of two of them."""
_BEYOND_WHITE = 1.5
"""Floating-point values overshoot white where a picture was sharpened or brightened."""


@dataclass(frozen=True)
class Kind:
    """What a file says of its values.

    Attributes
    ----------
    floating, signed : bool
    bits : int
        Of each value, as it is stored.
    white : float
        The value that stands for white; 0 where the file does not say it.
    inverted : bool
        Whether 0 stands for white instead.
    """

    floating: bool
    signed: bool
    bits: int
    white: float = 0.0
    inverted: bool = False

    @property
    def usual(self) -> tuple[float, ...]:
        """What can stand for white, in rising order."""
        if self.floating:
            return 1.0, 255.0, 65535.0
        if self.signed:
            return (2.0 ** (self.bits - 1) - 1,)
        # 10 and 12 bits are stored in words of 16 as they are, too.
        stored = 2.0**self.bits - 1
        return (255.0, 1023.0, 4095.0, stored) if self.bits == 16 else (255.0, 65535.0, stored)


def in_8_bits(image: Image.Image) -> tuple[Image.Image, str]:
    """A picture of 8 bits, and what was assumed of its values, in words; may be empty.

    Pillow would clip grey values of more than 8 bits to 255 where they should be scaled.
    """
    if not image.mode.startswith("I") and image.mode != "F":
        return image, ""
    kind = _kind_of(image)
    values = np.asarray(image)
    if image.mode == "I" and kind.bits == 32 and not kind.signed:
        # Pillow holds them as signed numbers, half of which are negative.
        values = values.view(np.uint32)
    scaled, said = scaled_to_255(values, kind)
    result = Image.fromarray(scaled)
    result.info.update(image.info)
    result.getexif().update(image.getexif())
    return result, said


def _kind_of(image: Image.Image) -> Kind:
    tags = getattr(image, "tag_v2", {})
    bits = max(tags.get(BITS_PER_SAMPLE, (16 if image.mode.startswith("I;16") else 32,)))
    named = float(np.max(tags.get(MAX_SAMPLE_VALUE, 0)))
    if 8 < bits < 16 or not tags:
        # All bits are used: so it is in a PNG file of 16 bits, however dark.
        named = 2.0**bits - 1
    return Kind(
        floating=image.mode == "F",
        signed=SIGNED in tags.get(SAMPLE_FORMAT, ()),
        bits=bits,
        white=named,
        inverted=tags.get(PHOTOMETRIC) == WHITE_IS_ZERO,
    )


def scaled_to_255(values: npt.NDArray[np.generic], kind: Kind) -> tuple[npt.NDArray[np.uint8], str]:
    """Values of any shape as whole numbers 0..255, and what was assumed, in words.

    What is not a number counts as 0.
    """
    numbers = np.nan_to_num(np.asarray(values, np.float64), nan=0, posinf=np.inf, neginf=-np.inf)
    found = float(numbers.max(initial=0, where=np.isfinite(numbers)))
    white = _white(found, kind)
    scaled = np.rint(np.clip(numbers / white * 255, 0, 255)).astype(np.uint8)
    said = f"Its values are taken to be from 0 to {white:g}"
    if 0 < found < white / 8:
        said += f", and none is above {found:g}"
    elif white == kind.usual[-1] and white > 255:
        said = ""
    return (255 - scaled if kind.inverted else scaled), said and said + "."


def _white(found: float, kind: Kind) -> float:
    if kind.white >= max(found, 255):
        return kind.white
    if found <= 0:
        # A picture without any light is black whatever the range.
        return 255.0
    beyond = _BEYOND_WHITE if kind.floating else 1
    return next((each for each in kind.usual if found <= beyond * each), kind.usual[-1])
