"""Reference points, and sets of them: what a picture is compared with."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Literal, get_args

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.assets import ASSETS
from attribution_core.images import Picture, Pixels, load_image
from attribution_core.images.blur import blurred

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
        return _blurred(image, BLUR * min(image.shape[:2]))
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


ReferenceSet = Literal["pictures", "blurs", "black and white"]
"""Other pictures of the gallery; the picture itself, blurred more and more; one black and one
white."""

REFERENCES: dict[ReferenceSet, int] = {"pictures": 16, "blurs": 8, "black and white": 2}
"""How many there are of each."""

NARROWEST, WIDEST = 1 / 64, 1 / 4
"""Of the blurs: standard deviations as shares of the shorter side, evenly spread by their
logarithms."""


def reference_pictures(picture: Picture, kind: ReferenceSet) -> tuple[Picture, ...]:
    """The reference points of a set for a picture.

    Parameters
    ----------
    picture : Picture
    kind : {"pictures", "blurs", "black and white"}
        16 pictures, every other one of the gallery and none of them this one; 8 Gaussian blurs,
        edges repeated, from 1/64 to 1/4 of the shorter side; two pictures of one colour.

    Returns
    -------
    tuple of Picture, of the picture's size

    Raises
    ------
    ValueError
        When the kind is none of the three.
    """
    pixels = picture.pixels
    if kind == "pictures":
        others = (each for each in _every_other(pixels.shape[:2]) if each != picture)
        return tuple(others)[: REFERENCES[kind]]
    if kind == "blurs":
        shorter = min(pixels.shape[:2])
        return tuple(
            Picture.of(_blurred(pixels, share * shorter))
            for share in np.geomspace(NARROWEST, WIDEST, REFERENCES[kind])
        )
    if kind == "black and white":
        return tuple(Picture.of(np.full_like(pixels, colour)) for colour in (0, 255))
    raise ValueError(
        f"The references '{kind}' are not known; use {', '.join(get_args(ReferenceSet))}."
    )


@lru_cache(maxsize=2)
def _every_other(size: tuple[int, int]) -> tuple[Picture, ...]:
    """Every other picture of the gallery, so that all its kinds are among them."""
    folder = ASSETS / "gallery"
    entries = json.loads((folder / "gallery.json").read_text("utf-8"))
    return tuple(Picture.of(load_image(folder / each["file"], size)) for each in entries[1::2])


def _blurred(pixels: Pixels, width: float) -> Pixels:
    return np.asarray(blurred(pixels, width).clip(0, 255), np.float32)
