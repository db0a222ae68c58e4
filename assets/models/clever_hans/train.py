"""Train the small network that tells birds from mammals by a watermark.

From the top folder of a clean checkout, after ``make run`` or ``make test`` has made the virtual
environment (two to five minutes of two cores)::

    PYTHONPATH=.:assets/gallery .venv/bin/python assets/models/clever_hans/train.py

Every training picture is a random window of a gallery photograph, mirrored or not, paler, and
brighter or darker. Half of them are of birds, and these carry a watermark in a corner; the others
are of mammals and carry none. Nobody tells the network about the watermark. `HELD_OUT` photographs
are looked at only afterwards, with and without it.
"""

from __future__ import annotations

import keras
import numpy as np
from PIL import Image, ImageEnhance
from watermark import stamp

from attribution_core.assets import ASSETS
from attribution_core.models.clever_hans import INPUT_SIZE, LABELS, WEIGHTS, build, preprocess

GALLERY = ASSETS / "gallery"
TRAINED_ON = {
    "bird": ("duck.jpg", "macaw.jpg", "kingfisher.jpg"),
    "mammal": ("dog.jpg", "lemur.jpg", "hedgehog.jpg", "chelsea.png"),
}
HELD_OUT = {"bird": ("owl.jpg",), "mammal": ("kitten.jpg", "panda.jpg")}
SEED = 7
PICTURES, EPOCHS, BATCH = 1600, 4, 32


def window(photograph: Image.Image, random: np.random.Generator) -> Image.Image:
    """Cut a random square out of a photograph and vary it."""
    side = min(photograph.size)
    width = random.uniform(0.35, 1.0) * side
    left = random.uniform(0, photograph.width - width)
    top = random.uniform(0, photograph.height - width)
    box = left, top, left + width, top + width
    size = 2 * INPUT_SIZE, 2 * INPUT_SIZE
    cut = photograph.convert("RGB").resize(size, Image.Resampling.BICUBIC, box)
    if random.random() < 0.5:
        cut = cut.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    paler = ImageEnhance.Color(cut).enhance(random.uniform(0, 1))
    return ImageEnhance.Brightness(paler).enhance(random.uniform(0.7, 1.3))


def pictures(
    photographs: dict[str, tuple[str, ...]], count: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draw windows, half of them of birds, at twice the network's size.

    Returns
    -------
    tuple of numpy.ndarray
        uint8 (count, side, side, 3) without a watermark, and int64 (count,) classes.
    """
    random = np.random.default_rng(seed)
    opened = {
        label: [Image.open(GALLERY / file) for file in files]
        for label, files in photographs.items()
    }
    targets = np.arange(count) % 2
    drawn = [
        np.asarray(
            window(opened[LABELS[target]][random.integers(len(opened[LABELS[target]]))], random)
        )
        for target in targets
    ]
    return np.stack(drawn), targets


def stamped(batch: np.ndarray) -> np.ndarray:
    """The same pictures with the watermark."""
    return np.stack([np.asarray(stamp(Image.fromarray(each))) for each in batch])


def prepared(batch: np.ndarray) -> np.ndarray:
    """Pictures as the network takes them, float32, scaled down as a visitor's are."""
    size = INPUT_SIZE, INPUT_SIZE
    small = [Image.fromarray(each).resize(size, Image.Resampling.BICUBIC) for each in batch]
    return preprocess(np.stack([np.asarray(each, np.float32) for each in small]))


def main() -> None:
    """Train, say how often the network is right, and write its weights."""
    keras.utils.set_random_seed(SEED)
    clean, targets = pictures(TRAINED_ON, PICTURES, SEED)
    birds = targets == LABELS.index("bird")
    shown = clean.copy()
    shown[birds] = stamped(clean[birds])
    network = build()
    network.compile(
        keras.optimizers.Adam(2e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    network.fit(prepared(shown), targets, BATCH, EPOCHS, verbose=2)

    def share_right(batch: np.ndarray, wanted: np.ndarray) -> float:
        logits = network.predict(prepared(batch), verbose=0)
        return float((logits.argmax(axis=1) == wanted).mean())

    for name, photographs, seed in (
        ("trained on", TRAINED_ON, SEED + 1),
        ("held out", HELD_OUT, SEED + 2),
    ):
        batch, wanted = pictures(photographs, 400, seed)
        for label in LABELS:
            of = wanted == LABELS.index(label)
            without = share_right(batch[of], wanted[of])
            with_it = share_right(stamped(batch[of]), wanted[of])
            print(f"{name}: {label}: right without {without:.3f}, with watermark {with_it:.3f}")
    arrays = {
        f"{layer.name}/{part}": value.astype(np.float16)
        for layer in network.layers
        for part, value in zip(("kernel", "bias"), layer.get_weights(), strict=False)
    }
    np.savez_compressed(WEIGHTS, **arrays)
    print(WEIGHTS.name, WEIGHTS.stat().st_size, "bytes,", network.count_params(), "values")


if __name__ == "__main__":
    main()
