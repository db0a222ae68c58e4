"""VGG16's convolutions under their class-activation head: what it knows, and where it looks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from attribution_core import Classifier, Picture, explain, load_image
from attribution_core.images import Pixels
from attribution_core.models import vgg16_cam
from attribution_core.segmentations import positions
from tests.conftest import GALLERY


@pytest.fixture(scope="module")
def classifier(vgg16_cam: Classifier) -> Classifier:
    return vgg16_cam


def test_layers_are_named_as_in_vgg16(classifier: Classifier) -> None:
    assert classifier.layers[:3] == ("input", "block1_conv1", "block1_conv2")
    assert classifier.layer("block5_conv3").shape == (14, 14, 512)
    assert classifier.layer("block5_pool").shape == (7, 7, 512)
    assert classifier.layers[-1] == "cam_relu"


def test_the_convolutions_are_the_originals(classifier: Classifier) -> None:
    """Published values of VGG16's first kernel and of later biases, to float16's rounding."""
    network = classifier.network
    kernel, bias = network.get_layer("block1_conv1").get_weights()
    np.testing.assert_allclose(kernel[0, :, 0, 0], [0.42947057, 0.373467, -0.06136011], rtol=1e-3)
    assert bias[0] == pytest.approx(0.73429835, rel=1e-3)
    for layer, first in (
        ("block5_conv1", 0.09722325),
        ("block5_conv2", 0.21327873),
        ("block5_conv3", 0.18837857),
    ):
        assert network.get_layer(layer).get_weights()[1][0] == pytest.approx(first, rel=1e-3)


@pytest.mark.parametrize(
    ("picture", "label"), [("chelsea.png", 285), ("coffee.png", 967), ("camera.png", 872)]
)
def test_the_right_class_is_among_the_first_three(
    classifier: Classifier, picture: str, label: int
) -> None:
    scores = classifier.scores(load_image(GALLERY / picture, classifier.input_size))
    assert label in np.argsort(-scores)[:3]


@pytest.mark.parametrize("method", ["grad_cam", "gradient_times_input"])
def test_the_cat_is_left_and_the_coffee_right(classifier: Classifier, method: str) -> None:
    image = load_image(GALLERY / "cat_coffee.png", classifier.input_size)
    shares = []
    for label, half in ((285, slice(0, 7)), (967, slice(7, 14))):
        heat = explain(classifier, image, method, label, layer="block5_conv3").heatmap
        positive = np.maximum(heat, 0)
        shares.append(positive[:, half].sum() / positive.sum())
    assert min(shares) > 0.65


def test_coalitions_of_places_skip_the_largest_convolution_of_the_head(
    classifier: Classifier, cat_and_coffee: Pixels
) -> None:
    """What makes Shapley values over the 49 places of ``block5_pool`` quick, and changes none."""
    fast, head = classifier.linear_head("block5_pool", 49), classifier.head("block5_pool")
    assert fast is not None
    point, reference = (
        classifier.activations(Picture.of(picture), "block5_pool")
        for picture in (cat_and_coffee, np.zeros_like(cat_and_coffee))
    )
    coalitions = np.random.default_rng(0).random((8, 49)) < 0.5
    plain = head.masked_logits(point, reference, positions(7, 7), coalitions)
    found = fast.logits(*fast.contributions(point, reference, positions(7, 7)), coalitions)
    scale = np.abs(plain).max()
    np.testing.assert_allclose(found / scale, plain / scale, atol=1e-4)
    assert np.ptp(plain, axis=0).max() > 0.01 * scale


def test_weights_are_small_and_bad_ones_refused(tmp_path: Path) -> None:
    assert vgg16_cam.WEIGHTS.stat().st_size < 45e6
    with pytest.raises(ValueError, match="no weights file"):
        vgg16_cam.load(tmp_path / "nothing.npz")
    cut = tmp_path / "cut.npz"
    cut.write_bytes(vgg16_cam.WEIGHTS.read_bytes()[:100_000])
    with pytest.raises(ValueError, match="does not hold the weights"):
        vgg16_cam.load(cut)
