"""Seconds of KernelSHAP over superpixels at the pixels, over those at the last layer's positions.

The thesis's figure 3.2: the same class, the same number of players and of evaluations; above, the
body of the network is skipped. Both sides by least squares, as published. Last, the layer's side by
the estimator that is the default, which at so small a budget takes gradients too. All in turns,
medians.
"""

from __future__ import annotations

import time
from statistics import median

from attribution_core import Cache, Slic, load_classifier
from attribution_core.explanation import explain
from attribution_core.methods.kernel_shap import LEAST_SQUARES, LOCAL_WINDOWS
from tests.benchmarks.problems import gallery_picture

TURNS = 3
BUDGET = 128
NETWORKS = {"efficientnet_lite0": "block6d_add", "vgg16_cam": "block5_pool"}


def main() -> None:
    print(
        f"{'network':20}{'layer':14}{'evaluations':>12}{'pixels s':>10}{'layer s':>9}{'ratio':>7}"
        f"{'windows s':>11}"
    )
    for name, layer in NETWORKS.items():
        classifier = load_classifier(name)
        picture = gallery_picture(classifier, "cat_coffee.png")
        sides = (("input", LEAST_SQUARES), (layer, LEAST_SQUARES), (layer, LOCAL_WINDOWS))
        seconds: dict[tuple[str, str], list[float]] = {side: [] for side in sides}
        # The first turn traces, and is left out.
        for turn in range(TURNS + 1):
            for (where, estimator), times in seconds.items():
                classifier.cache = Cache(2**28)
                started = time.perf_counter()
                explain(
                    classifier,
                    picture,
                    "kernel_shap",
                    285,
                    layer=where,
                    superpixels=Slic(49) if where == "input" else 49,
                    budget=BUDGET,
                    estimator=estimator,
                )
                if turn:
                    times.append(time.perf_counter() - started)
        pixels, above, windows = (median(times) for times in seconds.values())
        print(
            f"{name:20}{layer:14}{BUDGET:12}{pixels:10.2f}{above:9.2f}{pixels / above:7.1f}"
            f"{windows:11.2f}",
            flush=True,
        )
