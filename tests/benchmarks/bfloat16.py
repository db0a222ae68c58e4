"""What evaluating coalitions in bfloat16 saves, and what it costs in accuracy.

Heads of the built-in models and of VGG16 with random weights, in float32 and in bfloat16, in turns
in one process. The logits' largest change is given as a share of each class's own range over the
coalitions: the median over all classes, and the largest. Beside it stand the change of the exact
Shapley values of 2x3 cells and KernelSHAP's standard error at its default budget on the layer's own
players, both as relative L2. The worst of two pictures is taken: the largest change (of the median,
the middle of both), the smallest error. The option is offered where half the time is saved and the
change is below the sampling error.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

from attribution_core import Classifier, FunctionGame, kernel_shap, load_classifier, shapley_values
from attribution_core.arrays import BoolArray, FloatArray
from attribution_core.network.bfloat16 import processor_has_bfloat16
from attribution_core.network.head import Head
from attribution_core.registry import METHODS
from attribution_core.segmentations import grid
from tests.benchmarks.fast_head import random_vgg16
from tests.benchmarks.problems import best_class, gallery_picture, posed

TURNS = 3
PICTURES = ("cat_coffee.png", "coffee.png")
FEW = 128
"""KernelSHAP's budget at the input: its standard error there is scaled by 1/√budget."""


def main() -> None:
    if not processor_has_bfloat16():
        print(
            "This processor does not say that it computes in bfloat16. TensorFlow would convert "
            "back and forth for many minutes, and so nothing is measured."
        )
        return
    print(
        f"{'model':20}{'layer':>20}{'batch':>6}{'float32 ms':>12}{'bfloat16 ms':>13}{'ratio':>7}"
        f"{'median':>9}{'largest':>9}{'values':>9}{'s. error':>10}"
    )
    for name, layers in (
        ("vgg16_cam", ("input", "block3_pool", "block5_pool")),
        ("efficientnet_lite0", ("input", "block3b_add", "block6d_add")),
    ):
        classifier = load_classifier(name)
        for layer in layers:
            _measure(classifier, layer)
    classifier = random_vgg16()
    _measure(classifier, "input", accuracy=False)
    _measure_fast(classifier, "block5_pool")


def _measure(classifier: Classifier, layer: str, *, accuracy: bool = True) -> None:
    heads = classifier.head(layer), classifier.rounded_head(layer)
    batch = max(8, min(64, heads[0].batch_size))
    random = np.random.default_rng(0)
    points = random.uniform(0, 255 if layer == "input" else 1, (batch, *heads[0].shape))
    first, second = _in_turns([lambda head=head: head.logits(points) for head in heads])
    text = _row(classifier.name, layer, batch, first, second)
    if accuracy:
        found = np.array([_errors(classifier, heads, layer, file) for file in PICTURES])
        text += f"{100 * np.median(found[:, 0]):8.2f}%{100 * found[:, 1].max():8.2f}%"
        text += f"{100 * found[:, 2].max():8.2f}%{100 * found[:, 3].min():9.2f}%"
    print(text, flush=True)


def _errors(
    classifier: Classifier, heads: tuple[Head, Head], layer: str, file: str
) -> tuple[float, float, float, float]:
    """Change of the logits, of Shapley values, and KernelSHAP's standard error.

    Of the logits: the median over classes of the largest change, as a share of the class's range
    over the coalitions, and the largest.
    """
    picture = gallery_picture(classifier, file)
    target = best_class(classifier, picture)
    problem = posed(classifier, picture, "kernel_shap", target, layer)
    segments = grid(*problem.head.shape[:2], 2, 3)
    rows: list[list[FloatArray]] = [[], []]

    def play(side: int) -> FloatArray:
        def values(coalitions: BoolArray) -> FloatArray:
            logits = heads[side].masked_logits(
                problem.point, problem.reference, segments, coalitions
            )
            rows[side].append(logits)
            return logits[:, target].astype(np.float64)

        return np.asarray(shapley_values(FunctionGame(6, values, batch_size=16)).values)

    exact, rounded = play(0), play(1)
    plain, changed = (np.concatenate(each) for each in rows)
    shares = np.abs(changed - plain).max(axis=0) / np.ptp(plain, axis=0)
    budget = METHODS["kernel_shap"].read_options({}).budget
    spent = FEW if layer == "input" else budget
    estimate = kernel_shap(problem.game(bfloat16=True), budget=spent, seed=0)
    assert estimate.standard_error is not None
    sampling = np.linalg.norm(estimate.standard_error) / np.linalg.norm(estimate.values)
    return (
        float(np.median(shares)),
        float(shares.max()),
        float(np.linalg.norm(rounded - exact) / np.linalg.norm(exact)),
        float(sampling * (spent / budget) ** 0.5),
    )


def _measure_fast(classifier: Classifier, layer: str) -> None:
    """What a fast head leaves of VGG16's dense layers, for coalitions of 49 players."""
    head = classifier.head(layer)
    random = np.random.default_rng(0)
    point, reference = random.random((2, *head.shape), np.float32)
    segments = grid(*head.shape[:2], 7, 7)
    coalitions = random.random((1024, 49)) < 0.5
    sides = []
    for bfloat16 in (False, True):
        fast = classifier.linear_head(layer, 49, bfloat16=bfloat16)
        assert fast is not None
        known = fast.contributions(point, reference, segments)
        sides.append(lambda fast=fast, known=known: fast.logits(*known, coalitions))
    print(_row(classifier.name, f"{layer}, fast", 1024, *_in_turns(sides)))


def _row(name: str, layer: str, batch: int, first: list[float], second: list[float]) -> str:
    return (
        f"{name:20}{layer:>20}{batch:6}{1000 * median(first) / batch:12.3f}"
        f"{1000 * median(second) / batch:13.3f}"
        f"{median(a / b for a, b in zip(first, second, strict=True)):7.2f}"
    )


def _in_turns(sides: list[Callable[[], Any]]) -> list[list[float]]:
    seconds: list[list[float]] = [[] for _ in sides]
    for turn in range(TURNS + 1):
        for side, times in zip(sides, seconds, strict=True):
            started = time.perf_counter()
            side()
            # The first turn compiles and warms up.
            if turn:
                times.append(time.perf_counter() - started)
    return seconds


if __name__ == "__main__":
    main()
