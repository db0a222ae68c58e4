"""Reference points: what a picture is compared with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, get_args

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.images import Pixels

ReferenceKind = Literal["black", "mean", "blurred", "white", "noise", "shuffled"]
REFERENCE_KINDS: tuple[ReferenceKind, ...] = get_args(ReferenceKind)

BLUR = 10 / 224
"""Standard deviation of the blur as a share of the shorter side (Fong and Vedaldi 2017)."""
RANDOM_KINDS: tuple[ReferenceKind, ...] = ("noise", "shuffled")
"""The kinds that depend on the seed."""
_NOISE, _SHUFFLED = 1, 2


def reference_image(image: Pixels, kind: str, seed: int = 0) -> Pixels:
    """The reference point of a kind for an image (thesis, section 2.2).

    Parameters
    ----------
    image : float array ``(h, w, 3)``, RGB 0..255
    kind : {"black", "mean", "blurred", "white", "noise", "shuffled"}
        All 0; the image's mean colour; the image under a Gaussian blur of σ = 10/224 of its shorter
        side; all 255; independent uniform noise on 0..255; the image's own pixels in random order.
    seed : int
        Of the noise and of the order.

    Returns
    -------
    float32 array of the image's shape, RGB 0..255

    Raises
    ------
    ValueError
        When the kind is not one of the six.
    """
    image = np.asarray(image, np.float32)
    if kind == "black":
        return np.zeros_like(image)
    if kind == "white":
        return np.full_like(image, 255)
    if kind == "mean":
        return np.full_like(image, image.mean(axis=(0, 1), dtype=np.float64))
    if kind == "blurred":
        from skimage import filters

        gaussian: Callable[..., Any] = filters.gaussian
        blurred = gaussian(image, BLUR * min(image.shape[:2]), mode="nearest", channel_axis=-1)
        return np.asarray(blurred.clip(0, 255), np.float32)
    if kind == "noise":
        # A stream of its own: the methods draw from the seed itself.
        random = np.random.default_rng((seed, _NOISE))
        return np.asarray(random.uniform(0, 255, image.shape), np.float32)
    if kind == "shuffled":
        return shuffled(image, seed)
    raise ValueError(f"The reference '{kind}' is not known; use {', '.join(REFERENCE_KINDS)}.")


def shuffled(values: FloatArray, seed: int = 0) -> FloatArray:
    """The same positions in random order: a picture's pixels, or a layer's activations.

    What stands at one position stays together, colours as well as channels.

    Parameters
    ----------
    values : float array ``(h, w, c)``
    seed : int
        Of the order.

    Returns
    -------
    float array of that shape and dtype
    """
    positions = np.asarray(values).reshape(-1, values.shape[-1])
    order = np.random.default_rng((seed, _SHUFFLED)).permutation(len(positions))
    return np.asarray(positions[order].reshape(values.shape))
