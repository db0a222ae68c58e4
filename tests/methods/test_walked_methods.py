"""LRP, DeepLIFT, guided backpropagation and the deconvnet on networks like those people use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from attribution_core import Classifier, Contrast, explain, explain_classes
from attribution_core.images import Pixels
from attribution_core.methods.walked_layers import LayerAbove, without_rule
from attribution_core.network.walk import head as walked_heads
from tests.conftest import scaled

WALKED = ("lrp", "deeplift", "guided_backpropagation", "deconvnet")
SHAPE, CLASSES = (16, 16, 3), 4


def with_parameters(network: keras.Model) -> keras.Model:
    """Random ones, normalisations among them, as after training."""
    random = np.random.default_rng(5)
    for weight in network.weights:
        if len(weight.shape) > 1:
            fan = np.prod(weight.shape[:-1])
            weight.assign(random.normal(0, (2 / fan) ** 0.5, weight.shape))
        elif weight.path.endswith(("variance", "gamma")):
            weight.assign(random.uniform(0.5, 1.5, weight.shape))
        else:
            weight.assign(random.normal(0, 0.1, weight.shape))
    return network


def normalised(flow: Any, activation: Any = None, **conv: Any) -> Any:
    flow = layers.Conv2D(8, 3, padding="same", use_bias=False, **conv)(flow)
    flow = layers.BatchNormalization()(flow)
    return flow if activation is None else layers.Activation(activation)(flow)


def ended(entry: Any, flow: Any, *, norm: bool = False) -> keras.Model:
    flow = layers.GlobalAveragePooling2D()(flow)
    flow = layers.LayerNormalization(name="last_norm")(flow) if norm else flow
    return with_parameters(keras.Model(entry, layers.Dense(CLASSES, "softmax")(flow)))


def resnet_like() -> keras.Model:
    entry = keras.Input(SHAPE)
    flow = layers.ZeroPadding2D(1)(entry)
    flow = layers.Conv2D(8, 3, name="stem")(flow)
    flow = layers.MaxPooling2D(name="pooled")(layers.ReLU()(layers.BatchNormalization()(flow)))
    for number in range(2):
        inner = normalised(normalised(flow, "relu"))
        flow = layers.ReLU(name=f"block{number}")(layers.Add()([flow, inner]))
    return ended(entry, flow)


def mobilenet_like() -> keras.Model:
    """Bottlenecks, ReLU6, and gates as squeeze-and-excite has them, by a hard sigmoid."""
    entry = keras.Input(SHAPE)
    flow = normalised(layers.Rescaling(2.0, offset=-1.0)(entry), "relu6", strides=2)
    deep = layers.DepthwiseConv2D(3, padding="same", use_bias=False)(flow)
    deep = layers.ReLU(6.0)(layers.BatchNormalization()(deep))
    gate = layers.GlobalAveragePooling2D(keepdims=True)(deep)
    gate = layers.ReLU(6.0)(layers.Conv2D(8, 1)(gate) + 3.0) * (1.0 / 6.0)
    narrow = layers.BatchNormalization()(layers.Conv2D(8, 1)(layers.Multiply()([deep, gate])))
    flow = layers.Add(name="block")([flow, narrow])
    return ended(entry, layers.Activation("hard_swish", name="top")(flow))


def convnext_like() -> keras.Model:
    entry = keras.Input(SHAPE)
    flow = layers.Conv2D(8, 4, 4, name="stem")(entry)
    deep = layers.DepthwiseConv2D(7, padding="same")(flow)
    wide = layers.Dense(16, "gelu")(layers.LayerNormalization(name="norm")(deep))
    flow = layers.Add(name="block")([flow, layers.Dense(8)(wide)])
    return ended(entry, flow, norm=True)


NETWORKS: Mapping[str, Callable[[], keras.Model]] = {
    "resnet": resnet_like,
    "mobilenet": mobilenet_like,
    "convnext": convnext_like,
}


@pytest.fixture(scope="module")
def classifiers() -> dict[str, Classifier]:
    return {name: Classifier(name, made(), scaled, None) for name, made in NETWORKS.items()}


@pytest.fixture(scope="module")
def picture() -> Pixels:
    return np.random.default_rng(0).uniform(0, 255, SHAPE).astype(np.float32)


@pytest.mark.parametrize("score", ["logit", Contrast(3)], ids=["logit", "lead"])
@pytest.mark.parametrize(
    ("network", "layer"),
    [(name, layer) for name in ("resnet", "mobilenet") for layer in ("input", "pooled", "block")],
)
def test_sums(
    classifiers: dict[str, Classifier], picture: Pixels, network: str, layer: str, score: Any
) -> None:
    if (network, layer) == ("mobilenet", "pooled"):
        layer = "block"
    layer = {"block": "block0"}.get(layer, layer) if network == "resnet" else layer
    settings: dict[str, Any] = {"layer": layer, "score": score, "reference": "mean"}
    deeplift = explain(classifiers[network], picture, "deeplift", 1, **settings)
    assert deeplift.completeness_gap is not None
    assert deeplift.completeness_gap < 1e-4 * max(1, abs(deeplift.score))
    relevance = explain(classifiers[network], picture, "lrp", 1, **settings)
    assert relevance.completeness_gap == pytest.approx(
        abs(relevance.total - relevance.score), rel=1e-3, abs=1e-5
    )
    assert np.ptp(relevance.heatmap) > 0


def test_a_network_without_rules_says_so(
    classifiers: dict[str, Classifier], picture: Pixels
) -> None:
    convnext = classifiers["convnext"]
    for method in ("lrp", "deeplift"):
        for layer in ("input", "block"):
            with pytest.raises(ValueError, match="has no rule for the layer “last_norm”") as caught:
                explain(convnext, picture, method, 1, layer=layer)
            assert "(LayerNormalization); choose Integrated Gradients, or a layer above" in str(
                caught.value
            )
    for method in ("guided_backpropagation", "deconvnet"):
        with pytest.raises(ValueError, match="only at a ReLU, and above this layer there is none"):
            explain(convnext, picture, method, 1)


def test_the_highest_layer_without_a_rule_is_named() -> None:
    known = (
        LayerAbove("low", "Lambda", "unknown"),
        LayerAbove("high", "Softmax", "unknown"),
        LayerAbove("top", "Dense", "affine"),
    )
    assert "“high” (Softmax)" in without_rule("LRP", known, ("unknown",))
    assert without_rule("LRP", known[2:], ("unknown",)) == ""
    rounded = replace(known[2], in_float32=False)
    assert "too few digits" in without_rule("LRP", (rounded,), ("unknown",))


@pytest.mark.parametrize("method", WALKED)
def test_probabilities_are_refused(
    classifiers: dict[str, Classifier], picture: Pixels, method: str
) -> None:
    with pytest.raises(ValueError, match="explain the logit, or the lead over another class"):
        explain(classifiers["resnet"], picture, method, 1, score="probability")


@pytest.mark.parametrize("method", WALKED)
def test_several_classes_in_one_pass(
    classifiers: dict[str, Classifier], picture: Pixels, method: str
) -> None:
    resnet = classifiers["resnet"]
    together = explain_classes(resnet, picture, (1, 3), method=method, layer="pooled")
    for target, found in zip((1, 3), together, strict=True):
        alone = explain(resnet, picture, method, target, layer="pooled")
        scale = np.abs(alone.values).max()
        assert scale > 0
        np.testing.assert_allclose(found.values / scale, alone.values / scale, atol=1e-5)


@pytest.mark.parametrize("method", WALKED)
def test_a_walk_from_the_input_passes_through_every_layer(
    classifiers: dict[str, Classifier], picture: Pixels, method: str
) -> None:
    """Traced or not, and whatever was asked before."""
    resnet = classifiers["resnet"]
    first = explain(resnet, picture, method, 1).values
    for target in (0, 2, 3):
        explain(resnet, picture[::-1], method, target)
    resnet.cache.clear()
    again = explain(resnet, picture, method, 1).values
    np.testing.assert_allclose(again, first, atol=1e-5 * np.abs(first).max())


def test_a_replay_that_gives_other_scores_is_refused(
    picture: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    anew = Classifier("anew", resnet_like(), scaled, None)
    made = walked_heads.logits_by_rules

    def wrong(*arguments: Any, **settings: Any) -> Callable[[Any], Any]:
        logits = made(*arguments, **settings)
        return lambda points: logits(points) + tf.constant(0.5)

    monkeypatch.setattr("attribution_core.network.heads.logits_by_rules", wrong)
    with pytest.raises(ValueError, match="gives other scores than as a whole"):
        explain(anew, picture, "deeplift", 1)


def test_rules_that_are_not_known(classifiers: dict[str, Classifier]) -> None:
    with pytest.raises(ValueError, match="'magic' are not known; use guided, deconvnet, rescale"):
        classifiers["resnet"].walked_head("input", "magic")


def test_preprocessing_that_bends_values_has_no_rule(picture: Pixels) -> None:
    bent = Classifier("bent", resnet_like(), lambda pictures: (pictures / 255) ** 2, None)
    with pytest.raises(ValueError, match="no rule for the layer “preprocessing”"):
        explain(bent, picture, "lrp", 1)
    assert np.ptp(explain(bent, picture, "lrp", 1, layer="pooled").heatmap) > 0
    assert np.ptp(explain(bent, picture, "guided_backpropagation", 1).heatmap) > 0
