"""What `explain` says, beside each method alone on functions and games made by hand of the network.

The methods alone are tested against closed forms; here is tested all that lies between them and a
classifier: the layer's head, preprocessing, reference, players, masks, squares, and how a player's
value is spread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import pytest

from attribution_core import (
    METHODS,
    Classifier,
    FunctionGame,
    Grid,
    banzhaf_values,
    blur_integrated_gradients,
    class_activation,
    expected_gradients,
    explain,
    grad_cam,
    gradient,
    gradient_times_input,
    integrated_gradients,
    kernel_shap,
    lime,
    linear_attribution,
    owen_values,
    reference_image,
    rise,
    shapley_values,
    smoothgrad,
    xrai,
)
from attribution_core.games.window_fits import WindowFits
from attribution_core.images import Pixels
from attribution_core.methods.owen_values import tree_of
from attribution_core.region_merging import merging_order
from attribution_core.segmentations import segments_of
from tests.conftest import OF_CHANNELS, scaled

CLASS = 2
SEED = 4
OPTIONS: dict[str, dict[str, Any]] = {
    "integrated_gradients": {"steps": 16, "rule": "midpoint"},
    "expected_gradients": {"references": "black and white", "samples": 8},
    "smoothgrad": {"samples": 6, "sigma": 0.2},
    "occlusion": {"window": 6, "stride": 4},
    "blur_integrated_gradients": {"steps": 6, "widest": 0.3},
    "xrai": {"steps": 16, "tolerance": 0.0},
    "rise": {"samples": 60},
    "lime": {"samples": 60, "kernel_width": 0.5},
    "kernel_shap": {"budget": 80},
    "owen_values": {"budget": 60},
}


@dataclass(frozen=True)
class ByHand:
    """The logits above a layer, and the activations there of the picture, the mean picture, a black
    and a white one."""

    every: Callable[[Any], Any]
    point: np.ndarray
    reference: np.ndarray
    black: np.ndarray
    white: np.ndarray

    def above(self, points: Any) -> Any:
        return self.every(points)[:, CLASS]

    def scores(self, points: np.ndarray) -> np.ndarray:
        return np.asarray(self.above(np.asarray(points, np.float32)), np.float64)

    def game(self, side: int) -> FunctionGame:
        """Cells of a grid as players; absent ones take the reference's values."""
        cells = self.cells(side)
        return FunctionGame(
            side**2,
            lambda z: self.scores(np.where(z[:, cells, None], self.point, self.reference)),
        )

    def windows(self, side: int) -> WindowFits:
        """Chosen by the four classes of the largest logits, around their Integrated Gradients."""
        likeliest = np.argsort(-self.every(self.point[None].astype(np.float32)).numpy()[0])[:4]
        cells = self.cells(side)

        def examples(coalitions: np.ndarray) -> np.ndarray:
            points = np.where(coalitions[:, cells, None], self.point, self.reference)
            logits = np.asarray(self.every(points.astype(np.float32)), np.float64)
            return logits[:, likeliest]

        return WindowFits(
            np.argwhere(np.ones((side, side))).astype(float),
            examples,
            known=lambda: np.stack([self.prior(each, side) for each in likeliest], axis=1),
        )

    def prior(self, number: int, side: int) -> np.ndarray:
        """A class's Integrated Gradients, summed over the cells of a grid."""
        found = integrated_gradients(
            lambda points: self.every(points)[:, number], self.point, self.reference, steps=16
        )
        return np.bincount(self.cells(side).ravel(), found.values.sum(axis=2).ravel())

    def cells(self, side: int) -> np.ndarray:
        height, width, _ = self.point.shape
        rows, columns = np.indices((height, width))
        return rows * side // height * side + columns * side // width

    def scales(self, *, at_input: bool) -> list[np.ndarray]:
        """Superpixels of the picture, or cells of grids, of 4, 8 and so on to 256."""
        height, width, _ = self.point.shape
        counts = [4 * 2**power for power in range(7) if 16 * 2**power <= height * width]
        return [
            segments_of(count, self.point, height, width, at_input=at_input) for count in counts
        ]

    def spread(self, values: np.ndarray, side: int) -> np.ndarray:
        """Each cell's value, evenly over its positions."""
        height, width, _ = self.point.shape
        return values[self.cells(side)] / (height * width / side**2)

    def occlusion(self, window: int, stride: int) -> np.ndarray:
        """Means over the squares that hide a position, of their drop for each position."""
        height, width, _ = self.point.shape
        whole = self.scores(self.point[None])[0]
        drops, times = np.zeros((2, height, width))
        for top in sorted({*range(0, height - window + 1, stride), height - window}):
            for left in sorted({*range(0, width - window + 1, stride), width - window}):
                square = slice(top, top + window), slice(left, left + window)
                hidden = self.point.copy()
                hidden[square] = self.reference[square]
                drops[square] += (whole - self.scores(hidden[None])[0]) / window**2
                times[square] += 1
        return drops / times


def by_hand(classifier: Classifier, image: Pixels, layer: str) -> ByHand:
    network = classifier.network
    ends = np.stack([image, *(reference_image(image, kind) for kind in ("mean", "black", "white"))])
    if layer == "input":
        return ByHand(lambda images: network(scaled(images)), *ends)
    cut = network.get_layer(layer).output
    head, body = keras.Model(cut, network.output), keras.Model(network.input, cut)
    return ByHand(head, *body(scaled(ends)).numpy())


def expected_of(method: str, made: ByHand, layer: str) -> np.ndarray:
    options = OPTIONS.get(method, {})
    by_gradients: dict[str, Callable[[], Any]] = {
        "gradient": lambda: gradient(made.above, made.point),
        "gradient_times_input": lambda: gradient_times_input(made.above, made.point),
        "linear": lambda: linear_attribution(made.above, made.point, made.reference),
        "integrated_gradients": lambda: integrated_gradients(
            made.above, made.point, made.reference, **options
        ),
        "expected_gradients": lambda: expected_gradients(
            made.above, made.point, [made.black, made.white], seed=SEED, samples=options["samples"]
        ),
        "blur_integrated_gradients": lambda: blur_integrated_gradients(
            made.above, made.point, steps=options["steps"], widest=0.3 * len(made.point)
        ),
        "smoothgrad": lambda: smoothgrad(made.above, made.point, seed=SEED, **options),
        "grad_cam": lambda: grad_cam(made.above, made.point),
        "class_activation": lambda: class_activation(made.above, made.point),
    }
    if method in by_gradients:
        return np.asarray(by_gradients[method]().values)
    if method == "xrai":
        path = integrated_gradients(made.above, made.point, made.reference, steps=16)
        return xrai(path.values.sum(axis=2), made.scales(at_input=layer == "input"))
    if method == "occlusion":
        # `pooled` has half the rows of the picture, and squares shrink with it.
        scale = 1 if layer == "input" else 2
        return made.occlusion(options["window"] // scale, options["stride"] // scale)
    if method in ("shapley_values", "banzhaf_values"):
        values = shapley_values if method == "shapley_values" else banzhaf_values
        return made.spread(values(made.game(2)).values, 2)
    if method == "owen_values":
        tree = tree_of(merging_order(made.cells(4), made.point.astype(np.float64)))
        return made.spread(owen_values(made.game(4), tree, **options).values, 4)
    if method == "rise":
        return made.spread(rise(made.game(4), seed=SEED, **options).values, 4)
    if method == "lime":
        return made.spread(lime(made.game(4), seed=SEED, **options).values, 4)
    found = kernel_shap(
        made.game(4),
        seed=SEED,
        windows=made.windows(4),
        prior=None if layer == "input" else lambda: made.prior(CLASS, 4),
        **options,
    )
    return made.spread(found.values, 4)


@pytest.mark.parametrize(
    ("method", "layer"),
    [
        (method, layer)
        for method in METHODS
        for layer in ("input", "pooled")
        if not (layer == "input" and method in OF_CHANNELS)
        and METHODS[method].needs != "graph"  # these are in tests/methods/test_walked_methods.py
    ],
)
def test_a_classifiers_map_is_the_methods_own(
    tiny_classifier: Classifier, tiny_image: Pixels, method: str, layer: str
) -> None:
    found = explain(
        tiny_classifier,
        tiny_image,
        method,
        CLASS,
        layer=layer,
        reference="mean",
        superpixels=Grid(2, 2) if METHODS[method].every_coalition else Grid(4, 4),
        seed=SEED,
        **OPTIONS.get(method, {}),
    )
    expected = expected_of(method, by_hand(tiny_classifier, tiny_image, layer), layer)
    scale = np.abs(expected).max()
    assert scale > 0
    np.testing.assert_allclose(found.values / scale, expected / scale, atol=1e-4)
    heatmap = expected if expected.ndim == 2 else expected.sum(axis=2)
    np.testing.assert_allclose(found.heatmap / scale, heatmap / scale, atol=1e-3)
