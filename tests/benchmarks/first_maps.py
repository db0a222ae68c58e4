"""How long the first maps at a layer take: gradients without tracing, over traced ones.

At layers that nobody has asked about yet, gradient × input of two classes, activations included:
seconds with every function traced at its first call, and with single points going without. In
turns in one process, each turn on fresh copies of the network.
"""

from __future__ import annotations

import time
from statistics import median
from unittest.mock import patch

import numpy as np

from attribution_core import Classifier, explain, load_classifier
from attribution_core.network.head import UNTRACED_CALLS
from tests.benchmarks.problems import built_in, gallery_picture

TURNS = 3
TARGETS = (285, 967)


def main() -> None:
    print(f"{'model':20}{'layer':>18}{'traced s':>10}{'untraced s':>12}{'ratio':>7}")
    for classifier in (built_in(), load_classifier("vgg16_cam")):
        layers = ("input", *classifier.main_layers[1:-1:3], classifier.layers[-1])
        seconds = np.array(
            [
                [_seconds(classifier, layers, untraced) for untraced in (0, UNTRACED_CALLS)]
                for _ in range(TURNS)
            ]
        )
        for number, layer in enumerate((*layers, "together")):
            traced, untraced = seconds[:, :, number].T
            ratio = median(traced / untraced)
            print(
                f"{classifier.name:20}{layer:>18}{median(traced):10.2f}{median(untraced):12.2f}"
                f"{ratio:7.2f}",
                flush=True,
            )


def _seconds(classifier: Classifier, layers: tuple[str, ...], untraced: int) -> list[float]:
    """What two maps take at each layer, and at all together."""
    fresh = classifier.copy()
    picture = gallery_picture(fresh, "cat_coffee.png")
    seconds = []
    with patch("attribution_core.network.head.UNTRACED_CALLS", untraced):
        for layer in layers:
            started = time.perf_counter()
            for target in TARGETS:
                explain(fresh, picture, "gradient_times_input", target, layer=layer)
            seconds.append(time.perf_counter() - started)
    return [*seconds, sum(seconds)]


if __name__ == "__main__":
    main()
