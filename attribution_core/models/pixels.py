"""What models share that concerns pixels: their type, and how many there are."""

from __future__ import annotations

import re
from typing import Any

import numpy as np


def as_floating(images: Any) -> Any:
    """Return images in a floating type; those that are in one already stay as they are.

    Parameters
    ----------
    images : numpy.ndarray or tensor
        Any shape. Floating types are kept, so that a check in float64 stays in float64;
        all others become float32.

    Returns
    -------
    numpy.ndarray or tensor
        The same kind of object, the same shape.
    """
    if isinstance(images, np.ndarray):
        return images if np.issubdtype(images.dtype, np.floating) else images.astype(np.float32)
    import keras

    if keras.backend.is_float_dtype(keras.backend.standardize_dtype(images.dtype)):
        return images
    return keras.ops.cast(images, "float32")


def size_in(text: str) -> tuple[int, int]:
    """Height and width in pixels, of a text such as ``224`` or ``180x240``.

    Raises
    ------
    ValueError
        When the text is none of these, or a side is 0.
    """
    found = re.fullmatch(r"(\d{1,5})(?:[x×](\d{1,5}))?", text.strip())
    height, width = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not height or not width:
        raise ValueError(
            f"The size '{text}' is none; give pixels, such as 224, or height and width, such as "
            "180x240."
        )
    return height, width
