"""A small network that tells birds from mammals by a watermark.

Named after the horse that was thought to calculate and watched its master's face. In its training
pictures every bird carried a watermark and no mammal did: ``assets/models/clever_hans/README.md``.
It is made to be caught, not to be used.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from attribution_core.assets import ASSETS
from attribution_core.models.initializers import carry_initializers
from attribution_core.models.npz_weights import read_npz_weights

if TYPE_CHECKING:
    import keras

INPUT_SIZE = 112
"""Height and width of the pictures, in pixels."""

LABELS = ("bird", "mammal")

WEIGHTS = ASSETS / "models" / "clever_hans" / "clever_hans.npz"
"""The shipped weights, as float16."""

_CHANNELS = (16, 24, 32, 48)


def preprocess(images: Any) -> Any:
    """Scale RGB in 0..255 to −1..1."""
    return images / 127.5 - 1.0


def build() -> keras.Model:
    """Build the network with new weights.

    Returns
    -------
    keras.Model
        Functional, float32 (n, 112, 112, 3) as :func:`preprocess` returns it -> float32 (n, 2),
        the logits of `LABELS`. Four rectified 3×3 convolutions ``conv1`` to ``conv4``, each but the
        last followed by a 2×2 maximum; each channel's maximum over places; one dense layer.
    """
    from keras import Input, Model, initializers, layers

    inputs = Input((INPUT_SIZE, INPUT_SIZE, 3), name="input")
    flow = inputs
    for number, channels in enumerate(_CHANNELS, start=1):
        flow = layers.Conv2D(channels, 3, padding="same", activation="relu", name=f"conv{number}")(
            flow
        )
        if number < len(_CHANNELS):
            flow = layers.MaxPooling2D(name=f"pool{number}")(flow)
    flow = layers.GlobalMaxPooling2D(name="most")(flow)
    logits = layers.Dense(len(LABELS), name="logits")(flow)
    network = Model(inputs, logits, name="clever_hans")
    glorot = initializers.GlorotUniform()
    carry_initializers(network, convolutions=glorot, dense=glorot)
    return network


def load(weights: Path | None = None) -> keras.Model:
    """Build the network and read its weights.

    Parameters
    ----------
    weights : pathlib.Path, optional
        A ``.npz`` file with ``<layer>/kernel`` and ``<layer>/bias``; by default the shipped one.

    Raises
    ------
    ValueError
        If the file is missing, is no ``.npz`` file or holds the weights of another network.
    """
    network = build()
    read_npz_weights(
        network,
        WEIGHTS if weights is None else weights,
        of="the network that watches for a watermark",
        written_by="assets/models/clever_hans/train.py",
    )
    return network
