"""The built-in model: what it says of the gallery's pictures, and what it is made of."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from attribution_core import Classifier
from attribution_core.models import efficientnet_lite0

ASSETS = Path(__file__).resolve().parents[2] / "assets"
GALLERY = ASSETS / "gallery"


@pytest.fixture(scope="module")
def model(efficientnet: Classifier) -> keras.Model:
    return efficientnet.network


def pixels(file: str) -> np.ndarray:
    """Centre crop, bicubic to 224×224; uint8 (1, 224, 224, 3)."""
    with Image.open(GALLERY / file) as opened:
        picture = opened.convert("RGB")
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    square = picture.crop((left, top, left + side, top + side))
    return np.asarray(square.resize((224, 224), Image.Resampling.BICUBIC))[None]


def probabilities(model: keras.Model, images: Any) -> np.ndarray:
    return tf.nn.softmax(model(efficientnet_lite0.preprocess(images))).numpy()


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("chelsea.png", {285: 0.385, 282: 0.332, 281: 0.163}),
        ("coffee.png", {967: 0.940, 968: 0.017, 925: 0.008}),
        ("camera.png", {872: 0.949, 447: 0.010, 593: 0.007}),
        ("rocket.jpg", {657: 0.223, 540: 0.146, 744: 0.117}),
        (
            "cat_coffee.png",
            {285: 0.528, 281: 0.081, 282: 0.067, 967: 0.032, 968: 0.031},
        ),
        ("cat_cameraman.png", {285: 0.353, 872: 0.291}),
    ],
)
def test_known_probabilities(model: keras.Model, file: str, expected: dict[int, float]) -> None:
    found = probabilities(model, pixels(file))[0]
    best = np.argsort(found)[::-1][: len(expected)]
    assert best.tolist() == list(expected)
    np.testing.assert_allclose(found[best], list(expected.values()), atol=0.02)


def test_architecture(model: keras.Model) -> None:
    assert model.count_params() == 4_694_024
    assert model.input_shape == (None, 224, 224, 3)
    assert model.output_shape == (None, 1000)
    names = [layer.name for layer in model.layers]
    assert names[:4] == ["input", "stem_conv", "stem_bn", "stem_relu"]
    assert names[-5:] == ["top_conv", "top_bn", "top_relu", "pool", "logits"]
    blocks = dict.fromkeys(name.split("_")[0] for name in names if name.startswith("block"))
    repeats = enumerate((1, 2, 2, 3, 3, 4, 1), start=1)
    expected = [f"block{stage}{letter}" for stage, n in repeats for letter in "abcd"[:n]]
    assert list(blocks) == expected
    added = [name.removesuffix("_add") for name in names if name.endswith("_add")]
    assert added == [name for name in expected if not name.endswith("a")]
    assert model.get_layer("block7a_project_bn").output.shape == (None, 7, 7, 320)


def test_the_output_is_logits(model: keras.Model) -> None:
    scores = model(efficientnet_lite0.preprocess(pixels("coffee.png"))).numpy()
    assert scores.min() < 0.0
    assert scores.max() > 1.0
    assert model.get_layer("logits").activation is keras.activations.linear


def test_preprocessing_of_arrays_and_tensors() -> None:
    levels = np.array([0, 127, 255], np.uint8)
    expected = np.array([-127 / 128, 0, 1], np.float32)
    of_array = efficientnet_lite0.preprocess(levels)
    assert of_array.dtype == np.float32
    np.testing.assert_array_equal(of_array, expected)
    of_tensor = efficientnet_lite0.preprocess(tf.constant(levels))
    assert of_tensor.dtype == tf.float32
    np.testing.assert_array_equal(of_tensor.numpy(), expected)
    assert efficientnet_lite0.preprocess(tf.zeros(3, tf.float64)).dtype == tf.float64


def test_preprocessing_is_differentiable_and_traceable() -> None:
    point = tf.Variable([10.0, 20.0, 30.0])
    traced = tf.function(efficientnet_lite0.preprocess)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(traced(point))
    np.testing.assert_allclose(tape.gradient(total, point).numpy(), np.full(3, 1 / 128))
    symbolic = efficientnet_lite0.preprocess(keras.Input((224, 224, 3)))
    assert symbolic.shape == (None, 224, 224, 3)


@pytest.mark.filterwarnings("ignore:Skipping nested container")
def test_bad_weights_are_refused(tmp_path: Path) -> None:
    missing = tmp_path / "none.weights.h5"
    with pytest.raises(ValueError, match="There is no weights file"):
        efficientnet_lite0.load(missing)
    truncated = tmp_path / "truncated.weights.h5"
    truncated.write_bytes(efficientnet_lite0.WEIGHTS.read_bytes()[:1_000_000])
    with pytest.raises(ValueError, match="does not hold the weights of EfficientNet-Lite0"):
        efficientnet_lite0.load(truncated)
    other = tmp_path / "other.weights.h5"
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save_weights(other)
    with pytest.raises(ValueError, match="does not hold the weights of EfficientNet-Lite0"):
        efficientnet_lite0.load(other)


def test_the_shipped_file_is_the_documented_one() -> None:
    found = hashlib.sha256(efficientnet_lite0.WEIGHTS.read_bytes()).hexdigest()
    assert found in (ASSETS / "models" / "README.md").read_text(encoding="utf-8")


def test_the_gallery_lists_every_picture_with_its_licence() -> None:
    entries = json.loads((GALLERY / "gallery.json").read_text(encoding="utf-8"))
    assert len({entry["id"] for entry in entries}) == len(entries)
    listed = {entry["file"] for entry in entries}
    assert listed == {path.name for path in GALLERY.iterdir() if path.suffix in (".png", ".jpg")}
    told = ("id", "title", "file", "kind", "author", "licence", "source", "classes")
    for entry in entries:
        assert set(entry) == set(told)
        assert all(value for name, value in entry.items() if name != "classes")
