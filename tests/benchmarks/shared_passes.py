"""Integrated Gradients of several classes together, over one after another.

The built-in model, 32 midpoints and the adaptive rule stopped at a gap of 1 %. Both sides in turns,
medians; nodes are those of one class alone (the largest) and of all together.
"""

from __future__ import annotations

import time
from statistics import median

from attribution_core import Cache, explain, explain_classes
from attribution_core.methods.options import OptionValue
from tests.benchmarks.problems import built_in, gallery_picture

TURNS = 3
TARGETS = (285, 967, 282, 968)
LAYERS = ("input", "block5c_add", "block6d_add")
RULES: dict[str, dict[str, OptionValue]] = {
    "midpoint": {"rule": "midpoint", "steps": 32},
    "adaptive": {"rule": "adaptive", "tolerance": 0.01},
}


def main() -> None:
    classifier = built_in()
    picture = gallery_picture(classifier, "cat_coffee.png")
    print(
        f"{'layer':14}{'rule':10}{'classes':>8}{'alone s':>9}{'together s':>12}{'ratio':>7}  nodes"
    )
    for layer in LAYERS:
        for rule, options in RULES.items():
            for count in (2, 4):
                alone, together = [], []
                nodes = (0, 0)
                # The first turn traces, and is left out.
                for turn in range(TURNS + 1):
                    classifier.cache = Cache(2**28)
                    started = time.perf_counter()
                    each = [
                        explain(
                            classifier,
                            picture,
                            "integrated_gradients",
                            target,
                            layer=layer,
                            **options,
                        )
                        for target in TARGETS[:count]
                    ]
                    middle = time.perf_counter()
                    every = explain_classes(
                        classifier, picture, TARGETS[:count], layer=layer, **options
                    )
                    if turn:
                        alone.append(middle - started)
                        together.append(time.perf_counter() - middle)
                    nodes = max(one.evaluations for one in each), every[0].evaluations
                ratio = median(alone) / median(together)
                print(
                    f"{layer:14}{rule:10}{count:8}{median(alone):9.2f}{median(together):12.2f}"
                    f"{ratio:7.2f}  {nodes[0]} / {nodes[1]}",
                    flush=True,
                )
