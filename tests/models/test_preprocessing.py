"""Preprocessings by name, and with a mean and a deviation of one's own."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from attribution_core import load_classifier
from attribution_core.images import Pixels
from attribution_core.models.preprocessing import (
    PREPROCESSINGS,
    MeanAndDeviation,
    preprocess_of,
    read_preprocessing,
    title_of,
)
from tests.conftest import tiny_network


@pytest.mark.parametrize("name", PREPROCESSINGS)
def test_names_are_read_back(name: str) -> None:
    assert read_preprocessing(name) == name
    assert title_of(read_preprocessing(name))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mean=0.5 std=0.25", MeanAndDeviation((0.5, 0.5, 0.5), (0.25, 0.25, 0.25))),
        ("mean=.1,.2,.3 std=1,2,4", MeanAndDeviation((0.1, 0.2, 0.3), (1, 2, 4))),
        ("mean=0,127.5,1 std=64 of=255", MeanAndDeviation((0, 127.5, 1), (64, 64, 64), 255)),
        (
            "mean=0.485,0.456,0.406 std=0.1 of=1",
            MeanAndDeviation((0.485, 0.456, 0.406), (0.1,) * 3),
        ),
    ],
)
def test_ones_own_numbers_are_read_and_written(text: str, expected: MeanAndDeviation) -> None:
    assert read_preprocessing(text) == expected
    assert read_preprocessing(str(expected)) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("half", "preprocessing 'half' is not known; use none, "),
        ("mean=1,2 std=1", "'1,2' should be one number, or three"),
        ("mean=a std=1", "'a' should be one number"),
        ("mean=0 std=0", "should be above zero"),
        ("mean=0 std=-1", "should be above zero"),
        ("mean=nan std=1", "finite"),
        ("mean=0 std=inf", "finite"),
        ("mean=0 std=1 of=2", "is not known"),
    ],
)
def test_what_is_none(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_preprocessing(text)


def test_torch_is_its_own_mean_and_deviation() -> None:
    pictures = tf.constant(np.random.default_rng(0).uniform(0, 255, (2, 4, 5, 3)).astype("f4"))
    torch = preprocess_of("torch")(pictures)
    on_1 = preprocess_of(MeanAndDeviation((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))(pictures)
    on_255 = preprocess_of(
        MeanAndDeviation((123.675, 116.28, 103.53), (58.395, 57.12, 57.375), 255)
    )(pictures)
    np.testing.assert_allclose(on_1, torch, atol=1e-5)
    np.testing.assert_allclose(on_255, torch, atol=1e-5)
    assert float(np.abs(preprocess_of("minus_one_to_one")(pictures) - torch).max()) > 0.5


def test_a_model_in_memory_with_numbers_of_ones_own(tiny_image: Pixels, tmp_path: Path) -> None:
    network = tiny_network()
    before = network.get_config(), [weight.copy() for weight in network.get_weights()]
    expected = network(((tiny_image / 255.0 - 0.5) / 0.25)[None])[0]
    labels = tmp_path / "names.csv"
    labels.write_text("index,name\n" + "".join(f"{k},kind {k}\n" for k in range(5)))
    classifier = load_classifier(network, labels=labels, preprocessing="mean=0.5 std=0.25")
    assert (classifier.name, classifier.labels[3]) == ("tiny", "kind 3")
    np.testing.assert_allclose(classifier.probabilities(tiny_image), expected, rtol=1e-4)
    assert network.get_config() == before[0]
    assert all(map(np.array_equal, network.get_weights(), before[1]))
    assert isinstance(network.layers[-1], layers.Dense)
    assert network.layers[-1].activation is keras.activations.softmax
