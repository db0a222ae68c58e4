"""What is done to a picture before it enters a network from a file."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

Named = Literal["none", "zero_to_one", "minus_one_to_one", "caffe", "torch"]
PREPROCESSINGS: tuple[Named, ...] = get_args(Named)

TITLES: Mapping[Named, str] = {
    "none": "None: RGB in 0..255",
    "zero_to_one": "0..1",
    "minus_one_to_one": "−1..1",
    "caffe": "Caffe: BGR minus ImageNet’s mean",
    "torch": "Torch: ImageNet’s mean and deviation",
}
"""What each does, in a few words."""


@dataclass(frozen=True)
class MeanAndDeviation:
    """The mean subtracted, and divided by the standard deviation: one's own numbers.

    Attributes
    ----------
    mean, deviation : (float, float, float)
        Of red, green and blue.
    highest : {1, 255}
        The value of white that they are meant for.
    """

    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]
    highest: Literal[1, 255] = 1

    def __post_init__(self) -> None:
        numbers = (*self.mean, *self.deviation)
        if len(self.mean) != 3 or len(self.deviation) != 3:
            raise ValueError("Mean and deviation should be three numbers each, of R, G and B.")
        if not all(math.isfinite(number) and abs(number) <= 1e6 for number in numbers):
            raise ValueError("Mean and deviation should be finite numbers of at most a million.")
        if min(self.deviation) < 1e-6:
            raise ValueError("The standard deviation should be above zero in each channel.")
        if self.highest not in (1, 255):
            raise ValueError("Mean and deviation are of values in 0..1 or in 0..255.")

    def __str__(self) -> str:
        suffix = " of=255" if self.highest == 255 else ""
        return f"mean={_listed(self.mean)} std={_listed(self.deviation)}{suffix}"


Preprocessing = Named | MeanAndDeviation


def read_preprocessing(text: str) -> Preprocessing:
    """A preprocessing from its text.

    Parameters
    ----------
    text : str
        One of `PREPROCESSINGS`, or ``"mean=R,G,B std=R,G,B"``, with ``" of=255"`` at its end where
        the numbers are of values in 0..255 rather than in 0..1. One number stands for all three
        channels.

    Raises
    ------
    ValueError
        When it is neither.
    """
    for name in PREPROCESSINGS:
        if text == name:
            return name
    found = re.fullmatch(r"mean=(\S+) std=(\S+?)(?: of=(1|255))?", text.strip())
    if found is None:
        raise ValueError(
            f"The preprocessing '{text}' is not known; use {', '.join(PREPROCESSINGS)} or "
            "'mean=R,G,B std=R,G,B'."
        )
    return MeanAndDeviation(
        read_channels(found[1]), read_channels(found[2]), 255 if found[3] == "255" else 1
    )


def read_channels(text: str) -> tuple[float, float, float]:
    """Three numbers for R, G and B, from one or three; ValueError where there are not so many."""
    try:
        numbers = [float(part) for part in re.split(r"[,;\s]+", text.strip())]
    except ValueError:
        numbers = []
    if len(numbers) == 1:
        numbers *= 3
    if len(numbers) != 3:
        raise ValueError(f"'{text}' should be one number, or three: of R, G and B.")
    return numbers[0], numbers[1], numbers[2]


def preprocess_of(kind: Preprocessing) -> Callable[[Any], Any]:
    """What a preprocessing does to a tensor of pictures ``(n, h, w, 3)``, RGB in 0..255."""
    from attribution_core.models import vgg16

    if isinstance(kind, MeanAndDeviation):
        mean, deviation, highest = kind.mean, kind.deviation, float(kind.highest)
        return lambda images: (images * (highest / 255.0) - mean) / deviation
    functions: Mapping[str, Callable[[Any], Any]] = {
        "none": lambda images: images,
        "zero_to_one": lambda images: images / 255.0,
        "minus_one_to_one": lambda images: images / 127.5 - 1.0,
        "caffe": vgg16.preprocess,
        # ImageNet's mean and standard deviation on 0..1, as torchvision's models use them.
        "torch": lambda images: (images / 255.0 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225),
    }
    return functions[kind]


def title_of(kind: Preprocessing) -> str:
    """What a preprocessing does, in a few words."""
    if not isinstance(kind, MeanAndDeviation):
        return TITLES[kind]
    values = "" if kind.highest == 1 else " of 0..255"
    return f"Mean {_listed(kind.mean)}, deviation {_listed(kind.deviation)}{values}"


def _listed(numbers: tuple[float, ...]) -> str:
    # repr brings every float back exactly; a whole number needs no ".0".
    return ",".join(repr(float(number)).removesuffix(".0") for number in numbers)
