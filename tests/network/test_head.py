"""Heads: what they feed the network, how often they trace it, and that they are its upper part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from attribution_core import Classifier, Contrast, Picture, load_image, superpixels
from attribution_core.arrays import FloatArray
from attribution_core.games.coalition_table import CoalitionTable
from attribution_core.images import Pixels
from attribution_core.network.endings import ended_in_scores
from attribution_core.network.evaluators import WholeHead
from attribution_core.network.graph import cuts, flow, multiplications
from attribution_core.network.head import UNTRACED_CALLS, Head, padded
from attribution_core.network.head_game import HeadGame
from attribution_core.scores import Score, score_values, softmax
from tests.conftest import GALLERY

SHAPE = (4, 6, 2)
SEGMENTS = np.arange(24).reshape(4, 6) // 5


class Recording:
    """A linear network of three classes that keeps what it is fed, and counts its traces."""

    def __init__(self) -> None:
        self.fed: list[FloatArray] = []
        self.traces = 0
        self.slopes = np.random.default_rng(0).normal(size=(48, 3)).astype(np.float32)

    def __call__(self, points: Any) -> Any:
        self.traces += not tf.executing_eagerly()
        seen = tf.grad_pass_through(lambda x: tf.numpy_function(self._keep, [x], x.dtype))(points)
        return tf.reshape(tf.ensure_shape(seen, (None, *SHAPE)), (-1, 48)) @ self.slopes

    def _keep(self, points: FloatArray) -> FloatArray:
        self.fed.append(points.copy())
        return points

    def head(self, batch_size: int = 8, *, reproducible: bool = False) -> Head:
        return Head("layer", SHAPE, 3, self, batch_size, reproducible=reproducible)

    def game(self, table: CoalitionTable, target: int = 0) -> HeadGame:
        point, reference = random_points(2)
        evaluator = WholeHead(self.head(), point, reference, SEGMENTS)
        return HeadGame(evaluator, SEGMENTS, Score(target), table)


def random_points(count: int, seed: int = 1) -> Pixels:
    return np.random.default_rng(seed).normal(size=(count, *SHAPE)).astype(np.float32)


@pytest.mark.parametrize(
    ("count", "batches"), [(1, [1]), (2, [2]), (3, [3]), (8, [8]), (13, [8, 5]), (17, [8, 8, 1])]
)
def test_batches_have_one_size_but_the_last(count: int, batches: list[int]) -> None:
    network, points = Recording(), random_points(count)
    logits = network.head().logits(points)
    assert [len(batch) for batch in network.fed] == batches
    np.testing.assert_allclose(logits, points.reshape(count, 48) @ network.slopes, rtol=1e-5)
    fed = np.concatenate(network.fed)
    np.testing.assert_array_equal(fed[:count], points)
    np.testing.assert_array_equal(fed[count:], np.repeat(points[-1:], len(fed) - count, axis=0))


def test_few_sizes_of_batches_none_a_quarter_too_large() -> None:
    sizes = [padded(count) for count in range(1, 257)]
    assert all(count <= size < 1.25 * count for count, size in enumerate(sizes, start=1))
    assert sorted(set(sizes))[:13] == [*range(1, 9), 10, 12, 14, 16, 20]
    assert len(set(sizes)) == 8 + 4 * 5
    # Occlusion's squares at 7 x 7 positions.
    assert padded(37) == 40


def test_padding_repeats_the_last_point() -> None:
    network, points = Recording(), random_points(9)
    logits = network.head(batch_size=16).logits(points)
    np.testing.assert_array_equal(network.fed[0], points[[*range(9), 8]])
    assert len(logits) == 9


def test_the_network_sees_exactly_the_masked_points() -> None:
    network = Recording()
    point, reference = random_points(2)
    coalitions = np.random.default_rng(2).random((13, 5)) < 0.5
    logits = network.head().masked_logits(point, reference, SEGMENTS, coalitions)
    expected = np.where(coalitions[:, SEGMENTS, None], point, reference)
    np.testing.assert_array_equal(np.concatenate(network.fed)[:13], expected)
    np.testing.assert_allclose(logits, expected.reshape(13, 48) @ network.slopes, rtol=1e-4)


@pytest.mark.thorough
@pytest.mark.parametrize("first", [2, 52, 102, 152])
def test_every_superpixel_is_really_masked(first: int) -> None:
    """Each label of each SLIC count, absent alone, leaves exactly its pixels to the reference."""
    picture = load_image(GALLERY / "astronaut.png", 64)
    side = picture.shape[0]
    # A network whose classes are its pixels' reds shows what it is fed.
    head = Head("input", picture.shape, side**2, lambda x: tf.reshape(x[..., 0], (-1, side**2)), 64)
    reference = np.full_like(picture, -1.0)
    for count in range(first, min(first + 50, 201)):
        labels = superpixels(picture, count)
        players = int(labels.max()) + 1
        seen = head.masked_logits(picture, reference, labels, ~np.eye(players, dtype=bool))
        hidden = seen.reshape(players, side, side) == -1.0
        np.testing.assert_array_equal(hidden, labels == np.arange(players)[:, None, None])
        assert hidden.any(axis=(1, 2)).all()


@pytest.mark.parametrize(
    "score", [Score(1), Score(2, against=0), Score(0, probability=True)], ids=str
)
def test_values_and_gradients(score: Score) -> None:
    """Of z = xW: w_c, the difference of two columns, and p_c·(w_c − Σ p_k w_k)."""
    network, points = Recording(), random_points(5)
    values, gradients = network.head().values_and_gradients(points, score)
    logits = points.reshape(5, 48) @ network.slopes
    np.testing.assert_allclose(values, score_values(logits, score), rtol=1e-4)
    if score.probability:
        chances = softmax(logits)
        expected = chances[:, [0]] * (network.slopes[:, 0] - chances @ network.slopes.T)
    else:
        column = network.slopes @ score.weights(3)
        expected = np.broadcast_to(column, (5, 48))
    np.testing.assert_allclose(gradients.reshape(5, 48), expected, rtol=1e-3, atol=1e-6)


def test_nothing_is_traced_twice() -> None:
    network = Recording()
    head = network.head()
    for seed in range(3):
        points = random_points(2 + 5 * seed, seed)
        head.logits(points)
        for players in (2, 5):
            coalitions = np.random.default_rng(seed).random((3 + seed, players)) < 0.5
            head.masked_logits(points[0], points[1], SEGMENTS % players, coalitions)
        for score in (Score(seed), Score(0, against=1 + seed % 2)):
            head.values_and_gradients(points, score)
    assert network.traces == 3
    head.values_and_gradients(points, Score(0, probability=True))
    head.values_and_gradients(points[:3], Score(2, probability=True))
    assert network.traces == 4


def test_a_few_single_points_are_not_worth_tracing() -> None:
    network = Recording()
    head, points = network.head(), random_points(3)
    singles = [head.values_and_gradients(points[:1], Score(0)) for _ in range(UNTRACED_CALLS)]
    assert network.traces == 0
    singles += [head.values_and_gradients(points[:1], Score(0)) for _ in range(2)]
    assert network.traces == 1
    for value, gradient in singles:
        np.testing.assert_allclose(value, singles[-1][0], rtol=1e-6)
        np.testing.assert_allclose(gradient, singles[-1][1], rtol=1e-6)
    # A batch is traced from the first: there will be others.
    head.values_and_gradients(points, Score(0, probability=True))
    assert network.traces == 2


def test_reproducible_is_traced_at_once() -> None:
    network = Recording()
    head, points = network.head(reproducible=True), random_points(3)
    for _ in range(3):
        head.values_and_gradients(points[:1], Score(0))
        head.logits(points[:1])
    assert network.traces == 2


@pytest.mark.parametrize(("reproducible", "evaluated"), [(False, 1), (True, 2)])
def test_a_coalition_alone(reproducible: bool, evaluated: int) -> None:
    def count(points: Any) -> Any:
        return tf.zeros((tf.shape(points)[0], 3)) + tf.cast(tf.shape(points)[0], tf.float32)

    head = Head("layer", SHAPE, 3, count, 8, reproducible=reproducible)
    alone = np.ones((1, int(SEGMENTS.max()) + 1), bool)
    found = head.masked_logits(*random_points(2), SEGMENTS, alone)
    assert found.tolist() == [[evaluated] * 3]


class Cramped(Recording):
    """The same with memory for so many points at a time, as a graphics processor may have."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def _keep(self, points: FloatArray) -> FloatArray:
        if len(points) > self.room:
            raise MemoryError("OOM when allocating tensor")
        return super()._keep(points)


def test_a_batch_that_does_not_fit_is_halved_until_it_does() -> None:
    network, points = Cramped(2), random_points(13)
    head = network.head()
    for _ in range(2):
        logits = head.logits(points)
        np.testing.assert_allclose(logits, points.reshape(13, 48) @ network.slopes, rtol=1e-5)
    # Found out once, and each point evaluated once.
    assert head.batch_size == 2
    assert [len(batch) for batch in network.fed] == [*[2] * 6, 1] * 2
    _, gradients = head.values_and_gradients(points, Score(1))
    np.testing.assert_allclose(gradients.reshape(13, 48), [network.slopes[:, 1]] * 13, rtol=1e-5)


def test_a_point_that_does_not_fit_alone() -> None:
    # The first of these where TensorFlow has not traced the function yet.
    with pytest.raises((MemoryError, tf.errors.ResourceExhaustedError), match="OOM"):
        Cramped(0).head().logits(random_points(3))


def test_no_points_at_all() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Recording().head().logits(np.zeros((0, *SHAPE)))


def test_coalitions_are_evaluated_once_for_all_classes() -> None:
    network, table = Recording(), CoalitionTable(3)
    coalitions = np.random.default_rng(0).random((20, 5)) < 0.5
    repeated = coalitions[[3, 1, 3, 0, 1]]
    expected = network.game(CoalitionTable(3)).values(coalitions)
    network.fed.clear()

    game = network.game(table)
    np.testing.assert_allclose(game.values(repeated), expected[[3, 1, 3, 0, 1]], rtol=1e-6)
    assert len(np.unique(np.concatenate(network.fed), axis=0)) == len(table) == 3
    network.fed.clear()
    np.testing.assert_allclose(game.values(coalitions), expected, rtol=1e-6)
    distinct = len({row.tobytes() for row in coalitions})
    assert len(table) == distinct
    assert sum(len(batch) for batch in network.fed) <= 2 * (distinct - 3)
    network.fed.clear()
    network.game(table, target=2).values(coalitions)
    assert not network.fed


def test_a_table_that_grows_says_so() -> None:
    grown: list[int] = []
    evaluator = WholeHead(Recording().head(), *random_points(2), SEGMENTS)
    table = CoalitionTable(3)
    game = HeadGame(evaluator, SEGMENTS, Score(0), table, lambda: grown.append(1))
    everyone = np.ones((1, 5), bool)
    game.values(everyone)
    game.values(everyone)
    game.values(~everyone)
    assert len(grown) == 2


@pytest.mark.parametrize("layer", ["input", "stem", "joined", "pooled", "top"])
def test_a_head_above_its_body_is_the_whole_network(
    tiny_classifier: Classifier, tiny_image: Pixels, layer: str
) -> None:
    activations = tiny_classifier.activations(Picture.of(tiny_image), layer)
    assert activations.shape == tiny_classifier.layer(layer).shape
    logits = tiny_classifier.head(layer).logits(activations[None])[0]
    np.testing.assert_allclose(logits, tiny_classifier.scores(tiny_image), rtol=1e-4, atol=1e-5)


def test_only_true_cuts_are_layers(tiny_classifier: Classifier) -> None:
    assert tiny_classifier.layers == ("input", "stem", "joined", "pooled", "top")
    for name in ("inside", "flat", "classes", "pictures", "nothing"):
        with pytest.raises(ValueError, match="it can at input, joined, pooled, top and others"):
            tiny_classifier.head(name)
        with pytest.raises(ValueError, match="cannot be cut"):
            tiny_classifier.activations(Picture.of(np.zeros((16, 16, 3))), name)


def test_the_built_in_model_is_cut_between_its_blocks(efficientnet: Classifier) -> None:
    names = efficientnet.layers
    assert names[0] == "input"
    assert names[-1] == "top_relu"
    assert "block3b_add" in names
    assert "block3b_project_bn" not in names
    assert "block3b_expand" not in names
    assert "block4a_expand_relu" in names
    assert efficientnet.layer("top_relu").shape == (7, 7, 1280)
    assert efficientnet.layer("top_relu").multiplications == 1_280_000
    # 385 million, as EfficientNet-Lite0's authors count.
    assert efficientnet.layer("input").multiplications == pytest.approx(385e6, rel=0.01)
    costs = [efficientnet.layer(name).multiplications for name in names]
    assert costs == sorted(costs, reverse=True)


def test_a_head_is_built_once(tiny_classifier: Classifier) -> None:
    head = tiny_classifier.head("pooled")
    tiny_classifier.cache.clear()
    assert tiny_classifier.head("pooled") is head


def test_pictures_are_preprocessed_below_the_input() -> None:
    """A black reference is RGB (0, 0, 0), so the network must see preprocess(0)."""
    fed: list[FloatArray] = []

    def keep(images: FloatArray) -> FloatArray:
        fed.append(images.copy())
        return images

    def preprocess(images: Any) -> Any:
        moved = images[..., ::-1] - (104.0, 117.0, 124.0)
        return tf.ensure_shape(tf.numpy_function(keep, [moved], tf.float32), moved.shape)

    entry = keras.Input((4, 4, 3))
    network = keras.Model(entry, layers.Dense(2)(layers.Flatten()(entry)))
    classifier = Classifier("recorded", network, preprocess, ("a", "b"))
    fed.clear()
    image = np.zeros((4, 4, 3))
    image[0, 0] = (255, 10, 0)
    classifier.scores(np.stack([np.zeros((4, 4, 3)), image]))
    (batch,) = fed
    np.testing.assert_array_equal(batch[0], np.broadcast_to((-104, -117, -124), (4, 4, 3)))
    np.testing.assert_array_equal(batch[1, 0, 0], (-104, 10 - 117, 255 - 124))


def test_scores_and_probabilities(tiny_classifier: Classifier, tiny_image: Pixels) -> None:
    batch = np.stack([tiny_image, 255 - tiny_image, np.zeros_like(tiny_image)])
    logits = tiny_classifier.scores(batch)
    assert logits.shape == (3, 5)
    np.testing.assert_allclose(tiny_classifier.scores(tiny_image), logits[0], rtol=1e-5)
    chances = tiny_classifier.probabilities(batch)
    np.testing.assert_allclose(chances.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(chances, tf.nn.softmax(logits), rtol=1e-4)
    for shape in [(16, 16), (16, 15, 3), (2, 16, 16, 4), (1, 1, 16, 16, 3)]:
        with pytest.raises(ValueError, match=r"takes \(16, 16, 3\)"):
            tiny_classifier.scores(np.zeros(shape))


def test_the_score_to_explain() -> None:
    logits = np.array([[1.0, 3.0, 0.0], [2.0, 2.0, 2.0]])
    np.testing.assert_array_equal(score_values(logits, Score.of("logit", 1, 3)), [3, 2])
    np.testing.assert_array_equal(score_values(logits, Score.of(Contrast(2), 1, 3)), [3, 0])
    np.testing.assert_allclose(
        score_values(logits, Score.of("probability", 1, 3)),
        [np.exp(3) / (np.exp(1) + np.exp(3) + 1), 1 / 3],
    )
    np.testing.assert_array_equal(Score.of(Contrast(2), 1, 3).weights(3), [0, 1, -1])
    np.testing.assert_allclose(softmax(np.array([1e4, 0.0])), [1, 0])


@pytest.mark.parametrize(
    ("kind", "target", "message"),
    [
        ("logit", 3, "between 0 and 2"),
        ("logit", -1, "between 0 and 2"),
        (Contrast(3), 0, "no class 3"),
        (Contrast(1), 1, "contrasted with itself"),
        ("odds", 1, "'odds' is not known"),
    ],
)
def test_scores_that_do_not_exist(kind: str | Contrast, target: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Score.of(kind, target, 3)


def network_ending_in(end: Callable[[Any], Any]) -> keras.Model:
    entry = keras.Input((4, 4, 3))
    flat = layers.Flatten()(entry)
    return keras.Model(entry, end(flat))


def initial() -> Any:
    return keras.initializers.RandomNormal(seed=3)


def softmax_inside(flat: Any) -> Any:
    inner_entry = keras.Input((48,))
    inner = keras.Model(
        inner_entry,
        layers.Dense(3, activation="softmax", kernel_initializer=initial())(inner_entry),
    )
    return inner(flat)


@pytest.mark.parametrize(
    "end",
    [
        lambda flat: layers.Dense(3, kernel_initializer=initial())(flat),
        lambda flat: layers.Dense(3, "softmax", kernel_initializer=initial())(flat),
        lambda flat: layers.Softmax()(layers.Dense(3, kernel_initializer=initial())(flat)),
        lambda flat: layers.Activation("softmax")(
            layers.Dense(3, kernel_initializer=initial())(flat)
        ),
        lambda flat: keras.ops.softmax(layers.Dense(3, kernel_initializer=initial())(flat)),
        softmax_inside,
    ],
    ids=["logits", "dense", "softmax layer", "activation layer", "operation", "nested model"],
)
def test_softmax_is_taken_off(end: Callable[[Any], Any]) -> None:
    plain = network_ending_in(lambda flat: layers.Dense(3, kernel_initializer=initial())(flat))
    images = np.random.default_rng(0).normal(size=(5, 4, 4, 3)).astype(np.float32)
    network = ended_in_scores(network_ending_in(end)).network
    np.testing.assert_allclose(network(images), plain(images), rtol=1e-5)
    assert ended_in_scores(network).network(images).shape == (5, 3)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (lambda: network_ending_in(layers.Dense(3, activation="tanh")), "'tanh'; it should"),
        (lambda: network_ending_in(layers.Dense(3, activation="relu")), "'relu'; it should"),
        (
            lambda: network_ending_in(lambda x: keras.ops.tanh(layers.Dense(3)(x))),
            "'tanh'; it should",
        ),
        (lambda: network_ending_in(layers.Dense(1, activation="softmax")), "softmax is always 1"),
        (lambda: network_ending_in(layers.Reshape((4, 12))), "one score for each"),
        (
            lambda: network_ending_in(lambda x: [layers.Dense(3)(x), layers.Dense(3)(x)]),
            "2 outputs; it should have one of each",
        ),
        (
            lambda: keras.Sequential([keras.Input((4, 4, 2)), layers.Flatten(), layers.Dense(3)]),
            "it should take pictures",
        ),
        (lambda: keras.Sequential([layers.Flatten(), layers.Dense(3)]), "starts with an Input"),
    ],
)
def test_networks_that_are_no_image_classifiers(
    network: Callable[[], keras.Model], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Classifier("other", network(), lambda images: images, ("a", "b", "c"))


def test_a_label_for_each_class() -> None:
    network = network_ending_in(layers.Dense(3))
    with pytest.raises(ValueError, match="2 labels for 3 classes"):
        Classifier("other", network, lambda images: images, ("a", "b"))


def test_the_layers_of_a_nested_model() -> None:
    """Sequential([base, pooling, dense]), as transfer learning makes them, and an operation."""
    base = keras.Sequential(
        [keras.Input((8, 8, 3)), layers.Conv2D(4, 3, name="first"), layers.Conv2D(5, 3)],
        name="base",
    )
    entry = keras.Input((8, 8, 3))
    doubled = base(entry) * 2.0
    outputs = layers.Dense(3)(layers.GlobalAveragePooling2D()(doubled))
    network = keras.Model(entry, outputs)
    classifier = Classifier("nested", network, lambda images: images / 255.0, ("a", "b", "c"))
    names = [layer.name for layer in base.layers]
    assert classifier.layers[:3] == ("input", f"base/{names[0]}", f"base/{names[1]}")
    assert len(classifier.layers) == 4
    assert "base" in cuts(network)
    assert classifier.layer(classifier.layers[2]).shape == (4, 4, 5)
    assert classifier.layer(classifier.layers[2]).multiplications == 15
    assert classifier.layer("input").multiplications == 36 * 108 + 16 * 180 + 15
    image = np.random.default_rng(0).uniform(0, 255, (8, 8, 3)).astype(np.float32)
    for name in classifier.layers[1:]:
        activations = classifier.activations(Picture.of(image), name)
        logits = classifier.head(name).logits(activations[None])[0]
        np.testing.assert_allclose(logits, classifier.scores(image), rtol=1e-4, atol=1e-6)


def test_a_layer_used_twice_is_left_out() -> None:
    entry = keras.Input((8, 8, 3))
    shared = layers.Conv2D(3, 3, padding="same", name="shared")
    once = layers.ReLU(name="between")(shared(entry))
    outputs = layers.Dense(2)(layers.Flatten()(shared(once)))
    network = keras.Model(entry, outputs)
    classifier = Classifier("shared", network, lambda images: images / 255.0, ("a", "b"))
    assert classifier.layers == ("input", "between")
    assert sum(multiplications(tensor) for tensor in flow(network)) == 2 * 64 * 81 + 192 * 2


def test_a_plane_of_one_point_is_no_layer() -> None:
    entry = keras.Input((8, 8, 3))
    pooled = layers.GlobalAveragePooling2D(keepdims=True, name="pooled")(
        layers.Conv2D(4, 3, name="plane")(entry)
    )
    network = keras.Model(entry, layers.Dense(2)(layers.Flatten()(pooled)))
    classifier = Classifier("point", network, lambda images: images / 255.0, ("a", "b"))
    assert classifier.layers == ("input", "plane")


def test_the_fingerprint_names_the_content() -> None:
    from tests.conftest import scaled, tiny_network

    def fingerprint(seed: int, preprocess: Callable[[Any], Any]) -> str:
        return Classifier("any", tiny_network(seed), preprocess, tuple("abcde")).fingerprint

    first = fingerprint(1, scaled)
    assert first == fingerprint(1, scaled)
    assert first != fingerprint(2, scaled)
    assert first != fingerprint(1, lambda images: images / 255.0)
