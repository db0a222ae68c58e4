"""What the preprocessing of all built-in models shares."""

from __future__ import annotations

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
