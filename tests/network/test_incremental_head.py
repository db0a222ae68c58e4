"""Incremental heads: the plain head's logits wherever a window lies, and only where they pay."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution_core import Classifier
from attribution_core.arrays import IntArray, Logits
from attribution_core.explanation import pose
from attribution_core.images import Picture
from attribution_core.methods.occlusion import sliding_squares
from attribution_core.network import incremental_head
from attribution_core.network.change_windows import Reach, Reading, local_part, window_side
from attribution_core.network.incremental_coalitions import IncrementalCoalitions
from attribution_core.network.incremental_head import IncrementalHead
from attribution_core.request import granted, request_or_reason
from attribution_core.segmentations import positions

pytestmark = pytest.mark.thorough

layers = keras.layers
SIZE = 32


def convolution(filters: int, kernel: int = 3, **settings: Any) -> keras.layers.Layer:
    # Biases make zero padding differ from what a layer gives on zeros.
    return layers.Conv2D(
        filters, kernel, bias_initializer=keras.initializers.RandomNormal(stddev=0.5), **settings
    )


def vgg_like(flow: Any) -> Any:
    for filters, count in ((6, 2), (8, 2), (8, 1)):
        for _ in range(count):
            flow = convolution(filters, padding="same", activation="relu")(flow)
        flow = layers.MaxPooling2D()(flow)
    return flow


def strided_with_skips(flow: Any) -> Any:
    """Stride 2 with uneven padding, depthwise kernels of 5, batch normalisation and skips."""
    flow = convolution(8, strides=2, padding="same", use_bias=False)(flow)
    flow = layers.BatchNormalization(beta_initializer="ones")(flow)
    entering = flow = layers.ReLU(6.0)(flow)
    for stride in (1, 2):
        flow = convolution(12, 1, activation="relu")(flow)
        flow = layers.DepthwiseConv2D(
            5, stride, padding="same", bias_initializer="ones", activation="relu"
        )(flow)
        flow = convolution(8, 1)(flow)
        if stride == 1:
            flow = layers.Add()([flow, entering])
    return flow


def unpadded(flow: Any) -> Any:
    """Windows that miss the last rows, padding of its own, pools that overlap, two branches."""
    flow = layers.ZeroPadding2D(((2, 1), (1, 0)))(flow)
    flow = convolution(6, (3, 2), strides=(2, 1), padding="valid", activation="relu")(flow)
    flow = layers.MaxPooling2D(3, 2)(flow)
    left = convolution(5, (1, 5), padding="same")(flow)
    right = convolution(4, (3, 1), padding="same")(flow)
    return layers.AveragePooling2D(2)(layers.Concatenate()([left, right]))


NETWORKS = {
    "vgg": vgg_like,
    "skips": strided_with_skips,
    "unpadded": unpadded,
}


@cache
def classifier_of(name: str) -> Classifier:
    keras.utils.set_random_seed(3)
    inputs = keras.Input((SIZE, SIZE, 3))
    flow = layers.Flatten()(NETWORKS[name](inputs))
    outputs = layers.Dense(4)(layers.Dense(16, activation="relu")(flow))
    return Classifier(name, keras.Model(inputs, outputs), lambda images: images / 64 - 1, "abcd")


@pytest.fixture(scope="module", params=NETWORKS)
def network(request: pytest.FixtureRequest) -> Classifier:
    return classifier_of(request.param)


def points(classifier: Classifier, seed: int = 0) -> Any:
    """A point and a reference of the picture's size."""
    shape = (2, *classifier.input_size, 3)
    return np.random.default_rng(seed).uniform(0, 255, shape).astype(np.float32)


def coalitions_of(
    classifier: Classifier, segments: IntArray, seed: int = 0
) -> tuple[IncrementalCoalitions, IncrementalHead]:
    head, incremental = classifier.head("input"), classifier.incremental_head("input")
    assert incremental is not None
    point, reference = points(classifier, seed)
    return IncrementalCoalitions(
        incremental, head, point, reference, segments, lambda: incremental.unmasked(point)
    ), incremental


def assert_equal(fast: Logits, plain: Logits) -> None:
    np.testing.assert_allclose(fast, plain, rtol=0, atol=1e-5 * np.abs(plain).max())


@pytest.mark.parametrize("side", [1, 2, 5, 8, 13, 32])
def test_every_place_of_a_square(network: Classifier, side: int) -> None:
    point, reference = points(network)
    segments, squares = sliding_squares(SIZE, SIZE, side, 1)
    incremental = network.incremental_head("input")
    assert incremental is not None
    windows = incremental.windows(side, side)
    starts = np.arange(SIZE - side + 1)
    corners = np.stack(np.meshgrid(starts, starts, indexing="ij"), -1).reshape(-1, 2)
    fast = incremental.logits(
        incremental.unmasked(point),
        reference,
        segments,
        ~squares,
        np.minimum(corners, windows.last_corner),
        windows,
    )
    plain = network.head("input").masked_logits(point, reference, segments, ~squares)
    # The squares must make a difference, or equality would say nothing.
    assert np.ptp(plain, axis=0).max() > 1e-2 * np.abs(plain).max() or side == SIZE
    assert_equal(fast, plain)


@given(
    name=st.sampled_from(sorted(NETWORKS)),
    box=st.tuples(*[st.integers(0, SIZE - 1)] * 4),
    seed=st.integers(0, 99),
)
@settings(max_examples=40)
def test_any_players_in_any_box(name: str, box: tuple[int, int, int, int], seed: int) -> None:
    """Rectangles with some of their positions absent, in windows whatever they save."""
    classifier = classifier_of(name)
    (top, bottom), (left, right) = sorted(box[:2]), sorted(box[2:])
    absent = np.zeros((SIZE, SIZE), bool)
    inside = np.random.default_rng(seed).random((bottom + 1 - top, right + 1 - left)) < 0.5
    absent[top : bottom + 1, left : right + 1] = inside
    absent[top, left] = absent[bottom, right] = True
    segments = positions(SIZE, SIZE)
    coalition = ~absent.reshape(1, -1)
    fast, _ = coalitions_of(classifier, segments, seed)
    with windows_always():
        found = fast.logits(coalition)
    plain = classifier.head("input").masked_logits(*points(classifier, seed), segments, coalition)
    assert_equal(found, plain)


@contextmanager
def windows_always() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(incremental_head, "TRACING", 0.0)
        patch.setattr(incremental_head, "LEAST_GAIN", 0.0)
        yield


@given(
    length=st.integers(1, 40),
    side=st.integers(1, 40),
    kernel=st.integers(1, 7),
    stride=st.integers(1, 4),
    before=st.integers(0, 6),
)
def test_reach_is_what_reads_the_change(
    length: int, side: int, kernel: int, stride: int, before: int
) -> None:
    """Against trying every position: which read one of the altered ones."""
    side, before = min(side, length), min(before, kernel - 1)
    above = (length + 2 * before - kernel) // stride + 1
    if above < 1:
        return
    reach = Reach.of_change(length, side).through(Reading(kernel, stride, before), above)
    for place in range(length - side + 1):
        altered = [
            position
            for position in range(above)
            if any(
                place <= position * stride - before + offset < place + side
                for offset in range(kernel)
            )
        ]
        window = range(reach.starts[place], reach.starts[place] + reach.size)
        assert window.start >= 0
        assert window.stop <= above
        assert set(altered) <= set(window)
        if altered:
            assert (reach.first[place], reach.last[place]) == (altered[0], altered[-1])


def test_gain_counts_multiplications() -> None:
    """A change of 4 in a plane of 16 reaches 6, 8 and, pooled, 5 of 8 at the worst place."""
    inputs = keras.Input((16, 16, 3))
    flow = layers.Conv2D(2, 3, padding="same")(inputs)
    flow = layers.MaxPooling2D()(layers.Conv2D(4, 3, padding="same")(flow))
    flow = layers.Conv2D(5, 1)(flow)
    model = keras.Model(inputs, layers.Dense(3)(layers.Flatten()(flow)))
    part = local_part(model, inputs)
    assert part is not None
    windows = part.windows(4, 4)
    assert [windows.reaches[id(tensor)][0].size for tensor in part.tensors] == [4, 6, 8, 5, 5]
    dense = 64 * 5 * 3
    assert windows.plain == 256 * (27 * 2 + 18 * 4) + 64 * 4 * 5 + dense
    assert windows.left == 36 * 27 * 2 + 64 * 18 * 4 + 25 * 4 * 5 + dense


def test_sides_of_windows_are_few() -> None:
    sides = {window_side(224, side) for side in range(1, 225)}
    assert sides == set(range(8, 225, 8))
    assert [window_side(14, side) for side in (1, 5, 14)] == [1, 5, 14]


class Subclass(layers.ReLU):
    """A layer that may do anything."""


@pytest.mark.parametrize(
    "layer",
    [
        Subclass(),
        layers.LayerNormalization(),
        layers.BatchNormalization(axis=1),
        layers.Conv2D(4, 3, dilation_rate=2),
        layers.Conv2D(3, 3, groups=3),
        layers.MaxPooling2D(3, 1, padding="same"),
        layers.Conv2DTranspose(3, 3),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_unknown_layers_end_the_windows(layer: keras.layers.Layer) -> None:
    inputs = keras.Input((16, 16, 3))
    flow = low = layers.Conv2D(3, 3, padding="same")(inputs)
    flow = layers.Conv2D(3, 3)(layer(flow))
    model = keras.Model(inputs, layers.Dense(3)(layers.Flatten()(flow)))
    part = local_part(model, inputs)
    assert part is not None
    assert part.last is low


def test_a_dense_start_has_no_windows() -> None:
    inputs = keras.Input((8, 8, 3))
    flow = layers.Conv2D(3, 8)(inputs)
    model = keras.Model(inputs, layers.Dense(3)(layers.Flatten()(flow)))
    assert local_part(model, inputs) is None
    classifier = Classifier("test", model, lambda images: images, "abc")
    assert classifier.incremental_head("input") is None


def test_preprocessing_that_mixes_positions_has_no_windows() -> None:
    model = classifier_of("vgg")._network
    mixing = Classifier("test", model, lambda x: x - tf.reduce_mean(x, (1, 2), True), "abcd")
    assert mixing.incremental_head("input") is None


def test_windows_come_once_they_would_have_paid(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain for what saves too little and for the first few; all present is plain, too."""
    classifier = classifier_of.__wrapped__("vgg")
    segments, squares = sliding_squares(SIZE, SIZE, 4, 4)
    fast, incremental = coalitions_of(classifier, segments)
    windows = incremental.windows(4, 4)
    saved = windows.plain - windows.left
    monkeypatch.setattr(incremental_head, "TRACING", 10.0 * saved)
    counts = []

    def counted(*arguments: Any) -> Logits:
        counts.append(len(arguments[3]))
        return IncrementalHead.logits(incremental, *arguments)

    monkeypatch.setattr(incremental, "logits", counted)
    half = np.arange(len(squares)) >= len(squares) // 2
    for batch in (half[None], np.ones((3, len(squares)), bool), ~squares[:9]):
        fast.logits(batch)
        assert counts == []
    mixed = np.concatenate([~squares[9:12], half[None], ~squares[12:14]])
    found = fast.logits(mixed)
    assert counts == [5]
    point, reference = points(classifier)
    assert_equal(found, classifier.head("input").masked_logits(point, reference, segments, mixed))


def test_reproducible_windows_come_at_once_and_never_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = classifier_of.__wrapped__("vgg")
    made = Classifier("test", plain.network, lambda images: images, plain.labels, reproducible=True)
    segments, squares = sliding_squares(SIZE, SIZE, 4, 4)
    for classifier, at_once in ((plain, False), (made, True)):
        _, incremental = coalitions_of(classifier, segments)
        assert incremental.worthwhile(incremental.windows(4, 4), 0) is at_once
    fast, incremental = coalitions_of(made, segments)
    evaluate, sizes = incremental._evaluate, []

    def recorded(cut: Any, ends: Any, labels: Any, coalitions: Any, *indices: Any) -> Any:
        sizes.append(len(coalitions))
        return evaluate(cut, ends, labels, coalitions, *indices)

    monkeypatch.setattr(incremental, "_evaluate", recorded)
    several, alone = fast.logits(~squares[:3]), fast.logits(~squares[:1])
    assert sizes == [3, 2]
    assert alone.shape == (1, made.classes)
    np.testing.assert_allclose(alone, several[:1], rtol=1e-5)


@pytest.mark.parametrize("name", ["vgg16_cam", "efficientnet_lite0"])
def test_built_in_models(name: str, efficientnet: Classifier, vgg16_cam: Classifier) -> None:
    """Corners, edges and the middle, through the game that occlusion plays."""
    classifier = {"vgg16_cam": vgg16_cam, "efficientnet_lite0": efficientnet}[name]
    picture = Picture.of(points(classifier)[0])
    segments, squares = sliding_squares(224, 224, 32, 24)
    across = int(len(squares) ** 0.5)
    chosen = [0, 3, across - 1, 3 * across, 4 * across + 4, len(squares) - 3, len(squares) - 1]
    asked = request_or_reason(classifier, picture=picture, method="occlusion", target=285)
    problem = pose(classifier, granted(asked))
    with windows_always(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(problem.head, "masked_logits", None)
        found = problem.play(segments).logits(~squares[chosen])
    plain = problem.head.masked_logits(problem.point, problem.reference, segments, ~squares[chosen])
    assert np.ptp(plain, axis=0).max() > 1e-2 * np.abs(plain).max()
    assert_equal(found, plain)


def test_at_an_inner_layer() -> None:
    classifier = classifier_of("vgg")
    layer = classifier.layers[2]
    picture = Picture.of(points(classifier)[0])
    asked = request_or_reason(
        classifier, picture=picture, method="occlusion", target=1, layer=layer
    )
    problem = pose(classifier, granted(asked))
    segments, squares = sliding_squares(*problem.head.shape[:2], 5, 3)
    plain = problem.head.masked_logits(problem.point, problem.reference, segments, ~squares)
    with windows_always(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(problem.head, "masked_logits", None)
        assert_equal(problem.play(segments).logits(~squares), plain)
