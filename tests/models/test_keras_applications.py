"""Keras Applications with seeded weights: ours is the network that Keras builds for its own file.

Keras itself says which file it wants: its download is replaced by a note of what it asked for.
"""

from __future__ import annotations

import hashlib
import importlib
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group
from keras.src.utils import file_utils

from attribution_core import Picture, load_classifier, request_or_reason
from attribution_core.command_line.arguments import main
from attribution_core.explanation import explain_request
from attribution_core.known_networks import KERAS_APPLICATIONS, KerasApplication
from attribution_core.models import keras_applications
from attribution_core.models.keras_weights import weights_destination
from attribution_core.models.labels import imagenet_labels
from attribution_core.models.preprocessing import preprocess_of
from attribution_core.network.classifier import Classifier
from attribution_core.network.graph import finish_normalisations
from attribution_core.registry import METHODS
from attribution_core.scores import probabilities_of

OTHERS = [name for name in KERAS_APPLICATIONS if name not in ("vgg16", "vgg19")]
"""VGG16 has a test of its own, of full size, and VGG19 is three convolutions larger."""

LAST_LAYERS = {
    "resnet50": ("conv5_block3_out", (7, 7, 2048)),
    "resnet50v2": ("post_relu", (7, 7, 2048)),
    "inception_v3": ("mixed10", (8, 8, 2048)),
    "xception": ("block14_sepconv2_act", (10, 10, 2048)),
    "mobilenet_v2": ("out_relu", (7, 7, 1280)),
    "mobilenet_v3_large": ("activation_19", (7, 7, 960)),
    "densenet121": ("relu", (7, 7, 1024)),
    "efficientnet_b0": ("top_activation", (7, 7, 1280)),
    "efficientnet_v2_b0": ("top_activation", (7, 7, 1280)),
    "convnext_tiny": ("add_17", (7, 7, 768)),
}


def as_keras_builds_it(
    network: KerasApplication, monkeypatch: pytest.MonkeyPatch
) -> tuple[keras.Model, tuple[str, str, str]]:
    """The network as Keras builds it for its own weights, and the file, address and hash it asks
    for."""
    asked: list[tuple[str, str, str]] = []

    def get_file(name: str, origin: str, file_hash: str = "", **_: object) -> str:
        asked.append((name, origin, file_hash))
        return name

    with monkeypatch.context() as patch:
        patch.setattr(file_utils, "get_file", get_file)
        patch.setattr(keras.Model, "load_weights", lambda *_, **__: None)
        model = getattr(keras.applications, network.title)(weights="imagenet")
    return model, asked[0]


def draw_weights(model: keras.Model, prepared: np.ndarray) -> None:
    """Give all parameters seeded values, and normalisations the statistics of a picture.

    Without these, hardly anything of a picture would reach the highest layer.
    """
    random = np.random.default_rng(11)
    for weight in model.weights:
        shape = tuple(weight.shape)
        if weight.dtype != "float32":
            continue
        if len(shape) > 1:
            inputs = np.prod(shape[:2] if "depthwise" in weight.path else shape[:-1])
            values = random.standard_normal(shape, np.float32) * np.float32(inputs**-0.5)
        elif any(each in weight.path for each in ("gamma", "variance")):
            values = random.uniform(0.5, 1.5, shape).astype(np.float32)
        else:
            values = random.normal(0.0, 0.1, shape).astype(np.float32)
        weight.assign(values)
    finish_normalisations(model)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
        elif isinstance(layer, keras.layers.Dropout):
            layer.rate = 0.0
    model(prepared, training=True)


def write_weights(model: keras.Model, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        save_weights_to_hdf5_group(file, model)
    return path


def picture_for(network: KerasApplication) -> np.ndarray:
    """A smooth one, RGB in 0..255."""
    size = network.input_size
    coarse = np.random.default_rng(3).uniform(0, 255, (size // 16 + 1, size // 16 + 1, 3))
    return np.kron(coarse, np.ones((16, 16, 1)))[:size, :size].round().astype(np.float32)


def prepared_by_keras(network: KerasApplication, picture: np.ndarray) -> np.ndarray:
    module = getattr(keras.applications, network.title).__module__.rpartition(".")[2]
    prepare = importlib.import_module(f"keras.src.applications.{module}").preprocess_input
    return np.asarray(prepare(picture[None].copy()))


def test_the_table_has_the_twelve_that_are_promised() -> None:
    assert set(OTHERS) == set(LAST_LAYERS)
    for name, network in KERAS_APPLICATIONS.items():
        assert name == network.name
        assert name.isidentifier()
        assert name == name.lower()
        assert 2014 <= network.year <= 2022
        assert hasattr(keras.applications, network.title)
    assert KERAS_APPLICATIONS["vgg16"].megabytes == 553


@pytest.mark.network
def test_vgg19_is_cut_where_vgg16_is(monkeypatch: pytest.MonkeyPatch) -> None:
    network = KERAS_APPLICATIONS["vgg19"]
    original, asked = as_keras_builds_it(network, monkeypatch)
    assert asked == (network.file, network.url, network.checksum)
    assert original.count_params() == network.parameters
    preprocess = preprocess_of(network.preprocessing)
    classifier = Classifier("vgg19", original, preprocess, imagenet_labels(), verified=True)
    assert classifier.layers[-2:] == ("block5_conv4", "block5_pool")
    assert (classifier.local_head("block5_pool") is not None) == network.local
    picture = picture_for(network)
    prepared = prepared_by_keras(network, picture)
    np.testing.assert_allclose(preprocess(picture[None]), prepared, atol=1e-4)


@pytest.mark.network
@pytest.mark.parametrize("name", OTHERS)
def test_it_is_the_network_of_keras_and_explained_by_all_methods(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    network = KERAS_APPLICATIONS[name]
    original, asked = as_keras_builds_it(network, monkeypatch)
    assert asked == (network.file, network.url, network.checksum)
    assert original.count_params() == network.parameters
    picture, preprocess = picture_for(network), preprocess_of(network.preprocessing)
    prepared = prepared_by_keras(network, picture)
    draw_weights(original, prepared)
    weights = write_weights(original, tmp_path / network.file)
    assert network.parameters * 4 < weights.stat().st_size
    assert round(weights.stat().st_size / 1e6) - network.megabytes <= 2

    ours = keras_applications.build(network, weights)
    weights.unlink()
    expected = original(prepared).numpy()[0]
    assert np.ptp(expected) > 1e-4

    classifier = Classifier(name, ours, preprocess, imagenet_labels(), verified=True)
    found = probabilities_of(classifier.scores(picture), classifier.link)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert classifier.input_size == (network.input_size, network.input_size)
    assert classifier.link == "softmax"
    assert classifier.main_layers[0] == "input"
    assert len(classifier.main_layers) <= 30
    last, shape = LAST_LAYERS[name]
    assert classifier.layers[-1] == classifier.main_layers[-1] == last
    assert classifier.layer(last).shape == shape
    assert (classifier.local_head(last) is not None) == network.local
    explained_at_the_last_layer(classifier, picture, last)


def explained_at_the_last_layer(classifier: Classifier, picture: np.ndarray, layer: str) -> None:
    local = classifier.local_head(layer) is not None
    options: dict[str, dict[str, object]] = {
        "expected_gradients": {"references": "black and white", "samples": 8},
        "integrated_gradients": {"steps": 4},
        "smoothgrad": {"samples": 2},
        "lime": {"samples": 120},
        "kernel_shap": {"budget": 120},
    }
    maps = {}
    for method in METHODS:
        asked = request_or_reason(
            classifier,
            picture=Picture.of(picture),
            method=method,
            target=5,
            layer=layer,
            options=options.get(method, {}),
        )
        if isinstance(asked, str):
            if METHODS[method].needs == "graph":
                assert "has no rule for the layer" in asked or "only at a ReLU" in asked
                continue
            # Else only what enumerates coalitions is refused, where it would be too many.
            assert not local
            assert "players need 2^49 evaluations" in asked
            continue
        found = explain_request(classifier, asked)
        assert np.isfinite(found.values).all(), method
        assert np.abs(found.values).max() > 0, method
        maps[method] = found.heatmap
    assert len(maps) >= 9
    if not local:
        return
    # The mean over the plane and a linear layer: what each position gives is the same by hand.
    linear = maps["linear"]
    scale = np.abs(linear).max()
    for method in ("integrated_gradients", "kernel_shap", "shapley_values"):
        # Of planes of more than 50 cells, the players are blocks of them.
        each, given = maps[method], linear
        if method != "integrated_gradients" and each.size > 50:
            each, given, scale = each.sum(), linear.sum(), np.abs(linear).sum()
        np.testing.assert_allclose(each / scale, given / scale, atol=1e-3, err_msg=method)


@pytest.mark.network
@pytest.mark.parametrize("name", ["efficientnet_b0", "convnext_tiny", "mobilenet_v3_large"])
def test_it_is_the_same_whatever_was_built_before_and_can_be_copied(name: str) -> None:
    """Layers that Keras numbers itself, layers of its own, and constants beside the weights."""
    network = KERAS_APPLICATIONS[name]
    first = keras_applications.build(network)
    keras.Sequential(
        [keras.Input((8, 8, 3)), keras.layers.Rescaling(2.0), keras.layers.Conv2D(2, 3)]
    )
    second = keras_applications.build(network)
    assert second.to_json() == first.to_json()
    preprocess = preprocess_of(network.preprocessing)
    classifier = Classifier(name, first, preprocess, imagenet_labels(), verified=True)
    # Refuses a copy that gives other scores.
    assert classifier.copy().layers == classifier.layers


@pytest.mark.network
def test_downloaded_from_a_mirror_and_loaded_by_name(
    mirror: tuple[Path, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder, address = mirror
    network = KERAS_APPLICATIONS["mobilenet_v2"]
    original, picture = keras_applications.build(network), picture_for(network)
    prepared = prepared_by_keras(network, picture)
    draw_weights(original, prepared)
    served = write_weights(original, folder / network.file)
    md5 = hashlib.md5(served.read_bytes(), usedforsecurity=False).hexdigest()
    environment = {
        "KERAS_HOME": str(tmp_path / "keras"),
        "ATTRIBUTION_WEIGHTS_URL": address,
        "ATTRIBUTION_MOBILENET_V2_MD5": md5,
    }
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    with pytest.raises(FileNotFoundError, match="attributions download mobilenet_v2"):
        load_classifier("mobilenet_v2")
    assert main(["download", "mobilenet_v2"]) == 0
    assert "15/15 MB" in capsys.readouterr().err
    destination = weights_destination(network)
    assert destination.read_bytes() == served.read_bytes()
    classifier = load_classifier("mobilenet_v2")
    outputs = original(prepared).numpy()[0]
    found = probabilities_of(classifier.scores(picture), "softmax")
    np.testing.assert_allclose(found, outputs, rtol=1e-4)


@pytest.mark.parametrize("refuse", ["checksum", "name"])
def test_what_cannot_be_downloaded_is_said_in_a_sentence(
    refuse: str,
    mirror: tuple[Path, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder, address = mirror
    (folder / KERAS_APPLICATIONS["resnet50"].file).write_bytes(b"another file")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("ATTRIBUTION_WEIGHTS_URL", address)
    wrong = {"checksum": "resnet50", "name": "resnet5000"}[refuse]
    assert main(["download", wrong]) != 0
    said = capsys.readouterr().err
    assert {"checksum": "is not the expected file", "name": "resnet50v2"}[refuse] in said
    assert "Traceback" not in said
    assert not list(tmp_path.glob("models/*.h5"))
