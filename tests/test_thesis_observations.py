"""The thesis's three observations, on the built-in network.

As inequalities between means over pictures and seeds, with room: the figures in the comments are
what was measured when this was written.
"""

from __future__ import annotations

import numpy as np

from attribution_core import Randomisation, Slic, class_correlation, explain, load_image, similarity
from attribution_core.classifier import Classifier
from tests.conftest import GALLERY

HIGH = "block6d_add"


def heatmap(
    classifier: Classifier, picture: str, method: str, target: int, layer: str
) -> np.ndarray:
    image = load_image(GALLERY / picture, classifier.input_size)
    return explain(classifier, image, method, target, layer=layer).heatmap


def test_maps_become_class_specific_upwards(efficientnet: Classifier) -> None:
    """Figure 3.1: .93 on average at the pixels, −.15 at the last layer of blocks."""
    found = []
    for picture in ("cat_coffee.png", "cat_cameraman.png"):
        other = 967 if "coffee" in picture else 872
        for layer in ("input", HIGH):
            pair = [
                np.abs(heatmap(efficientnet, picture, "gradient_times_input", target, layer))
                for target in (285, other)
            ]
            found.append(class_correlation(*pair))
    pixels, high = np.mean(found[::2]), np.mean(found[1::2])
    assert pixels > high + 0.3


def test_random_parameters_change_high_layers_more_than_pixels(
    efficientnet: Classifier,
) -> None:
    """Figures 3.3 and 3.4, gradient × input: over the whole cascade, of the cat's maps, absolute
    rank correlation .39 at the pixels and .04 at the last layer of blocks, structural similarity
    .54 and −.08."""
    randomisation = Randomisation(efficientnet)
    marks: dict[str, list[tuple[float, float]]] = {"input": [], HIGH: []}
    for picture, target in (("cat_coffee.png", 285), ("coffee.png", 967)):
        for layer in marks:
            question = picture, "gradient_times_input", target, layer
            learned = heatmap(efficientnet, *question)
            for depth in (1, 4, 8, 16):
                found = similarity(learned, heatmap(randomisation.at(depth, seed=0), *question))
                marks[layer].append((found.spearman_absolute, found.ssim))
    pixels, high = (np.mean(values, axis=0) for values in marks.values())
    assert (pixels > high + 0.15).all()
    # The other half of it: the places marked at the pixels hardly know of the parameters.
    assert (pixels > 0.3).all()


def test_shapley_values_of_a_layer_skip_the_body(
    efficientnet: Classifier,
) -> None:
    """Section 3.1: coalitions of the last layer's positions pass only through the head, those of
    superpixels through the whole network. Their multiplications, not their seconds, are compared;
    ``tests/benchmarks/shapley_at_layers.py`` prints the seconds."""
    network = efficientnet
    image = load_image(GALLERY / "cat_coffee.png", network.input_size)
    budget = {"budget": 256}
    above = explain(network, image, "kernel_shap", 285, layer=HIGH, **budget)
    below = explain(network, image, "kernel_shap", 285, superpixels=Slic(49), **budget)
    assert above.evaluations == below.evaluations == 256
    assert network.layer(HIGH).multiplications < 0.2 * network.layer("input").multiplications
