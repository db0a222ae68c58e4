"""Networks with parameters drawn anew: what is drawn, and what stays."""

from __future__ import annotations

from dataclasses import astuple

import keras
import numpy as np
import pytest

from attribution_core import Randomisation, explain, randomize, similarity
from attribution_core.models import efficientnet_lite0
from attribution_core.models.labels import imagenet_labels
from attribution_core.network.classifier import Classifier
from attribution_core.network.randomisation import MOST_STAGES, stages


def small_classifier(normalised: bool = True) -> Classifier:
    """Two convolutions, the first with a normalisation, and a dense layer; values far from any
    initialiser's."""
    inputs = keras.Input((8, 8, 3), name="input")
    flow = keras.layers.Conv2D(6, 3, padding="same", name="low_conv")(inputs)
    if normalised:
        flow = keras.layers.BatchNormalization(name="low_norm")(flow)
    flow = keras.layers.ReLU(name="low_relu")(flow)
    flow = keras.layers.Conv2D(
        5, 3, padding="same", kernel_initializer="zeros", bias_initializer="ones", name="high_conv"
    )(flow)
    flow = keras.layers.GlobalAveragePooling2D(name="pool")(flow)
    outputs = keras.layers.Dense(4, kernel_initializer="he_normal", name="logits")(flow)
    network = keras.Model(inputs, outputs)
    random = np.random.default_rng(0)
    network.set_weights([random.uniform(5, 6, weight.shape) for weight in network.weights])
    return Classifier("small", network, lambda pictures: pictures / 255, tuple("abcd"))


def parameters(classifier: Classifier) -> dict[str, np.ndarray]:
    return {
        f"{layer.name}/{weight.name}": weight.numpy()
        for layer in classifier.network.layers
        for weight in layer.weights
    }


PICTURE = np.random.default_rng(1).uniform(0, 255, (8, 8, 3)).astype(np.float32)


def test_stages_go_from_the_top_down_and_a_normalisation_is_no_stage_of_its_own() -> None:
    found = stages(small_classifier().network)
    assert [stage.name for stage in found] == ["logits", "high_conv", "low_conv"]
    assert [layer.name for layer in found[-1].layers] == ["low_conv", "low_norm"]


def test_many_layers_are_taken_a_block_at_a_time() -> None:
    flow = inputs = keras.Input((4,))
    for number in range(MOST_STAGES):
        flow = keras.layers.Dense(4, name=f"block{number // 2}_dense{number % 2}")(flow)
    network = keras.Model(inputs, keras.layers.Dense(2, name="logits")(flow))
    names = [stage.name for stage in stages(network)]
    assert names == ["logits", *(f"block{number}" for number in reversed(range(10)))]


def test_the_loaded_network_is_never_changed() -> None:
    classifier = small_classifier()
    before, scores = parameters(classifier), classifier.scores(PICTURE)
    fingerprint = classifier.fingerprint
    changed = randomize(classifier, 3, seed=1)
    assert changed.fingerprint != fingerprint == classifier.fingerprint
    assert np.abs(changed.scores(PICTURE) - scores).max() > 0.1
    np.testing.assert_array_equal(classifier.scores(PICTURE), scores)
    for name, value in parameters(classifier).items():
        np.testing.assert_array_equal(value, before[name])


def test_each_layer_is_drawn_by_its_own_initialiser() -> None:
    drawn = parameters(randomize(small_classifier(), 3, seed=5))
    # Keras's default for kernels: uniform within √(6 / (fan in + fan out)).
    bound = np.sqrt(6 / (27 + 54))
    kernel = drawn["low_conv/kernel"]
    assert np.abs(kernel).max() <= bound
    assert np.abs(kernel).max() > 0.9 * bound
    assert kernel.std() == pytest.approx(bound / np.sqrt(3), rel=0.15)
    np.testing.assert_array_equal(drawn["low_norm/gamma"], np.ones(6))
    np.testing.assert_array_equal(drawn["low_norm/moving_mean"], np.zeros(6))
    np.testing.assert_array_equal(drawn["low_norm/moving_variance"], np.ones(6))
    # A kernel said to start at zero waits for weights; a bias may well start at one.
    assert 0 < np.abs(drawn["high_conv/kernel"]).max() <= np.sqrt(6 / (54 + 45))
    np.testing.assert_array_equal(drawn["high_conv/bias"], np.ones(5))
    assert drawn["logits/kernel"].std() == pytest.approx(np.sqrt(2 / 5), rel=0.4)


def test_a_cascade_and_one_stage_alone() -> None:
    classifier = small_classifier()
    learned = parameters(classifier)

    def changed(depth: int, alone: bool) -> set[str]:
        found = parameters(randomize(classifier, depth, seed=2, alone=alone))
        return {
            name.split("/")[0] for name in found if not np.array_equal(found[name], learned[name])
        }

    assert changed(0, alone=False) == set()
    assert changed(1, alone=False) == {"logits"}
    assert changed(2, alone=False) == {"logits", "high_conv"}
    assert changed(3, alone=False) == {"logits", "high_conv", "low_conv", "low_norm"}
    assert changed(2, alone=True) == {"high_conv"}


def test_the_copy_goes_from_any_draw_to_any_other() -> None:
    classifier = small_classifier()
    randomisation = Randomisation(classifier)
    for depth, seed, alone in ((3, 0, False), (1, 4, False), (2, 4, True), (3, 4, False)):
        found = randomisation.at(depth, seed, alone=alone)
        expected = randomize(classifier, depth, seed, alone=alone)
        assert found.fingerprint == expected.fingerprint
        np.testing.assert_allclose(found.scores(PICTURE), expected.scores(PICTURE), rtol=1e-6)
    learned = randomisation.at(0)
    np.testing.assert_allclose(learned.scores(PICTURE), classifier.scores(PICTURE), rtol=1e-6)


def test_a_seed_names_its_parameters() -> None:
    classifier = small_classifier()
    one, same, other = (randomize(classifier, 2, seed).scores(PICTURE) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 1e-3
    # Deeper down, the stages above are drawn as before.
    shallow, deep = (parameters(randomize(classifier, depth, 1)) for depth in (1, 3))
    np.testing.assert_array_equal(shallow["logits/kernel"], deep["logits/kernel"])


def test_draws_share_no_cached_results() -> None:
    randomisation = Randomisation(small_classifier(normalised=False))
    first = explain(randomisation.at(3, 0), PICTURE, "gradient", 0).heatmap
    second = explain(randomisation.at(3, 1), PICTURE, "gradient", 0).heatmap
    again = explain(randomisation.at(3, 0), PICTURE, "gradient", 0).heatmap
    assert np.abs(first - second).max() > 0
    np.testing.assert_array_equal(first, again)


def test_what_training_did_not_draw_stays() -> None:
    inputs = keras.Input((8, 8, 3), name="input")
    known = keras.layers.Normalization(mean=[1.0, 2.0, 3.0], variance=[4.0, 5.0, 6.0])
    measured = keras.layers.Normalization(name="measured")
    measured.build((None, 8, 8, 3))
    measured.set_weights([np.array([1.0, 2, 3]), np.array([4.0, 5, 6]), np.array(0)])
    measured.finalize_state()
    flow = keras.layers.Conv2D(4, 3, name="conv")(measured(known(inputs)))
    outputs = keras.layers.Dense(2, name="logits")(keras.layers.GlobalAveragePooling2D()(flow))
    classifier = Classifier(
        "n", keras.Model(inputs, outputs), lambda pictures: pictures, ("a", "b")
    )
    depth = len(Randomisation(classifier).stages)
    drawn = parameters(randomize(classifier, depth))
    np.testing.assert_array_equal(drawn["measured/mean"], [1, 2, 3])
    assert np.abs(drawn["conv/kernel"] - parameters(classifier)["conv/kernel"]).max() > 0


def test_a_map_that_ignores_what_is_drawn_gets_correlation_one() -> None:
    """The gradient knows nothing of biases: here they alone are drawn to other values."""
    inputs = keras.Input((8, 8, 3), name="input")
    flow = keras.layers.Conv2D(4, 3, activation="relu", name="conv")(inputs)
    outputs = keras.layers.Dense(
        3,
        kernel_initializer=keras.initializers.Constant(0.5),
        bias_initializer="random_normal",
        name="logits",
    )(keras.layers.GlobalAveragePooling2D()(flow))
    classifier = Classifier("n", keras.Model(inputs, outputs), lambda pictures: pictures, "abc")
    changed = randomize(classifier, 1, seed=3)
    assert np.abs(changed.scores(PICTURE) - classifier.scores(PICTURE)).max() > 1e-3
    learned, drawn = (
        explain(each, PICTURE, "gradient", 0).heatmap for each in (classifier, changed)
    )
    assert astuple(similarity(learned, drawn)) == pytest.approx((1, 1, 1, 1))
    deeper = explain(randomize(classifier, 2, seed=3), PICTURE, "gradient", 0).heatmap
    assert similarity(learned, deeper).spearman < 0.9


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="between 0 and 3"):
        randomize(small_classifier(), 4)
    with pytest.raises(ValueError, match="0 or more"):
        randomize(small_classifier(), 1, seed=-1)


@pytest.mark.thorough
def test_the_built_in_network_names_what_its_training_began_with() -> None:
    """Tan and Le's initialisers: normal with variance 2 / fan-out, for the dense layer uniform."""
    network = efficientnet_lite0.build()
    classifier = Classifier("lite", network, lambda pictures: pictures, imagenet_labels())
    drawn = parameters(randomize(classifier, 2, seed=0))
    top = drawn["top_conv/kernel"]
    assert top.std() == pytest.approx(np.sqrt(2 / top.shape[-1]), rel=0.02)
    assert np.abs(drawn["logits/kernel"]).max() == pytest.approx(1 / np.sqrt(1000), rel=0.01)
