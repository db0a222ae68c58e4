"""Values of more than 8 bits, scaled to 0..255 from the range that they are of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from attribution_core.images.reducing import STRIP, strips

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


@dataclass(frozen=True)
class Scale:
    """How the values of a picture become whole numbers from 0 to 255.

    Attributes
    ----------
    white : float
        The value that stands for white.
    assumed : str
        What was assumed, in words; may be empty.
    inverted : bool
        Whether 0 stands for white instead.
    unsigned : bool
        Whether Pillow holds the values as signed numbers, half of which are negative, and they are
        not.
    """

    white: float
    assumed: str
    inverted: bool = False
    unsigned: bool = False

    def applied(self, values: npt.NDArray[np.generic]) -> npt.NDArray[np.uint8]:
        """Values of any shape, scaled. What is not a number counts as 0."""
        result = np.empty(values.shape, np.uint8)
        for found, scaled in zip(blocks(values), blocks(result), strict=True):
            numbers = found.astype(np.float64)
            np.nan_to_num(numbers, copy=False, nan=0, posinf=np.inf, neginf=-np.inf)
            scaled[...] = np.rint(np.clip(numbers / self.white * 255, 0, 255))
        return 255 - result if self.inverted else result

    def applied_to(self, image: Image.Image) -> Image.Image:
        """A picture, or a part of one, scaled."""
        return Image.fromarray(self.applied(_numbers(image, self.unsigned)))


def scale_of(parts: Iterable[npt.NDArray[np.generic]], kind: Kind) -> Scale:
    """The scale of a picture whose values come in parts.

    Raises
    ------
    ValueError
        When none of the values is a finite number.
    """
    largest, numbers, undefined = 0.0, False, False
    for part in parts:
        values = part.astype(np.float64)
        finite = np.isfinite(values)
        numbers, undefined = (
            numbers or bool(finite.any()),
            undefined or bool(np.isnan(values).any()),
        )
        largest = max(largest, float(values.max(initial=0, where=finite)))
    if not numbers:
        raise ValueError("The picture has no value that is a finite number; save it again.")
    white = _white(largest, kind)
    said = f"Its values are taken to be from 0 to {white:g}"
    if 0 < largest < white / 8:
        said += f", and none is above {largest:g}"
    elif white == kind.usual[-1] and white > 255:
        said = ""
    sentences = [f"{said}."] * bool(said) + ["What is not a number is shown as 0."] * undefined
    return Scale(white, " ".join(sentences), kind.inverted)


def scale_in(image: Image.Image) -> Scale | None:
    """The scale of a picture of more than 8 bits a value; None for one that needs none.

    Pillow would clip grey values of more than 8 bits to 255 where they should be scaled.
    """
    if not image.mode.startswith("I") and image.mode != "F":
        return None
    kind = _kind_of(image)
    unsigned = image.mode == "I" and kind.bits == 32 and not kind.signed
    found = scale_of((_numbers(strip, unsigned) for strip in strips(image)), kind)
    return replace(found, unsigned=unsigned)


def blocks(values: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
    """Views of an array's rows, about 260,000 values at a time."""
    rows = max(1, STRIP * len(values) // max(1, values.size))
    for start in range(0, len(values), rows):
        yield values[start : start + rows]


def _numbers(image: Image.Image, unsigned: bool) -> npt.NDArray[np.generic]:
    values = np.asarray(image)
    return values.view(np.uint32) if unsigned else values


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


def _white(found: float, kind: Kind) -> float:
    if kind.white >= max(found, 255):
        return kind.white
    if found <= 0:
        # A picture without any light is black whatever the range.
        return 255.0
    beyond = _BEYOND_WHITE if kind.floating else 1
    return next((each for each in kind.usual if found <= beyond * each), kind.usual[-1])
