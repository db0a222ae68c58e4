"""Evaluation in bfloat16: rounded as the format says, and only where it is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from attribution_core import Grid, Randomisation, explain
from attribution_core.axioms.on_network import check_method
from attribution_core.explanation import pose
from attribution_core.images import Picture
from attribution_core.network.bfloat16 import in_bfloat16, processor_has_bfloat16
from attribution_core.network.classifier import Classifier
from attribution_core.network.evaluators import WholeHead
from attribution_core.network.head import Head
from attribution_core.network.incremental_coalitions import IncrementalCoalitions
from attribution_core.request import granted, request_or_reason
from attribution_core.segmentations import grid

PICTURE = np.random.default_rng(2).uniform(0, 255, (8, 8, 3)).astype(np.float32)


def small_network(layers: tuple[keras.layers.Layer, ...] = ()) -> keras.Model:
    keras.utils.set_random_seed(4)
    inputs = keras.Input((8, 8, 3), name="input")
    flow = keras.layers.Conv2D(6, 3, padding="same", activation="relu", name="low")(inputs)
    for layer in layers:
        flow = layer(flow)
    flow = keras.layers.Conv2D(8, 3, activation="relu", name="high")(flow)
    flow = keras.layers.Dense(16, activation="relu")(keras.layers.Flatten()(flow))
    return keras.Model(inputs, keras.layers.Dense(3)(flow))


def small_classifier(*layers: keras.layers.Layer) -> Classifier:
    return Classifier("small", small_network(layers), lambda pictures: pictures / 255, "abc")


def test_parameters_are_rounded_to_8_bits() -> None:
    """1 + 2⁻⁷ is a bfloat16, 1 + 2⁻⁹ is not and becomes 1."""
    inputs = keras.Input((1, 1, 2), name="input")
    dense = keras.layers.Dense(2, use_bias=False)
    network = keras.Model(inputs, dense(keras.layers.Flatten()(inputs)))
    dense.set_weights([np.array([[1 + 2**-7, 0], [0, 1 + 2**-9]])])
    point = np.ones((1, 1, 1, 2), np.float32)
    twin = in_bfloat16(network)
    np.testing.assert_array_equal(np.float32(twin(point)), [[1 + 2**-7, 1]])
    np.testing.assert_array_equal(np.float32(network(point)), [[1 + 2**-7, 1 + 2**-9]])


@pytest.mark.parametrize(
    "layers",
    [(), (keras.layers.BatchNormalization(beta_initializer="ones", name="norm"),)],
    ids=["plain", "normalised"],
)
@pytest.mark.parametrize("layer", ["input", "low", "high"])
def test_logits_are_float32_and_near(layers: tuple[keras.layers.Layer, ...], layer: str) -> None:
    classifier = small_classifier(*(type(each).from_config(each.get_config()) for each in layers))
    points = np.random.default_rng(0).uniform(0, 1, (5, *classifier.layer(layer).shape))
    points *= 255 if layer == "input" else 1
    exact = classifier.head(layer).logits(points)
    found = classifier.rounded_head(layer).logits(points)
    assert found.dtype == np.float32
    error = np.abs(found - exact).max() / np.ptp(exact)
    assert 0 < error < 0.03


def test_a_fast_head_rounds_what_it_does_not_skip() -> None:
    classifier = small_classifier()
    head = classifier.head("high")
    random = np.random.default_rng(0)
    point, reference = random.random((2, *head.shape), np.float32)
    segments = grid(6, 6, 2, 2)
    coalitions = random.random((20, 4)) < 0.5
    exact = head.masked_logits(point, reference, segments, coalitions)
    fast = classifier.linear_head("high", 4, bfloat16=True)
    assert fast is not None
    found = fast.logits(*fast.contributions(point, reference, segments), coalitions)
    error = np.abs(found - exact).max() / np.ptp(exact)
    assert 0 < error < 0.03
    assert fast is not classifier.linear_head("high", 4)


def test_games_of_both_kinds_are_kept_apart() -> None:
    """Each evaluates its coalitions with its own head, and LIME shares those of KernelSHAP."""
    classifier = small_classifier()
    game: dict[str, Any] = {"superpixels": Grid(2, 3)}
    evaluated: list[Head] = []
    masked = Head.masked_logits

    def noted(self: Head, *arguments: Any) -> Any:
        evaluated.append(self)
        return masked(self, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Head, "masked_logits", noted)
        exact = explain(classifier, PICTURE, "shapley_values", 1, **game)
        assert set(evaluated) == {classifier.head("input")}
        evaluated.clear()
        found = explain(classifier, PICTURE, "shapley_values", 1, bfloat16=True, **game)
        assert set(evaluated) == {classifier.rounded_head("input")}
        evaluated.clear()
        for method in ("kernel_shap", "lime"):
            explain(classifier, PICTURE, method, 2, bfloat16=True, **game)
        assert not evaluated
    # The scores of both ends, which the page shows, are float32's.
    assert (found.score, found.reference_score) == (exact.score, exact.reference_score)
    assert found.player_values is not None
    assert exact.player_values is not None
    error = np.linalg.norm(found.player_values - exact.player_values)
    assert 0 < error < 0.05 * np.linalg.norm(exact.player_values)


def test_no_windows_of_float32_among_rounded_scores() -> None:
    classifier = small_classifier()
    asked = request_or_reason(
        classifier, picture=Picture.of(PICTURE), method="kernel_shap", target=1
    )
    problem = pose(classifier, granted(asked))
    assert isinstance(problem.play(grid(8, 8, 4, 4)).evaluator, IncrementalCoalitions)
    assert isinstance(problem.play(grid(8, 8, 4, 4), bfloat16=True).evaluator, WholeHead)


def test_axioms_are_checked_in_float32() -> None:
    classifier = small_classifier()
    request = granted(
        request_or_reason(
            classifier,
            picture=Picture.of(PICTURE),
            method="kernel_shap",
            target=1,
            segmentation=Grid(2, 2),
            options={"bfloat16": True},
        )
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Classifier, "rounded_head", None)
        *_, found = check_method(classifier, request, 2)
    assert found.done == found.planned


def test_parameters_drawn_anew_are_rounded_anew() -> None:
    classifier = small_classifier()
    randomisation = Randomisation(classifier)
    for seed in (0, 1):
        drawn = randomisation.at(2, seed)
        exact = drawn.head("low").logits(classifier.activations(Picture.of(PICTURE), "low")[None])
        found = drawn.rounded_head("low").logits(
            classifier.activations(Picture.of(PICTURE), "low")[None]
        )
        np.testing.assert_allclose(found, exact, atol=0.03 * np.ptp(exact))
        assert np.abs(found - exact).max() > 0


class Odd(keras.layers.Layer):
    """A layer whose settings do not say how to make it."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function

    def call(self, inputs: Any) -> Any:
        return self.function(inputs)

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name}


def test_a_network_that_cannot_be_made_anew() -> None:
    classifier = small_classifier(Odd(tf.nn.relu))
    with pytest.raises(ValueError, match=r"cannot be computed in bfloat16.*Use float32"):
        explain(classifier, PICTURE, "lime", 1, samples=8, superpixels=Grid(2, 2), bfloat16=True)


@pytest.mark.parametrize(
    ("flags", "has"),
    [
        ("flags\t\t: fpu avx512f avx512_bf16 amx_tile", True),
        ("flags\t\t: fpu amx_bf16", True),
        ("flags\t\t: fpu avx512f", False),
        ("flags\t\t: not_avx512_bf16", False),
    ],
)
def test_what_the_processor_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: str, has: bool
) -> None:
    monkeypatch.setattr("platform.system", lambda: "Linux")
    information = tmp_path / "cpuinfo"
    assert not processor_has_bfloat16(information)
    information.write_text(f"model name\t: x\n{flags}\n")
    assert processor_has_bfloat16(information) is has
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    assert not processor_has_bfloat16(information)
