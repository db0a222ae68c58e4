"""Networks as they end: what is explained is what the network's own outputs are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from attribution_core import Classifier, Contrast, explain
from attribution_core.network.endings import ended_in_scores
from attribution_core.network.randomisation import randomize

LABELS = tuple("abcde")
PICTURE = np.random.default_rng(0).uniform(0, 255, (12, 12, 3)).astype(np.float32)


def drawn(seed: int) -> keras.initializers.Initializer:
    return keras.initializers.RandomNormal(stddev=0.4, seed=seed)


def features(entry: Any) -> Any:
    flow = layers.Rescaling(1 / 255)(entry)
    flow = layers.Conv2D(6, 3, activation="relu", kernel_initializer=drawn(1), name="plane")(flow)
    return layers.Flatten()(flow)


def dense(activation: Any = None, seed: int = 2) -> layers.Dense:
    return layers.Dense(5, activation, kernel_initializer=drawn(seed))


def ending_in(end: Callable[[Any], Any]) -> keras.Model:
    entry = keras.Input((12, 12, 3))
    return keras.Model(entry, end(features(entry)))


def classifier_of(network: keras.Model) -> Classifier:
    return Classifier("made", network, lambda images: images, LABELS)


ENDS: dict[str, Callable[[Any], Any]] = {
    "behind a linear activation": lambda flat: layers.Activation("linear", dtype="float32")(
        dense("softmax")(flat)
    ),
    "behind a reshape": lambda flat: layers.Reshape((5,))(dense("softmax")(flat)),
    "behind a flatten": lambda flat: layers.Flatten()(dense("softmax")(flat)),
    "behind a dropout": lambda flat: layers.Dropout(0.3)(dense("softmax")(flat)),
    "behind an identity": lambda flat: layers.Identity()(dense("softmax")(flat)),
    "behind a cast": lambda flat: keras.ops.cast(dense("softmax")(flat), "float32"),
    "behind two of them": lambda flat: layers.Identity()(
        layers.Dropout(0.3)(layers.Softmax()(dense()(flat)))
    ),
    "an object": lambda flat: dense(layers.Softmax())(flat),
    "an object in a layer": lambda flat: layers.Activation(layers.Softmax())(dense()(flat)),
    "on a plane of one point": lambda flat: layers.Reshape((5,))(
        layers.Softmax()(layers.Reshape((1, 1, 5))(dense()(flat)))
    ),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_softmax_is_found_wherever_it_stands(end: Callable[[Any], Any]) -> None:
    network = ending_in(end)
    classifier = classifier_of(network)
    own = np.asarray(network(PICTURE[None], training=False))[0]
    np.testing.assert_allclose(classifier.probabilities(PICTURE), own, rtol=1e-5)
    plain = np.asarray(ending_in(dense())(PICTURE[None]))[0]
    np.testing.assert_allclose(classifier.scores(PICTURE), plain, rtol=1e-4, atol=1e-5)
    assert explain(classifier, PICTURE, "gradient", 1).score == pytest.approx(plain[1], rel=1e-4)


def mean_of(activation: str) -> Callable[[Any], Any]:
    return lambda flat: layers.Average()([dense(activation)(flat), dense(activation, 3)(flat)])


def test_probabilities_are_never_shown_as_logits() -> None:
    """Their logarithm is explained, by its name and by no other."""
    network = ending_in(mean_of("softmax"))
    own = np.asarray(network(PICTURE[None], training=False))[0]
    classifier = classifier_of(network)
    for score in (None, "log-probability"):
        found = explain(classifier, PICTURE, "gradient", 1, score=score)
        assert found.score == pytest.approx(np.log(own[1]), rel=1e-5)
        assert found.request.score == "log-probability"
    with pytest.raises(ValueError, match=r"has no logits: .* with the score “log-probability”"):
        explain(classifier, PICTURE, "gradient", 1, score="logit")
    lead = explain(classifier, PICTURE, "gradient", 1, score=Contrast(3))
    assert lead.request.score == Contrast(3, "log-probability")
    assert lead.score == pytest.approx(np.log(own[1] / own[3]), rel=1e-5)
    with pytest.raises(ValueError, match=r"has logits, of which .* with the score “logit”"):
        explain(
            classifier_of(ending_in(dense("softmax"))),
            PICTURE,
            "gradient",
            1,
            score="log-probability",
        )


def test_a_mean_of_sigmoids_is_numbers_where_the_owner_says_so() -> None:
    network = ending_in(mean_of("sigmoid"))
    numbers = Classifier("made", network, lambda images: images, LABELS, link="none")
    assert numbers.quantity == "logit"
    np.testing.assert_allclose(
        numbers.scores(PICTURE[None])[0], np.asarray(network(PICTURE[None]))[0], rtol=1e-6
    )


@pytest.mark.parametrize("units", [5, 1])
def test_what_is_made_of_sigmoids_and_is_no_probability(units: int) -> None:
    """Several are refused, since nobody has said what they are; one is a number to be predicted."""

    def end(flat: Any) -> Any:
        return 100.0 * layers.Dense(units, "sigmoid", kernel_initializer=drawn(2))(flat)

    if units > 1:
        with pytest.raises(ValueError, match=r"are no probabilities themselves: .* link “none”"):
            classifier_of(ending_in(end))
    else:
        found = Classifier("made", ending_in(end), lambda images: images, None)
        assert (found.link, found.quantity) == ("none", "logit")


def test_values_between_0_and_1_of_which_nobody_says_what_they_are() -> None:
    def between(flat: Any) -> Any:
        return keras.ops.clip(dense()(flat) / 1000.0 + 0.5, 0.0, 1.0)

    with pytest.raises(ValueError, match="all lie between 0 and 1"):
        classifier_of(ending_in(between))


def test_a_probability_that_its_number_type_rounds_to_0() -> None:
    """Its logarithm is that of the smallest number there is, and not infinite."""

    def sure(flat: Any) -> Any:
        scaled = [layers.Rescaling(300.0)(dense(seed=seed)(flat)) for seed in (2, 3)]
        return layers.Average()([layers.Softmax()(each) for each in scaled])

    classifier = classifier_of(ending_in(sure))
    scores = classifier.scores(PICTURE)
    assert scores.min() == pytest.approx(np.log(np.finfo(np.float32).tiny))
    assert classifier.probabilities(PICTURE).sum() == pytest.approx(1, rel=1e-5)


def test_a_softmax_that_is_not_over_the_classes() -> None:
    """Over pairs, and laid out as one row: no logits give these outputs."""
    entry = keras.Input((12, 12, 3))
    halves = layers.Reshape((2, 3))(layers.Dense(6, kernel_initializer=drawn(2))(features(entry)))
    network = keras.Model(entry, layers.Reshape((6,))(layers.Softmax()(halves)))
    with pytest.raises(ValueError, match="differs from the network's own outputs"):
        Classifier("pairs", network, lambda images: images, tuple("abcdef"))


def test_of_many_classes_each_with_little() -> None:
    """The wrong softmax differs by less than a ten-thousandth, as all probabilities do."""
    classes = 20_000
    entry = keras.Input((12, 12, 3))
    flat = layers.Dense(classes, kernel_initializer="zeros")(features(entry))
    halves = layers.Softmax()(layers.Reshape((2, classes // 2))(flat))
    network = keras.Model(entry, layers.Reshape((classes,))(halves))
    with pytest.raises(ValueError, match="differs from the network's own outputs"):
        Classifier("many", network, lambda images: images, tuple(map(str, range(classes))))


def test_the_owner_s_layers_stay_in_one_graph() -> None:
    """A layer that stands in two graphs no longer says what its output is."""
    network = ending_in(ENDS["behind two of them"])
    before = np.asarray(network(PICTURE[None]))
    states = [layer.trainable for layer in network.layers], network.to_json()
    classifier = classifier_of(network)
    for method in ("gradient", "kernel_shap", "integrated_gradients"):
        explain(classifier, PICTURE, method, 1, superpixels=4)
    randomize(classifier, 1)
    assert [layer.output.shape for layer in network.layers][-1] == (None, 5)
    np.testing.assert_array_equal(network(PICTURE[None]), before)
    assert ([layer.trainable for layer in network.layers], network.to_json()) == states


def test_parameters_are_shared() -> None:
    network = ending_in(dense("softmax"))
    plain = ended_in_scores(network).network
    assert plain.layers[-1].kernel is network.layers[-1].kernel
    assert network.layers[-1].activation is keras.activations.softmax


def test_copies_of_networks_that_know_their_pictures_statistics() -> None:
    """Keras's `set_weights` leaves what a Normalization layer computes with as it was."""
    known = layers.Normalization()
    known.adapt(np.random.default_rng(1).uniform(0, 255, (8, 12, 12, 3)).astype(np.float32))
    entry = keras.Input((12, 12, 3))
    network = keras.Model(entry, dense()(features(known(entry) * 50.0)))
    classifier = classifier_of(network)
    np.testing.assert_allclose(
        classifier.copy().scores(PICTURE), classifier.scores(PICTURE), rtol=1e-5
    )
    untouched = randomize(classifier, 0)
    np.testing.assert_allclose(untouched.scores(PICTURE), classifier.scores(PICTURE), rtol=1e-5)


class Forgetful(layers.Layer):
    """Keeps something that is neither a parameter nor a setting."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.factor = 1.0

    def call(self, inputs: Any) -> Any:
        return inputs * self.factor


def test_a_copy_that_gives_other_scores_is_refused() -> None:
    layer = Forgetful()
    layer.factor = 3.0
    network = ending_in(lambda flat: dense()(layer(flat)))
    with pytest.raises(ValueError, match="cannot be copied"):
        classifier_of(network).copy()
