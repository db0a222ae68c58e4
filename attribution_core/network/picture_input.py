"""What a network takes: pictures of which size, in colour or grey, channels last or first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

USUAL_SIZE = 224
"""Of pictures for a network that takes any size."""

LARGEST_SIDE = 4096
"""Of pictures for a network that takes any size, in pixels."""

_GREY = (0.299, 0.587, 0.114)
"""Of red, green and blue in grey: ITU-R BT.601, as Pillow and Keras make grey pictures."""


@dataclass(frozen=True)
class PictureInput:
    """The input of a network.

    Attributes
    ----------
    height, width : int
    channels : int
        3, or 1 for grey.
    channels_first : bool
        Whether it takes ``(n, channels, height, width)``.
    sides : (int or None, int or None)
        Height and width that the network itself demands; None for any.
    """

    height: int
    width: int
    channels: int
    channels_first: bool
    sides: tuple[int | None, int | None]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of one picture, as the network takes it."""
        if self.channels_first:
            return self.channels, self.height, self.width
        return self.height, self.width, self.channels

    def prepare(self, preprocess: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """From pictures ``(n, h, w, 3)``, RGB in 0..255, to what the network takes.

        Parameters
        ----------
        preprocess : callable
            Of pictures with the network's number of channels, channels last.
        """
        if self.channels == 3 and not self.channels_first:
            return preprocess

        def prepared(pictures: Any) -> Any:
            if self.channels == 1:
                pictures = tf.reduce_sum(pictures * tf.constant(_GREY), axis=-1, keepdims=True)
            pictures = preprocess(pictures)
            if pictures.shape[-1] != self.channels:
                raise ValueError(
                    f"The preprocessing gives pictures of {pictures.shape[-1]} channels, and the "
                    f"network takes {self.channels}; for grey pictures choose one that treats all "
                    "channels alike."
                )
            return first(pictures) if self.channels_first else pictures

        return prepared


def picture_input(
    shape: tuple[int | None, ...], size: int | tuple[int, int] | None = None
) -> PictureInput:
    """The input of a network with inputs of this shape, without the number of pictures.

    Parameters
    ----------
    shape : tuple
        Sides that are None are for any number of pixels.
    size : int, (height, width) or None
        To choose for these; None for `USUAL_SIZE`.

    Raises
    ------
    ValueError
        When the network does not take pictures, or not of the chosen size.
    """
    if len(shape) != 3 or not {shape[0], shape[-1]} & {1, 3}:
        raise ValueError(
            f"The network takes inputs of shape {(None, *shape)}; it should take pictures, "
            "(n, height, width, 3), grey ones, (n, height, width, 1), or these with their channels "
            "first."
        )
    channels_first = shape[-1] not in (1, 3)
    channels = shape[0] if channels_first else shape[-1]
    sides = shape[1:] if channels_first else shape[:2]
    chosen = (size, size) if isinstance(size, int) else size
    for side, other in zip(sides, chosen or sides, strict=True):
        if side is not None and side != other:
            raise ValueError(
                f"The network takes pictures of {sides[0]} × {sides[1]} pixels and no other size; "
                "leave the size out."
            )
    height, width = chosen or (USUAL_SIZE if side is None else side for side in sides)
    if not 1 <= min(height, width) <= max(height, width) <= LARGEST_SIDE:
        raise ValueError(
            f"Pictures cannot have {height} × {width} pixels; give 1 to {LARGEST_SIDE} a side."
        )
    assert channels is not None
    return PictureInput(height, width, channels, channels_first, (sides[0], sides[1]))


def first(planes: Any) -> Any:
    """Planes ``(n, h, w, c)`` with their channels first."""
    return tf.transpose(planes, (0, 3, 1, 2))


def last(planes: Any) -> Any:
    """Planes ``(n, c, h, w)`` with their channels last."""
    return tf.transpose(planes, (0, 2, 3, 1))
