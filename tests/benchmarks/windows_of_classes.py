"""KernelSHAP with local windows, class after class: one factorisation for all, over one for each.

EfficientNet-Lite0 at block5c_add, 49 positions, ten classes; all coalitions are known before, so
that the seconds are the estimator's own. Before, each class chose its windows and factorised; now
the four likeliest classes choose them for all. Both sides in turns, medians.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import numpy as np

from attribution_core import kernel_shap
from attribution_core.games.gaussian_process import centres_of
from attribution_core.games.window_fits import WindowFits
from attribution_core.network.head_game import HeadGame
from tests.benchmarks.problems import built_in, gallery_picture, posed
from tests.benchmarks.shapley_games import CELLS, Outputs

PICTURE = "cat_coffee.png"
LAYER = "block5c_add"
CLASSES = 10
BUDGETS = (128, 512, 2048)
TURNS = 3


def main() -> None:
    classifier = built_in()
    picture = gallery_picture(classifier, PICTURE)
    targets = np.argsort(-classifier.scores(picture))[:CLASSES]
    problem = posed(classifier, picture, "kernel_shap", int(targets[0]), LAYER, "zeros", CELLS)
    played = problem.game()
    outputs = Outputs(played.segments, CLASSES, lambda z: played.evaluator.logits(z)[:, targets])
    print(
        f"{'budget':>6}{'classes':>9}{'before s':>10}{'now s':>8}{'ratio':>7}"
        f"{'a further class: before s':>27}{'now s':>8}"
    )
    for budget in BUDGETS:
        kernel_shap(outputs.game(0), budget=budget)
        before, now = [], []
        for _ in range(TURNS):
            before.append(_seconds(played, outputs, budget, lambda: None))
            shared = WindowFits(centres_of(played.segments), lambda z: outputs.worth(z)[:, :4])
            now.append(_seconds(played, outputs, budget, lambda kept=shared: kept))
        earlier, later = (median(sum(turn) for turn in side) for side in (before, now))
        further = [median(median(turn[1:]) for turn in side) for side in (before, now)]
        print(
            f"{budget:6}{CLASSES:9}{earlier:10.2f}{later:8.2f}{earlier / later:7.1f}"
            f"{further[0]:27.3f}{further[1]:8.3f}",
            flush=True,
        )


def _seconds(
    played: HeadGame, outputs: Outputs, budget: int, shared: Callable[[], WindowFits | None]
) -> list[float]:
    """Of each class, one after another."""
    taken = []
    for output in range(outputs.count):
        windows = shared() or WindowFits(centres_of(played.segments))
        started = time.perf_counter()
        kernel_shap(outputs.game(output), budget=budget, windows=windows)
        taken.append(time.perf_counter() - started)
    return taken


if __name__ == "__main__":
    main()
