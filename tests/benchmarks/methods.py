"""Evaluations a second of every method through `explain`, over those of the bare tf.function.

Both are timed in turns in one process, on batches of the head's own size; the ratio is the median
over the turns. The bare side calls the compiled network on a batch that is a tensor already: no
masking, no copies, no estimates. The method's side is a whole `explain` of a picture not seen
before; only the picture's activations, reference and superpixels are at hand. The aim is a ratio of
0.95 or more.

Where other work disturbs the machine, a turn's two sides are disturbed differently. "Inside" is
taken within each `explain`, and is not: the share of its time that is spent inside compiled
functions. It leaves out what padding and masking cost.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from statistics import median
from typing import Any
from unittest.mock import patch

import numpy as np
import tensorflow as tf

from attribution_core import METHODS, Classifier, explain
from attribution_core.methods.kernel_shap import LEAST_SQUARES
from attribution_core.methods.options import OptionValue
from attribution_core.network import incremental_head
from attribution_core.network.head import Head
from attribution_core.scores import Score
from tests.benchmarks.problems import built_in, gallery_picture, posed

LAYERS = {"input": 1, "block3b_add": 2, "block5c_add": 4, "block6d_add": 16}
"""With how many times the work they are measured, so that each run takes about a second."""
TURNS = 3
TARGET = 285
METHODS_MEASURED = (
    "integrated_gradients",
    "smoothgrad",
    "occlusion",
    "lime",
    "kernel_shap",
    "shapley_values",
)


def options_for(method: str, layer: str) -> Mapping[str, OptionValue]:
    """Options that make a run long enough to be timed."""
    times = LAYERS[layer]
    options: dict[str, dict[str, OptionValue]] = {
        "integrated_gradients": {"steps": 64 * times, "tolerance": 0.0},
        "smoothgrad": {"samples": min(64 * times, 1000)},
        "occlusion": {"window": 48, "stride": 22 if times < 16 else 8},
        "lime": {"samples": 128 * times},
        # The default estimator takes gradients too, which are not counted as evaluations.
        "kernel_shap": {"budget": 128 * times, "estimator": LEAST_SQUARES},
    }
    return options.get(method, {})


def players_for(method: str, layer: str) -> int | None:
    """So many players whose coalitions are all evaluated; the usual ones for other methods."""
    return min(10, 6 + LAYERS[layer].bit_length()) if method == "shapley_values" else None


def main() -> None:
    # The bare side is the whole head, traced: occlusion must take no shorter way here, and single
    # points none without tracing.
    whole = patch.object(incremental_head, "LEAST_GAIN", float("inf"))
    with whole, patch("attribution_core.network.head.UNTRACED_CALLS", 0):
        _measure(built_in())


def _measure(classifier: Classifier) -> None:
    print(
        f"{'layer':14}{'method':24}{'batch':>6}{'evaluations':>13}"
        f"{'bare 1/s':>10}{'method 1/s':>12}{'ratio':>7}{'inside':>8}"
    )
    for layer in LAYERS:
        head = classifier.head(layer)
        for method in METHODS_MEASURED:
            options = options_for(method, layer)
            needs = METHODS[method].needs
            bare = _gradients(head) if needs == "gradient" else _logits(head)
            rows = [_turn(classifier, layer, method, options, bare, n) for n in range(TURNS + 1)]
            # The first turn compiles and warms up.
            counts, bare_rates, rates, inside = zip(*rows[1:], strict=True)
            ratio = median(rate / bare for rate, bare in zip(rates, bare_rates, strict=True))
            print(
                f"{layer:14}{method:24}{head.batch_size:6}{counts[0]:13}"
                f"{median(bare_rates):10.1f}{median(rates):12.1f}{ratio:7.2f}"
                f"{median(inside):8.2f}",
                flush=True,
            )


def _turn(
    classifier: Classifier,
    layer: str,
    method: str,
    options: Mapping[str, OptionValue],
    bare: Callable[[], int],
    number: int,
) -> tuple[int, float, float, float]:
    """The method's evaluations, those a second of the bare side and of the method, and "inside"."""
    picture = gallery_picture(classifier, "cat_coffee.png")
    # Another picture each time, or the cache would answer.
    picture = np.roll(picture, (METHODS_MEASURED.index(method) + 7 * number) * 3 + 1, axis=1)
    players = players_for(method, layer)
    posed(classifier, picture, method, TARGET, layer, options=dict(options), segmentation=players)

    before = _rate(bare)
    started = time.perf_counter()
    with _timed(classifier.head(layer)) as inside:
        count = explain(
            classifier, picture, method, TARGET, layer=layer, superpixels=players, **options
        ).evaluations
        seconds = time.perf_counter() - started
    return count, (before + _rate(bare)) / 2, count / seconds, sum(inside) / seconds


@contextmanager
def _timed(head: Head) -> Iterator[list[float]]:
    """Seconds of every call of the head's compiled functions."""
    seconds: list[float] = []
    compiled = dict(vars(head))

    def timed(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            started = time.perf_counter()
            try:
                return function(*arguments)
            finally:
                seconds.append(time.perf_counter() - started)

        return call

    head._evaluate = timed(head._evaluate)
    head._evaluate_masked = timed(head._evaluate_masked)
    head._differentiate = {key: timed(value) for key, value in head._differentiate.items()}
    try:
        yield seconds
    finally:
        vars(head).update(compiled)


def _rate(bare: Callable[[], int]) -> float:
    count, started = 0, time.perf_counter()
    while count < 16 or time.perf_counter() - started < 0.3:
        count += bare()
    return count / (time.perf_counter() - started)


def _points(head: Head) -> tf.Tensor:
    random = np.random.default_rng(0)
    return tf.constant(random.uniform(0, 255, (head.batch_size, *head.shape)), tf.float32)


def _gradients(head: Head) -> Callable[[], int]:
    points, weights = _points(head), tf.constant(Score(TARGET).weights(head.classes))
    differentiate = head._differentiate["none"]

    def call() -> int:
        differentiate(points, weights)
        return head.batch_size

    return call


def _logits(head: Head) -> Callable[[], int]:
    points = _points(head)

    def call() -> int:
        head._evaluate(points)
        return head.batch_size

    return call


if __name__ == "__main__":
    main()
