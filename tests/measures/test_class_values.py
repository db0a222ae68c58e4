"""What each player gives to all classes: a closed form, four methods, and brute force."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import pytest

from attribution_core import Classifier, explain, load_image
from attribution_core.images import Picture, Pixels
from attribution_core.measures.class_values import (
    ClassValues,
    class_values,
    class_values_request,
    refine_class_values,
)
from attribution_core.request import Reason, granted
from attribution_core.segmentations import Grid
from tests.conftest import GALLERY
from tests.network.test_local_head import (
    averaged,
    classifier_of,
    flattened,
    image,
    linear,
    mixed_in_secret,
    squeezed,
)

Network = Callable[[str], Classifier]


@pytest.fixture
def network(efficientnet: Classifier, vgg16_cam: Classifier) -> Network:
    return {"efficientnet_lite0": efficientnet, "vgg16_cam": vgg16_cam}.__getitem__


def values_of(found: ClassValues, method: str, target: int, classifier: Classifier) -> np.ndarray:
    """A method's map of one class, one value a player."""
    request = found.request
    made = explain(
        classifier,
        request.picture.pixels,
        method,
        target,
        layer=request.layer,
        reference=request.reference,
        superpixels=request.segmentation,
    )
    sums = np.bincount(found.segments.ravel(), made.heatmap.ravel().astype(float))
    return np.asarray(sums)


@pytest.mark.parametrize("name", ["efficientnet_lite0", "vgg16_cam"])
def test_at_the_last_layer_four_methods_and_the_class_activation_map_are_one(
    network: Network, name: str, cat_and_coffee: Pixels
) -> None:
    classifier = network(name)
    found = class_values(classifier, cat_and_coffee, reference="zeros")
    assert found.linear
    assert found.exact
    assert found.evaluations == 2
    last = classifier.layers[-1]
    assert found.request.layer == last
    # The class activation map (Zhou et al. 2016), by hand: activations times the dense layer's
    # weights, over the number of positions.
    activations = classifier.activations(Picture.of(cat_and_coffee), last)
    dense = [each for each in classifier.network.layers if isinstance(each, keras.layers.Dense)]
    weights = np.asarray(dense[-1].kernel, np.float64)
    by_hand = (activations.reshape(-1, weights.shape[0]) @ weights) / found.segments.size
    np.testing.assert_allclose(found.values, by_hand, atol=2e-5)
    for target in (285, 967, 812):
        for method in (
            "gradient_times_input",
            "linear",
            "integrated_gradients",
            "shapley_values",
        ):
            alone = values_of(found, method, target, classifier)
            np.testing.assert_allclose(found.values[:, target], alone, atol=2e-5)


def test_below_it_is_what_exact_shapley_values_of_each_class_are(
    vgg16_cam: Classifier, cat_and_coffee: Pixels
) -> None:
    found = class_values(vgg16_cam, cat_and_coffee, layer="block5_conv3", superpixels=49)
    assert (found.exact, found.linear, found.evaluations) == (True, False, 512)
    assert found.values.shape == (49, 1000)
    alone = values_of(found, "shapley_values", 285, vgg16_cam)
    np.testing.assert_allclose(found.values[:, 285], alone, atol=1e-5)
    change = found.logits - found.reference_logits
    np.testing.assert_allclose(found.values.sum(axis=0), change, atol=1e-4)


@pytest.mark.parametrize("cells", [None, Grid(2, 3)])
def test_all_classes_agree_with_enumeration(cells: Grid | None) -> None:
    for end in (averaged, linear, flattened):
        classifier = classifier_of(end)
        found = class_values(classifier, image(), layer="cut", superpixels=cells)
        assert found.exact
        for target in range(classifier.classes):
            truth = enumerated(classifier, cells, target)
            np.testing.assert_allclose(found.values[:, target], truth, atol=1e-5)


def enumerated(classifier: Classifier, cells: Grid | None, target: int) -> np.ndarray:
    from attribution_core.explanation import pose
    from attribution_core.methods.shapley_values import shapley_values
    from attribution_core.request import request_or_reason

    asked = request_or_reason(
        classifier,
        picture=Picture.of(image()),
        method="kernel_shap",
        target=target,
        layer="cut",
        segmentation=cells,
    )
    return np.asarray(shapley_values(pose(classifier, granted(asked)).game()).values)


@pytest.mark.parametrize("end", [squeezed, mixed_in_secret])
def test_a_head_that_is_not_local_is_estimated_and_says_how_well(
    end: Callable[[object], object],
) -> None:
    classifier = classifier_of(end)
    found = class_values(classifier, image(), layer="cut", budget=514)
    assert found.request.method == "kernel_shap"
    assert not found.exact
    assert not found.linear
    assert found.standard_error is not None
    assert found.standard_error.shape == found.values.shape
    truth = np.stack([enumerated(classifier, None, each) for each in range(5)], axis=1)
    off = np.abs(found.values - truth)
    assert off.max() < 0.05 * np.abs(truth).max()
    assert off.max() < 6 * found.standard_error.max()
    shown = found.strongest()
    assert shown.standard_error is not None
    assert shown.standard_error[0, 0] == found.standard_error[0, shown.classes[0, 0]]


@pytest.mark.parametrize("estimator", ["local windows", "least squares"])
def test_many_players_have_what_kernel_shap_gives_to_each_class(estimator: str) -> None:
    classifier = classifier_of(squeezed, strides=2)
    found = class_values(classifier, image(), layer="cut", budget=400, estimator=estimator)
    assert found.values.shape == (48, 5)
    assert found.windows is (estimator == "local windows")
    assert found.standard_error is not None
    assert found.evaluations == 400
    for target in range(5):
        alone = explain(
            classifier,
            image(),
            "kernel_shap",
            target,
            layer="cut",
            superpixels=48,
            budget=400,
            estimator=estimator,
        )
        assert ("windows" in alone.diagnostics) is found.windows
        np.testing.assert_allclose(found.values[:, target], alone.player_values, atol=1e-5)
        np.testing.assert_allclose(
            found.standard_error[:, target], alone.standard_error, rtol=1e-3, atol=1e-6
        )
    change = found.logits - found.reference_logits
    np.testing.assert_allclose(found.values.sum(axis=0), change, atol=1e-5)


def test_windows_are_closer_than_least_squares_and_say_from_where_on_by_how_much() -> None:
    classifier = classifier_of(squeezed, strides=2)

    def off(budget: int, estimator: str) -> float:
        found = class_values(classifier, image(), layer="cut", budget=budget, estimator=estimator)
        assert (found.standard_error is None) is (budget < found.errors_from)
        return float(np.abs(found.values - truth).mean())

    truth = class_values(
        classifier, image(), layer="cut", budget=8192, estimator="least squares"
    ).values
    assert off(288, "local windows") < 0.7 * off(288, "least squares")
    off(290, "local windows")


def test_a_budget_of_all_coalitions_is_exact() -> None:
    classifier = classifier_of(squeezed)
    found = class_values(classifier, image(), layer="cut", superpixels=6, budget=64)
    assert found.exact
    for target in range(5):
        alone = explain(classifier, image(), "shapley_values", target, layer="cut", superpixels=6)
        np.testing.assert_allclose(found.values[:, target], alone.player_values, atol=1e-5)


def test_it_improves_and_is_remembered() -> None:
    classifier = classifier_of(averaged)
    asked = granted(class_values_request(classifier, picture=Picture.of(image()), layer="cut"))
    found = list(refine_class_values(classifier, asked))
    assert found[-1].done == found[-1].planned == 512
    (known,) = refine_class_values(classifier, asked)
    assert known is found[-1]


def test_too_many_players_to_estimate_are_refused_with_what_would_do() -> None:
    found = class_values_request(
        classifier_of(squeezed),
        picture=Picture.of(image()),
        layer="input",
        segmentation=Grid(12, 16),
    )
    assert isinstance(found, Reason)
    assert "at most 100 players, and there are 192; choose fewer, or the last layer" in found


def test_what_does_not_exist_is_said() -> None:
    with pytest.raises(ValueError, match="cannot be cut"):
        class_values(classifier_of(averaged), image(), layer="none")
    with pytest.raises(ValueError, match="reference 'pink'"):
        class_values(classifier_of(averaged), image(), layer="cut", reference="pink")


def labels_of(found: ClassValues) -> np.ndarray:
    return np.array(found.labels)[found.strongest().class_map]


@pytest.mark.parametrize("name", ["efficientnet_lite0", "vgg16_cam"])
@pytest.mark.parametrize("reference", ["zeros", "black"])
def test_the_left_says_cat_and_the_right_says_cup(
    network: Network, name: str, reference: str, cat_and_coffee: Pixels
) -> None:
    found = class_values(network(name), cat_and_coffee, reference=reference)
    said = labels_of(found)
    strength = found.strongest().value_map
    cats, cups = ["Egyptian cat", "tabby", "tiger cat"], ["espresso", "cup", "coffee mug"]
    strong = strength > 0.5 * strength.max()
    assert strong[:, :3].sum() >= 14
    assert np.isin(said[:, :3][strong[:, :3]], cats).mean() > 0.9
    assert np.isin(said[:4, 4:][strong[:4, 4:]], cups).mean() > 0.7


def test_the_shuttle_behind_the_astronaut_is_found(network: Network) -> None:
    for name, cells in (("efficientnet_lite0", 6), ("vgg16_cam", 7)):
        classifier = network(name)
        picture = load_image(GALLERY / "astronaut.png", classifier.input_size)
        found = class_values(classifier, picture)
        shuttle = classifier.labels.index("space shuttle")
        assert (found.strongest().class_map == shuttle).sum() == cells
        assert found.rank(shuttle) > 5
        assert shuttle not in found.likeliest(5)
        regions = [each for each in found.strongest().regions if each.target == shuttle]
        assert len(regions[0].players) >= 5
