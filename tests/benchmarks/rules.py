"""LRP, DeepLIFT, guided backpropagation and the deconvnet, over one gradient of the same head.

Both built-in models, at the input and at an inner layer, everything traced. Both sides in turns;
the ratio is of medians, and its aim 3 at most.
"""

from __future__ import annotations

import time
from statistics import median
from unittest.mock import patch

import numpy as np

from attribution_core import load_classifier
from attribution_core.network.walk.head import RULES
from attribution_core.network.walk.relevance_presets import PRESETS
from attribution_core.scores import Score
from tests.benchmarks.problems import gallery_picture

TURNS = 3
TARGET = 285
LAYERS = {"efficientnet_lite0": ("input", "block6d_add"), "vgg16_cam": ("input", "block5_conv3")}


def main() -> None:
    with patch("attribution_core.network.head.UNTRACED_CALLS", 0):
        print(f"{'model':20}{'layer':14}{'rules':28}{'gradient s':>11}{'rules s':>9}{'ratio':>7}")
        for model, layers in LAYERS.items():
            for layer in layers:
                _measure(model, layer)


def _measure(model: str, layer: str) -> None:
    classifier = load_classifier(model)
    picture = gallery_picture(classifier, "cat_coffee.png")
    if layer == "input":
        point = picture[None]
    else:
        point = np.random.default_rng(0).uniform(0, 2, (1, *classifier.layer(layer).shape))
    score = Score(TARGET)
    head = classifier.head(layer)
    for rules in (*RULES, *PRESETS):
        walked = classifier.walked_head(layer, rules)
        # DeepLIFT takes the reference along.
        points = np.concatenate([point, 0 * point]) if rules == "rescale" else point
        plain: list[float] = []
        ruled: list[float] = []
        for turn in range(TURNS + 1):
            for seconds, side, given in ((plain, head, point), (ruled, walked, points)):
                started = time.perf_counter()
                side.values_and_gradients(given, score)
                # The first turn traces, and is left out.
                if turn:
                    seconds.append(time.perf_counter() - started)
        ratio = median(ruled) / median(plain)
        print(
            f"{model:20}{layer:14}{rules:28}{median(plain):11.3f}{median(ruled):9.3f}{ratio:7.2f}",
            flush=True,
        )
