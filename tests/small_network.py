"""A network that costs nothing, under the labels of ImageNet: for tests of how pages look."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

CHOSEN = {"model": "own", "layer": "top"}
"""In a link to an app that has the network: the network, at its last convolution."""

SMALL = urlencode(CHOSEN)

LABELS = Path(__file__).resolve().parents[1] / "assets" / "imagenet_labels.txt"
SEED = 3
SIZE = 112
CHANNELS = {"stem": 8, "low": 12, "middle": 16, "high": 24, "top": 32}


def save(path: Path) -> None:
    """Write a random network of a thousand classes, with 7×7 positions at ``top``."""
    import keras
    from keras import layers

    seeds = iter(range(SEED, SEED + 100))
    flow = entry = keras.Input((SIZE, SIZE, 3), name="pictures")
    for number, (name, channels) in enumerate(CHANNELS.items()):
        flow = layers.Conv2D(
            channels,
            3,
            padding="same",
            activation="relu",
            kernel_initializer=keras.initializers.HeNormal(next(seeds)),
            name=name,
        )(flow)
        if number + 1 < len(CHANNELS):
            flow = layers.MaxPooling2D(name=f"{name}_pool")(flow)
    mean = layers.GlobalAveragePooling2D(name="mean")(flow)
    logits = layers.Dense(
        1000,
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.7, seed=next(seeds)),
        name="logits",
    )(mean)
    keras.Model(entry, logits, name="small").save(path)


def environment(network: Path) -> dict[str, str]:
    """What a server is told of a file that `save` has written."""
    return {
        "ATTRIBUTION_MODEL": str(network),
        "ATTRIBUTION_MODEL_LABELS": str(LABELS),
        "ATTRIBUTION_MODEL_PREPROCESSING": "minus_one_to_one",
    }
