"""Networks as they are made and saved: every method at every layer gives the plain path's values.

The plain path calls the network's own layers one after another, on points masked by numpy; it
knows nothing of graphs, heads, windows or linear prefixes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from attribution_core import (
    METHODS,
    Classifier,
    FunctionGame,
    Grid,
    explain,
    grad_cam,
    gradient,
    gradient_times_input,
    integrated_gradients,
    kernel_shap,
    lime,
    linear_attribution,
    load_classifier,
    shapley_values,
    smoothgrad,
)
from attribution_core.arrays import BoolArray, FloatArray
from attribution_core.network import incremental_head as windows

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SIDE, TARGET = 12, 2
LABELS = tuple("abcde")
POINT = np.random.default_rng(0).uniform(0, 255, (SIDE, SIDE, 3)).astype(np.float32)
WHITE = np.full_like(POINT, 255)
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "integrated_gradients": {"steps": 9, "rule": "midpoint"},
    "smoothgrad": {"samples": 6},
    "occlusion": {"window": 5, "stride": 3},
    "lime": {"samples": 30},
    "kernel_shap": {"budget": 20},
}


def made_of() -> list[keras.layers.Layer]:
    def drawn(seed: int) -> keras.initializers.Initializer:
        return keras.initializers.RandomNormal(stddev=0.3, seed=seed)

    return [
        layers.Rescaling(1 / 255, name="scaled"),
        layers.Conv2D(6, 3, activation="relu", kernel_initializer=drawn(1), name="plane"),
        layers.MaxPooling2D(name="pooled"),
        layers.Flatten(),
        layers.Dense(20, activation="relu", kernel_initializer=drawn(2)),
        layers.Dense(5, activation="softmax", kernel_initializer=drawn(3), name="classes"),
    ]


def sequential() -> keras.Model:
    return keras.Sequential([keras.Input((SIDE, SIDE, 3)), *made_of()])


def called() -> keras.Model:
    """Without an `Input`: it takes over the shape of the one picture that it is called with."""
    network = keras.Sequential(made_of())
    network(POINT[None])
    assert network.input_shape[0] == 1
    return network


def of_eight() -> keras.Model:
    return chained(keras.Input((SIDE, SIDE, 3), batch_size=8), made_of())


def functional() -> keras.Model:
    return chained(keras.Input((SIDE, SIDE, 3)), made_of())


def used_elsewhere() -> keras.Model:
    """Layers that stood in another graph first: what they name as their output belongs to that."""
    shared = made_of()
    chained(keras.Input((SIDE, SIDE, 3)), shared)
    return chained(keras.Input((SIDE, SIDE, 3)), shared)


def chained(entry: Any, ordered: list[keras.layers.Layer]) -> keras.Model:
    return keras.Model(entry, through(ordered, entry))


def through(ordered: list[keras.layers.Layer], points: Any) -> Any:
    for layer in ordered:
        points = layer(points)
    return points


MADE: Mapping[str, tuple[Callable[[], keras.Model], str]] = {
    "sequential": (sequential, ""),
    "sequential, .keras": (sequential, ".keras"),
    "sequential, .h5": (sequential, ".h5"),
    "called": (called, ""),
    "called, .keras": (called, ".keras"),
    "called, .h5": (called, ".h5"),
    "eight at a time": (of_eight, ""),
    "functional": (functional, ""),
    "functional, .keras": (functional, ".keras"),
    "layers used elsewhere": (used_elsewhere, ""),
}


@pytest.fixture(scope="module", params=MADE)
def made(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[keras.Model, Classifier]:
    """A network as its owner has it, and the classifier made of it."""
    make, suffix = MADE[request.param]
    network = make()
    if not suffix:
        return network, Classifier("made", network, lambda images: images, LABELS)
    path: Path = tmp_path_factory.mktemp("saved") / f"made{suffix}"
    network.save(path)
    return network, load_classifier(path)


class Plain:
    """The layers above one of the network's, called one after another."""

    def __init__(self, network: keras.Model, layer: str) -> None:
        ordered = [each for each in network.layers if not isinstance(each, layers.InputLayer)]
        cut = ["input", *(each.name for each in ordered)].index(layer)
        self._above, self._last = ordered[cut:-1], ordered[-1]
        ends = np.asarray(through(ordered[:cut], tf.constant(np.stack([POINT, WHITE]))))
        self.point, self.reference = ends

    def logit(self, points: Any) -> Any:
        """What the last layer makes of the target before its softmax, ``(n,)``."""
        flat = through(self._above, tf.cast(points, tf.float32))
        return tf.linalg.matvec(flat, self._last.kernel[:, TARGET]) + self._last.bias[TARGET]

    def masked(self, present: BoolArray) -> FloatArray:
        """Logits ``(n,)`` of points with the reference where ``present`` ``(n, h, w)`` is False."""
        points = np.where(present[..., None], self.point, self.reference)
        return np.asarray(self.logit(points), np.float64)

    def game(self) -> FunctionGame:
        """The two by three cells of a grid as players."""
        height, width, _ = self.point.shape
        rows, columns = np.arange(height) * 2 // height, np.arange(width) * 3 // width
        labels = rows[:, None] * 3 + columns
        return FunctionGame(6, lambda coalitions: self.masked(coalitions[:, labels]))

    def occlusion(self, window: int, stride: int) -> FloatArray:
        """Drops of the logit, spread over squares and averaged over those that cover a point."""
        side = self.point.shape[0]
        scaled = max(1, round(window * side / SIDE))
        step = min(max(1, round(stride * side / SIDE)), scaled)
        starts = sorted({min(start, side - scaled) for start in range(0, side + step, step)})
        drops, covered = np.zeros((side, side)), np.zeros((side, side))
        whole = self.masked(np.ones((1, side, side), bool))[0]
        for top in starts:
            for left in starts:
                square = np.zeros((1, side, side), bool)
                square[0, top : top + scaled, left : left + scaled] = True
                drops[square[0]] += (whole - self.masked(~square)[0]) / scaled**2
                covered[square[0]] += 1
        return drops / covered

    def values(self, method: str) -> FloatArray:
        """What the method says: a value a player, or of each channel, or of each position."""
        options = dict(OPTIONS.get(method, {}))
        if method == "occlusion":
            return self.occlusion(**options)
        if method in GAMES:
            return GAMES[method](self.game(), **options).values
        ends = (self.point, self.reference) if method in BETWEEN else (self.point,)
        return FUNCTIONS[method](self.logit, *ends, **options).values


GAMES: Mapping[str, Callable[..., Any]] = {
    "kernel_shap": kernel_shap,
    "lime": lime,
    "shapley_values": shapley_values,
}
FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "gradient": gradient,
    "gradient_times_input": gradient_times_input,
    "linear": linear_attribution,
    "integrated_gradients": integrated_gradients,
    "smoothgrad": smoothgrad,
    "grad_cam": grad_cam,
}
BETWEEN = ("linear", "integrated_gradients")


@pytest.mark.thorough
@pytest.mark.parametrize("method", METHODS)
def test_every_method_at_every_layer(made: tuple[keras.Model, Classifier], method: str) -> None:
    network, classifier = made
    assert classifier.layers == ("input", "scaled", "plane", "pooled")
    for layer in classifier.layers:
        if not (layer == "input" and method == "grad_cam"):
            assert_as_the_plain_path(network, classifier, method, layer)


@pytest.mark.thorough
@pytest.mark.parametrize("method", ["occlusion", "kernel_shap"])
def test_in_windows_from_the_first_coalition_on(
    made: tuple[keras.Model, Classifier], method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    network, classifier = made
    monkeypatch.setattr(windows, "TRACING", 0.0)
    monkeypatch.setattr(windows, "LEAST_GAIN", 0.0)
    for layer in ("input", "scaled"):
        assert classifier.incremental_head(layer) is not None
        assert_as_the_plain_path(network, classifier, method, layer)


def assert_as_the_plain_path(
    network: keras.Model, classifier: Classifier, method: str, layer: str
) -> None:
    # Coalitions that another method has evaluated would not be evaluated here.
    classifier.cache.clear()
    found = explain(
        classifier,
        POINT,
        method,
        TARGET,
        layer=layer,
        reference="white",
        superpixels=Grid(2, 3),
        **OPTIONS.get(method, {}),
    )
    expected = Plain(network, layer).values(method)
    values = found.values if found.player_values is None else found.player_values
    assert np.ptp(expected) > 0
    np.testing.assert_allclose(values, expected, rtol=0, atol=2e-5 * np.abs(expected).max())


def test_a_network_for_so_many_pictures_and_no_other() -> None:
    """Its operations, and not its input alone, fix the number."""
    entry = keras.Input((SIDE, SIDE, 3), batch_size=2)
    flat = keras.ops.reshape(entry, (2, -1))
    network = keras.Model(entry, layers.Dense(5)(flat))
    with pytest.raises(ValueError, match=r"scores of 2 pictures at a time.*any number"):
        Classifier("two", network, lambda images: images, LABELS)


def test_the_owner_s_network_stays_as_it_is() -> None:
    network = called()
    before = np.asarray(network(POINT[None]))
    classifier = Classifier("made", network, lambda images: images, LABELS)
    assert network.layers[-1].activation is keras.activations.softmax
    assert network.input_shape[0] == 1
    np.testing.assert_array_equal(network(POINT[None]), before)
    np.testing.assert_allclose(classifier.probabilities(POINT), before[0], rtol=1e-5)
    assert classifier.scores(POINT).min() < 0
