"""What evaluating in bfloat16 would save, and what it would cost in accuracy.

Heads of the built-in models and of VGG16 with random weights (the time does not depend on them), in
float32 and as copies whose layers compute in bfloat16, in turns in one process. The logits' largest
change is given as a share of their range, and the change of the exact Shapley values of 2x3 cells
beside KernelSHAP's standard error at its default budget on the layer's own players, both as
relative L2. The worst of several pictures is taken: the largest change, the smallest error.

The aim for an option: half the time, and an error below the sampling error.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from attribution_core import Classifier, FunctionGame, kernel_shap, load_classifier, shapley_values
from attribution_core.estimate import BoolArray, FloatArray
from attribution_core.explanation import pose, request_of
from attribution_core.models import efficientnet_lite0, vgg16, vgg16_cam
from attribution_core.registry import METHODS
from attribution_core.segmentations import grid
from tests.benchmarks.fast_head import random_vgg16
from tests.benchmarks.problems import best_class, gallery_picture

TURNS = 3
PICTURES = ("cat_coffee.png", "coffee.png")


def main() -> None:
    flags = Path("/proc/cpuinfo")
    has = flags.exists() and "avx512_bf16" in flags.read_text()
    print(f"The processor {'has' if has else 'does not say that it has'} avx512_bf16.")
    print(
        f"{'model':20}{'layer':>20}{'batch':>6}{'float32 ms':>12}{'bfloat16 ms':>13}{'ratio':>7}"
        f"{'logits':>9}{'values':>9}{'s. error':>10}"
    )
    for name, layers in (
        ("vgg16_cam", ("input", "block3_pool", "block5_pool")),
        ("efficientnet_lite0", ("input", "block3b_add", "block6d_add")),
    ):
        classifier = load_classifier(name)
        module = vgg16_cam if name == "vgg16_cam" else efficientnet_lite0
        with _in_bfloat16():
            rounded = Classifier(name, module.load(), classifier._preprocess, classifier.labels)
        for layer in layers:
            _measure(classifier, rounded, layer)
    classifier = random_vgg16()
    with _in_bfloat16():
        network = vgg16._untrained()
    network.set_weights(classifier._network.get_weights())
    rounded = Classifier("vgg16", network, vgg16.preprocess, classifier.labels)
    _measure(classifier, rounded, "input", accuracy=False)
    _measure_dense(classifier)


@contextmanager
def _in_bfloat16() -> Iterator[None]:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("bfloat16")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _function(classifier: Classifier, layer: str) -> Callable[[Any], Any]:
    """The head as a compiled function of float32 points, whatever it computes in."""
    network = classifier._network
    above = network if layer == "input" else keras.Model(classifier._cuts[layer], network.output)

    def logits(points: Any) -> Any:
        prepared = classifier._preprocess(points) if layer == "input" else points
        prepared = tf.cast(prepared, network.compute_dtype)
        return tf.cast(above(prepared, training=False), tf.float32)

    return tf.function(logits, autograph=False, reduce_retracing=True)


def _measure(
    classifier: Classifier, rounded: Classifier, layer: str, *, accuracy: bool = True
) -> None:
    sides = _function(classifier, layer), _function(rounded, layer)
    batch = max(8, min(64, classifier.head(layer).batch_size))
    random = np.random.default_rng(0)
    points = tf.constant(
        random.uniform(0, 255 if layer == "input" else 1, (batch, *classifier.head(layer).shape)),
        tf.float32,
    )
    first, second = _in_turns([lambda side=side: side(points).numpy() for side in sides])
    text = (
        f"{classifier.name:20}{layer:>20}{batch:6}{1000 * median(first) / batch:12.2f}"
        f"{1000 * median(second) / batch:13.2f}"
        f"{median(a / b for a, b in zip(first, second, strict=True)):7.2f}"
    )
    if accuracy:
        found = np.array([_errors(classifier, sides, layer, file) for file in PICTURES])
        changes = found.max(axis=0)
        text += f"{100 * changes[0]:8.2f}%{100 * changes[1]:8.2f}%{100 * found[:, 2].min():9.2f}%"
    print(text, flush=True)


def _errors(
    classifier: Classifier,
    sides: tuple[Callable[[Any], Any], Callable[[Any], Any]],
    layer: str,
    file: str,
) -> tuple[float, float, float]:
    """Change of the logits and of Shapley values, and KernelSHAP's standard error."""
    picture = gallery_picture(classifier, file)
    target = best_class(classifier, picture)
    request = request_of(
        classifier, picture, "kernel_shap", target, layer, "black", "logit", None, 0, {}
    )
    problem = pose(classifier, request)
    segments = grid(*problem.head.shape[:2], 2, 3)
    rows: list[list[FloatArray]] = [[], []]

    def play(side: int) -> FloatArray:
        def values(coalitions: BoolArray) -> FloatArray:
            present = coalitions[:, segments][..., None]
            points = np.where(present, problem.point, problem.reference).astype(np.float32)
            logits = np.asarray(sides[side](tf.constant(points)))
            rows[side].append(logits)
            return logits[:, target].astype(np.float64)

        return np.asarray(shapley_values(FunctionGame(6, values, batch_size=16)).values)

    exact, rounded = play(0), play(1)
    plain, changed = (np.concatenate(each) for each in rows)
    spread = (plain.max(axis=1) - plain.min(axis=1)).max()
    budget = next(o.default for o in METHODS["kernel_shap"].options if o.name == "budget")
    if layer == "input":
        # As many evaluations of VGG16 as that would take minutes; the error falls as 1/sqrt.
        few = 64
        estimate = kernel_shap(problem.game(), budget=few, seed=0)
        shrink = (few / int(budget)) ** 0.5
    else:
        estimate, shrink = kernel_shap(problem.game(), budget=int(budget), seed=0), 1.0
    error = estimate.standard_error
    sampling = np.nan
    if error is not None:
        sampling = shrink * np.linalg.norm(error) / np.linalg.norm(estimate.values)
    return (
        float(np.abs(changed - plain).max() / spread),
        float(np.linalg.norm(rounded - exact) / np.linalg.norm(exact)),
        float(sampling),
    )


def _measure_dense(classifier: Classifier) -> None:
    """What a fast head leaves of VGG16's dense layers, for 1024 coalitions of 49 players."""
    random = np.random.default_rng(0)
    dense = [classifier._network.get_layer(name) for name in ("fc2", "predictions")]

    def side(dtype: Any) -> Callable[[], Any]:
        rows = tf.constant(random.normal(size=(49, 4096)), dtype)
        kernels = [tf.cast(layer.kernel, dtype) for layer in dense]
        coalitions = tf.constant(random.random((1024, 49)) < 0.5)

        @tf.function(autograph=False)
        def logits() -> Any:
            flow = tf.nn.relu(tf.matmul(tf.cast(coalitions, dtype), rows))
            return tf.matmul(tf.nn.relu(tf.matmul(flow, kernels[0])), kernels[1])

        return lambda: np.asarray(tf.cast(logits(), tf.float32))

    first, second = _in_turns([side(tf.float32), side(tf.bfloat16)])
    print(
        f"{'vgg16':20}{'fast, block5_pool':>20}{1024:6}{1000 * median(first) / 1024:12.3f}"
        f"{1000 * median(second) / 1024:13.3f}"
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
