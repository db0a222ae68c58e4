"""Values that are not finite are said in one sentence, wherever in the network they arise."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops
from PIL import Image

from attribution_core import (
    METHODS,
    Classifier,
    Grid,
    Picture,
    Players,
    explain,
    explain_classes,
    faithfulness_curves,
    randomize,
)
from attribution_core.axioms.on_network import check_method
from attribution_core.command_line.arguments import main
from attribution_core.explanation import pose
from attribution_core.network import incremental_head as windows
from attribution_core.network.finite import (
    check_activations,
    check_gradients,
    check_logits,
    check_map,
    check_scores,
)
from attribution_core.network.head import Head
from attribution_core.network.incremental_coalitions import IncrementalCoalitions
from attribution_core.network.linear_head import LinearCoalitions
from attribution_core.request import granted, request_or_reason

SIDE = 8
LEFT, RIGHT = 100.0, 50.0
PICTURE = np.full((SIDE, SIDE, 3), LEFT, np.float32)
PICTURE[:, SIDE // 2 :] = RIGHT
ADVICE = r"should be finite: look in the network for .*, or choose another picture, reference or"


def network_of(
    end: Callable[[Any], Any], left: float = 1, right: float = 1, name: str = "odd"
) -> Classifier:
    """Five multiples of ``end``, of the left half's mean times a factor plus the right half's."""
    entry = keras.Input((SIDE, SIDE, 3))
    means = layers.Conv2D(32, (SIDE, SIDE // 2), SIDE // 2, use_bias=False, name="halves")(entry)
    mixed = layers.Dense(1, use_bias=False, name="mixed")(layers.Flatten()(means))
    outputs = layers.Dense(5, use_bias=False, name="logits")(end(mixed))
    network = keras.Model(entry, outputs)
    network.get_layer("halves").set_weights([np.full((SIDE, SIDE // 2, 3, 32), 2 / (3 * SIDE**2))])
    factors = np.repeat([left / 32, right / 32], 32)
    network.get_layer("mixed").set_weights([factors[:, None]])
    network.get_layer("logits").set_weights([np.array([[0.6, 1.0, 0.7, 0.8, 0.9]])])
    return Classifier(name, network, lambda images: images, ("ant", "bee", "cat", "dog", "eel"))


def everywhere() -> Classifier:
    """N6 of the list of faults: the logarithm of what is below 0."""
    return network_of(lambda mixed: ops.log(mixed - 1000.0))


def of_some_coalitions() -> Classifier:
    """Of e to the 55 for the picture, to the 25.5 for white, to the 210 where the left is white."""
    return network_of(layers.Activation("exponential"), 1, -0.9)


def explained(classifier: Classifier, method: str, target: int = 1, **settings: Any) -> Any:
    settings.setdefault("superpixels", Grid(1, 2))
    return explain(classifier, PICTURE, method, target, **settings)


OF_THE_GRAPH = [name for name, each in METHODS.items() if each.needs == "graph"]


@pytest.mark.parametrize("score", ["logit", "probability"])
@pytest.mark.parametrize("method", [name for name in METHODS if name not in OF_THE_GRAPH])
def test_by_every_method(method: str, score: str) -> None:
    with pytest.raises(ValueError, match=ADVICE) as error:
        explained(everywhere(), method, layer="halves", score=score)
    assert str(error.value).startswith(
        "The network odd gives nan as the logit of class 0 and no finite one for 4 other classes, "
        "computed from the layer halves; "
    )


@pytest.mark.parametrize("method", OF_THE_GRAPH)
def test_by_methods_of_the_graph(method: str) -> None:
    """These have no rule for a logarithm; a layer that they have rules for gives no number here."""
    classifier = network_of(layers.ReLU())
    classifier.network.get_layer("logits").set_weights([np.full((1, 5), np.nan)])
    with pytest.raises(ValueError, match=ADVICE):
        explained(classifier, method, layer="halves")


@pytest.mark.parametrize("network", [everywhere, lambda: randomize(everywhere(), 1)])
def test_of_the_picture(network: Callable[[], Classifier]) -> None:
    classifier = network()
    for ask in (classifier.scores, classifier.probabilities):
        with pytest.raises(ValueError, match="network odd gives nan as the logit of class 0 and"):
            ask(PICTURE)


def test_at_the_reference_alone() -> None:
    """The logarithm of a black picture."""
    classifier = network_of(ops.log)
    assert np.isfinite(classifier.scores(PICTURE)).all()
    for method in ("linear", "occlusion", "gradient"):
        with pytest.raises(ValueError, match="gives −inf as the logit of class 0"):
            explained(classifier, method)
    assert explained(classifier, "gradient", reference="white").finished


@pytest.mark.parametrize(
    ("method", "options"),
    [
        ("occlusion", {"window": 4, "stride": 4}),
        ("lime", {}),
        ("lime", {"bfloat16": True}),
        ("kernel_shap", {}),
        ("kernel_shap", {"bfloat16": True}),
        ("shapley_values", {}),
    ],
)
@pytest.mark.parametrize("layer", ["input", "halves"])
def test_of_a_coalition_alone(
    monkeypatch: pytest.MonkeyPatch, method: str, options: dict[str, Any], layer: str
) -> None:
    # Of an exponential, bfloat16 changes more than is allowed elsewhere.
    monkeypatch.setattr("attribution_core.network.verification.MOST_ROUNDED", 0.2)
    classifier = of_some_coalitions()
    assert explained(classifier, "linear", reference="white", layer=layer).finished
    with pytest.raises(ValueError, match=rf"gives (inf|nan) as the logit.*the layer {layer}; "):
        explained(classifier, method, reference="white", layer=layer, **options)


@pytest.mark.parametrize(
    ("layer", "kind"), [("input", IncrementalCoalitions), ("halves", LinearCoalitions)]
)
def test_by_the_quicker_ways(layer: str, kind: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "TRACING", 0.0)
    monkeypatch.setattr(windows, "LEAST_GAIN", 0.0)
    classifier = of_some_coalitions()
    asked = request_or_reason(
        classifier,
        picture=Picture.of(PICTURE),
        method="lime",
        target=0,
        layer=layer,
        reference="white",
        segmentation=Grid(1, 2),
    )
    game = pose(classifier, granted(asked)).game()
    assert isinstance(game.evaluator, kind)
    monkeypatch.setattr(Head, "masked_logits", None)
    assert np.isfinite(game.logits(np.array([[True, False]]))).all()
    with pytest.raises(ValueError, match=rf"gives inf as the logit.*from the layer {layer}; "):
        game.logits(np.array([[False, True]]))


def test_of_a_gradient_alone() -> None:
    """The root's slope at 0 is infinite."""
    classifier = network_of(
        lambda mixed: ops.sqrt(mixed * ops.cast(ops.greater(mixed, 1000.0), "float32"))
    )
    assert np.isfinite(classifier.scores(PICTURE)).all()
    sentence = "network odd gives nan in the gradient of class 1 at the layer input; .*finite: look"
    for method in ("gradient", "linear", "smoothgrad", "integrated_gradients"):
        for score in ("logit", "probability"):
            with pytest.raises(ValueError, match=sentence):
                explained(classifier, method, score=score)
    with pytest.raises(ValueError, match=sentence):
        explain_classes(classifier, PICTURE, (1, 2))
    assert explained(classifier, "kernel_shap").finished


def test_of_noisy_copies_alone() -> None:
    """The logarithm of .1 at the picture, and at half of the copies of a negative number."""
    classifier = network_of(lambda mixed: ops.log(mixed - 99.9), 1, 0)
    assert explained(classifier, "gradient", reference="white").finished
    with pytest.raises(ValueError, match="gives nan as the score of class 1, computed from the"):
        explained(classifier, "smoothgrad", reference="white")


def test_of_activations_alone() -> None:
    """The exponential of 100 and more, of which the next layer makes 1."""
    entry = keras.Input((SIDE, SIDE, 3))
    large = layers.Activation("exponential", name="large")(entry)
    outputs = layers.Dense(5)(layers.Flatten()(layers.Activation("tanh")(large)))
    classifier = Classifier("odd", keras.Model(entry, outputs), lambda x: x, tuple("abcde"))
    assert explained(classifier, "occlusion", window=4, stride=4).finished
    with pytest.raises(ValueError, match="gives inf among the activations of its layer large; act"):
        explained(classifier, "gradient", layer="large")


def test_of_a_map_alone() -> None:
    """Scores of 1.8e38 and −1.8e38: a single player has more than float32 holds."""
    classifier = network_of(lambda mixed: (330.0 - mixed) * 1e36)
    settings: dict[str, Any] = {"reference": "white"}
    found = explained(classifier, "shapley_values", **settings)
    assert found.total == pytest.approx(3.6e38, rel=1e-4)
    with pytest.raises(ValueError, match="exact gives inf in its map of bee at the layer input of"):
        explained(classifier, "shapley_values", superpixels=Grid(1, 1), **settings)


def test_in_measures_and_axioms() -> None:
    classifier = of_some_coalitions()
    attribution = explained(classifier, "linear", reference="white")
    with pytest.raises(ValueError, match="gives inf as the logit"):
        faithfulness_curves(classifier, attribution, Players(segmentation=Grid(1, 2)))
    with pytest.raises(ValueError, match="gives inf as the logit"):
        list(check_method(classifier, attribution.request, 2))


def test_finite_values_pass() -> None:
    values = np.array([[1e38, -1e38, 0.0]], np.float32)
    check_logits(values, "", "input")
    check_scores(values, "", "input", 0)
    check_activations(values, "", "input")
    check_gradients(values, "", "input", 0)
    check_map(values, "Linear", "odd", "input", "ant")
    values[0, 1] = np.inf
    with pytest.raises(ValueError, match="The network gives inf as the logit of class 1, computed"):
        check_logits(values, "", "input")


@pytest.mark.parametrize("classes", [(), ("--class", "0")])
def test_on_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], classes: tuple[str, ...]
) -> None:
    everywhere().network.save(tmp_path / "odd.keras")
    picture, out = tmp_path / "picture.png", tmp_path / "maps"
    Image.fromarray(PICTURE.astype(np.uint8)).save(picture)
    asked = ["explain", str(picture), "--model", str(tmp_path / "odd.keras"), "--out", str(out)]
    assert main([*asked, *classes]) == 1
    said = capsys.readouterr().err
    assert said.count("The network odd gives nan as the logit of class 0") == 1
    assert "Traceback" not in said
    assert not list(out.iterdir())


def test_evaluated_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Maps whose network gives scores of the pictures, and none of coalitions."""
    of_some_coalitions().network.save(tmp_path / "odd.keras")
    picture, out = tmp_path / "picture.png", tmp_path / "maps"
    Image.fromarray(PICTURE.astype(np.uint8)).save(picture)
    asked = ["--model", str(tmp_path / "odd.keras"), "--out", str(out), "--reference", "white"]
    assert main(["explain", str(picture), *asked]) == 0
    capsys.readouterr()
    assert main(["evaluate", str(out)]) == 1
    said = capsys.readouterr().err
    assert said.count("The network odd gives inf as the logit of class 0") == 1


def test_of_a_mosaic_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The exponential of all colours' product, which is 0 for each picture by itself."""
    entry = keras.Input((SIDE, SIDE, 3))
    means = layers.GlobalAveragePooling2D()(entry)
    classes = layers.Dense(4, use_bias=False, name="classes")(means)
    outputs = classes + ops.exp(ops.prod(means, axis=1, keepdims=True))
    network = keras.Model(entry, outputs)
    network.get_layer("classes").set_weights([np.c_[np.eye(3), [0.9, 0.9, 0]]])
    network.save(tmp_path / "odd.keras")
    pictures = []
    for number, colour in enumerate([(250, 0, 0), (0, 250, 0), (0, 0, 250), (250, 250, 0)]):
        pictures.append(tmp_path / f"{number}.png")
        Image.new("RGB", (SIDE, SIDE), colour).save(pictures[-1])
    asked = ["--model", str(tmp_path / "odd.keras"), "--out", str(tmp_path / "maps")]
    assert main(["explain", *map(str, pictures), *asked]) == 0
    capsys.readouterr()
    assert main(["evaluate", str(tmp_path / "maps")]) == 1
    said = capsys.readouterr().err
    assert said.count("Mosaic 1: The network odd gives inf as the logit of class 0") == 1
    assert (tmp_path / "maps" / "deletion.csv").read_text().count("\n") == 5
