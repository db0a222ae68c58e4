"""Look at the gallery's pictures through the shipped network.

Prints, for the pictures that were never used for training, the first classes of the student and
of its teacher, and for the cat beside the coffee the share of each class's map that lies on its
own half. From the top folder of the repository, in the project's own environment::

    PYTHONPATH=. .venv/bin/python assets/models/vgg16_cam/examine.py
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from PIL import Image, ImageOps

from attribution_core.models import efficientnet_lite0, vgg16_cam
from attribution_core.models.labels import imagenet_labels

GALLERY = Path(__file__).resolve().parents[2] / "gallery"
"""The pictures."""

FILES = ("chelsea.png", "coffee.png", "camera.png", "rocket.jpg", "cat_coffee.png")
"""Those whose classes are known; see ``README.md``."""

LAYERS = ("block4_conv3", "block5_conv1", "block5_conv3", "block5_pool", "cam_relu")
"""Where the maps are taken."""


def picture(path: Path) -> np.ndarray:
    """Read a picture and cut its central square out.

    Parameters
    ----------
    path : pathlib.Path
        An image file.

    Returns
    -------
    numpy.ndarray
        Uint8 (224, 224, 3), RGB.
    """
    with Image.open(path) as image:
        fitted = ImageOps.fit(image.convert("RGB"), (224, 224), Image.Resampling.BICUBIC)
        return np.asarray(fitted)


def leading(logits: np.ndarray, labels: tuple[str, ...]) -> str:
    """Name the first three classes.

    Parameters
    ----------
    logits : numpy.ndarray
        (1000,).
    labels : tuple of str
        Names of the classes.

    Returns
    -------
    str
        Index, name and probability of each.
    """
    exponentials = np.exp(logits - logits.max())
    chances = exponentials / exponentials.sum()
    best = np.argsort(-logits)[:3]
    return " · ".join(f"{i} {labels[i]} {chances[i]:.3f}" for i in best)


def gradient_map(model: keras.Model, layer: str, pixels: np.ndarray, target: int) -> np.ndarray:
    """Compute Grad-CAM.

    Parameters
    ----------
    model : keras.Model
        The student.
    layer : str
        Where.
    pixels : numpy.ndarray
        Uint8 (224, 224, 3).
    target : int
        The class.

    Returns
    -------
    numpy.ndarray
        Not negative, of the layer's height and width.
    """
    both = keras.Model(model.input, [model.get_layer(layer).output, model.output])
    with tf.GradientTape() as tape:
        activations, logits = both(vgg16_cam.preprocess(pixels[None]))
        score = logits[0, target]
    weights = tf.reduce_mean(tape.gradient(score, activations), (1, 2), keepdims=True)
    return np.maximum(tf.reduce_sum(weights * activations, -1)[0].numpy(), 0)


def main() -> None:
    """Print the table and the shares."""
    parser = argparse.ArgumentParser(description="Examine the shipped network.")
    parser.add_argument("--weights", type=Path, default=vgg16_cam.WEIGHTS)
    weights = parser.parse_args().weights
    labels = imagenet_labels()
    started = time.monotonic()
    model = vgg16_cam.load(weights)
    print(f"loaded in {time.monotonic() - started:.2f} s, {model.count_params():,} values")
    teacher = efficientnet_lite0.load()
    for name in FILES:
        pixels = picture(GALLERY / name)[None]
        student = np.asarray(model(vgg16_cam.preprocess(pixels)))[0]
        truth = np.asarray(teacher(efficientnet_lite0.preprocess(pixels)))[0]
        print(f"{name}\n  student {leading(student, labels)}\n  teacher {leading(truth, labels)}")
    pixels = picture(GALLERY / "cat_coffee.png")
    for layer in LAYERS:
        shares = []
        for target, side in ((285, 0), (967, 1)):
            heat = gradient_map(model, layer, pixels, target)
            half = heat.shape[1] // 2
            own = heat[:, :half] if side == 0 else heat[:, heat.shape[1] - half :]
            shares.append(own.sum() / max(heat.sum(), 1e-9))
        print(f"{layer}: on its own half lie {shares[0]:.2f} of the cat's map,")
        print(f"    {shares[1]:.2f} of the coffee's")


if __name__ == "__main__":
    main()
