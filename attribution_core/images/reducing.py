"""Large pictures made smaller before anything else is done with them, a strip at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from PIL import Image

FINER = 3
"""How many times finer than wanted a reduced picture stays: what is scaled down from it is hardly
told apart from what is scaled down from the whole."""
STRIP = 2**18
"""Pixels that are worked on at a time."""


def draft(image: Image.Image, size: tuple[int, int]) -> None:
    """Let a JPEG file that is far larger than ``size`` (height, width) be decoded smaller."""
    factor = _factor(image.size, size)
    if factor > 1:
        image.draft(None, (image.width // factor, image.height // factor))


def reduced(
    image: Image.Image, size: tuple[int, int], plain: Callable[[Image.Image], Image.Image]
) -> Image.Image:
    """The part of a picture that is needed, in 8 bits, at least three times finer than wanted.

    Parameters
    ----------
    image : Image
    size : (int, int)
        Height and width wanted, of the picture or of the picture turned by a right angle.
    plain : callable
        Takes a strip of the picture and returns it in 8 bits a value.
    """
    left, top, right, bottom = _needed(image.size, size)
    factor = _factor((right - left, bottom - top), size)
    rows = factor * max(1, STRIP // (factor * (right - left)))
    result: Image.Image | None = None
    for start in range(top, bottom, rows):
        strip = plain(image.crop((left, start, right, min(start + rows, bottom))))
        strip = _in_colours(strip).reduce(factor)
        if result is None:
            height = math.ceil((bottom - top) / factor)
            result = Image.new(strip.mode, (strip.width, height))
        result.paste(strip, (0, (start - top) // factor))
    assert result is not None
    result.info.update(image.info)
    result.info.pop("transparency", None)
    result.getexif().update(image.getexif())
    return result


def strips(image: Image.Image) -> Iterator[Image.Image]:
    """A picture from the top down, a part of whole rows at a time."""
    rows = max(1, STRIP // image.width)
    for top in range(0, image.height, rows):
        yield image.crop((0, top, image.width, min(top + rows, image.height)))


def _needed(found: tuple[int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The middle of a picture (width, height), in the wanted aspect or longer."""
    width, height = found
    longer = max(size) / min(size)
    left = (width - min(width, math.ceil(height * longer))) // 2
    top = (height - min(height, math.ceil(width * longer))) // 2
    return left, top, width - left, height - top


def _factor(found: tuple[int, int], size: tuple[int, int]) -> int:
    return max(1, min(found) // (FINER * max(size)))


def _in_colours(image: Image.Image) -> Image.Image:
    """Colours that can be averaged, in the place of bits or numbers of a palette."""
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode == "1":
        return image.convert("L")
    return image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")
