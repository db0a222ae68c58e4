"""What networks take and give: pictures of any size and kind, few and many classes."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from attribution_core import Classifier, Grid, explain, load_classifier
from attribution_core.models.pixels import size_in
from attribution_core.network.picture_input import picture_input


def network(
    shape: tuple[int | None, ...], units: int, activation: str | None = None
) -> keras.Model:
    return keras.Sequential(
        [
            keras.Input(shape),
            layers.Conv2D(8, 3, strides=2, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(units, activation),
        ]
    )


@pytest.mark.parametrize(
    ("shape", "classes", "method"),
    [
        ((28, 28, 1), 2, "kernel_shap"),
        ((600, 400, 3), 3, "gradient"),
        ((400, 600, 3), 3, "grad_cam"),
        ((32, 32, 3), 22_000, "kernel_shap"),
    ],
)
def test_sizes_and_classes(shape: tuple[int, int, int], classes: int, method: str) -> None:
    classifier = Classifier("made", network(shape, classes), lambda images: images, None)
    picture = np.random.default_rng(0).uniform(0, 255, (*shape[:2], 3)).astype(np.float32)
    assert classifier.labels[-1] == f"class {classes - 1}"
    layer = classifier.layers[-1] if method == "grad_cam" else "input"
    found = explain(classifier, picture, method, classes - 1, layer=layer, superpixels=Grid(2, 2))
    assert np.abs(found.heatmap).max() > 0


def test_the_usual_size_and_a_chosen_one() -> None:
    assert load_classifier(network((None, None, 3), 4)).input_size == (224, 224)
    assert load_classifier(network((None, None, 3), 4), input_size=40).input_size == (40, 40)
    chosen = load_classifier(network((None, 30, 3), 4), input_size=(40, 30))
    assert chosen.input_size == chosen.copy().input_size == (40, 30)
    with pytest.raises(ValueError, match="takes pictures of 20 × 30 pixels and no other size"):
        load_classifier(network((20, 30, 3), 4), input_size=30)
    with pytest.raises(ValueError, match="cannot take pictures of 2 × 2 pixels"):
        load_classifier(network((None, None, 3), 4), input_size=2)
    with pytest.raises(ValueError, match="give 1 to 4096 a side"):
        load_classifier(network((None, None, 3), 4), input_size=0)
    with pytest.raises(ValueError, match="give 1 to 4096 a side"):
        load_classifier(network((None, None, 3), 4), input_size=(224, 5000))


def test_other_inputs() -> None:
    assert picture_input((3, 20, 30)).channels_first
    assert not picture_input((3, 20, 3)).channels_first
    for shape in ((20, 30, 4), (20, 30), (20, 30, None)):
        with pytest.raises(ValueError, match="it should take pictures"):
            picture_input(shape)
    with pytest.raises(ValueError, match=r"gives pictures of 3 channels.*takes 1"):
        Classifier("grey", network((20, 30, 1), 4), lambda images: images - (1.0, 2.0, 3.0), None)


@pytest.mark.parametrize(("text", "size"), [("224", (224, 224)), (" 180x240", (180, 240))])
def test_sizes_in_words(text: str, size: tuple[int, int]) -> None:
    assert size_in(text) == size


@pytest.mark.parametrize("text", ["", "0", "10x0", "1x2x3", "-3", "2.5", "123456"])
def test_no_sizes(text: str) -> None:
    with pytest.raises(ValueError, match="give pixels, such as 224"):
        size_in(text)


def test_names_of_two_classes_and_of_numbers() -> None:
    one = network((20, 30, 3), 1, "sigmoid")
    assert load_classifier(one, labels=["cat"]).labels == ("not cat", "cat")
    assert load_classifier(one, labels=["dog", "cat"]).labels == ("dog", "cat")
    assert load_classifier(one).labels == ("class 0", "class 1")
    with pytest.raises(ValueError, match="3 labels for 2 classes"):
        load_classifier(one, labels=["a", "b", "c"])
    assert load_classifier(network((20, 30, 3), 1)).labels == ("output 0",)
    numbers = load_classifier(network((20, 30, 3), 3), link="none")
    assert numbers.labels == ("output 0", "output 1", "output 2")
    picture = np.zeros((20, 30, 3), np.float32)
    with pytest.raises(ValueError, match="numbers and no probabilities"):
        numbers.probabilities(picture)
    with pytest.raises(ValueError, match="numbers and no probabilities"):
        explain(numbers, picture, "gradient", 0, score="probability")
    with pytest.raises(ValueError, match="ends in sigmoid; its outputs cannot be taken as softmax"):
        load_classifier(one, link="softmax")
    # One logit without its sigmoid, as some are trained.
    two = load_classifier(network((20, 30, 3), 1), link="sigmoid")
    assert two.labels == ("class 0", "class 1")
    np.testing.assert_allclose(two.probabilities(picture).sum(), 1, rtol=1e-6)


def test_probabilities_of_each_class_by_itself() -> None:
    several = load_classifier(network((20, 30, 3), 4, "sigmoid"))
    picture = np.random.default_rng(1).uniform(0, 255, (20, 30, 3)).astype(np.float32)
    found = explain(several, picture, "integrated_gradients", 2, score="probability", steps=64)
    assert found.score == pytest.approx(several.probabilities(picture)[2], rel=1e-5)
    assert found.heatmap.sum() == pytest.approx(found.score - found.reference_score, abs=0.01)
    shapley = explain(
        several, picture, "shapley_values", 2, score="probability", superpixels=Grid(2, 2)
    )
    assert shapley.heatmap.sum() == pytest.approx(found.score - found.reference_score, abs=1e-5)
