"""Coalitions a second through a head that skips its linear start, over the plain head's.

VGG16 at ``block5_pool`` with its 49 positions as players, random weights (the time does not depend
on them), all 1000 classes kept. The plain head is measured at several batch sizes and its best is
taken. Then KernelSHAP over the 49 positions: seconds and relative L2 error by budget, the truth
being many more evaluations. Where the built-in model has such a head, it is measured too.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from statistics import median

import numpy as np

from attribution_core import Classifier, FunctionGame, kernel_shap
from attribution_core.arrays import Logits
from attribution_core.models import vgg16
from tests.benchmarks.problems import built_in, gallery_picture, posed

TURNS = 5
COALITIONS = 1024
BUDGETS = (256, 512, 1024, 2048)


def main() -> None:
    _measure(random_vgg16(), "block5_pool")
    _measure(built_in(), "block7a_project_bn")


def random_vgg16() -> Classifier:
    network = vgg16._untrained()
    random = np.random.default_rng(0)
    for weight in network.trainable_weights:
        inputs = int(np.prod(weight.shape[:-1]))
        values = random.standard_normal(weight.shape, np.float32) * np.float32((2 / inputs) ** 0.5)
        weight.assign(values if len(weight.shape) > 1 else 0.01 * values)
    labels = [str(number) for number in range(vgg16.CLASSES)]
    return Classifier("vgg16", network, vgg16.preprocess, labels)


def _measure(classifier: Classifier, layer: str) -> None:
    picture = gallery_picture(classifier, "cat_coffee.png")
    problem = posed(classifier, picture, "kernel_shap", 285, layer)
    game = problem.game()
    fast = classifier.linear_head(layer, game.players)
    assert fast is not None
    contributions = fast.contributions(problem.point, problem.reference, game.segments)
    coalitions = np.random.default_rng(0).random((COALITIONS, game.players)) < 0.5

    def plain(batch_size: int) -> Logits:
        problem.head.batch_size = batch_size
        return problem.head.masked_logits(
            problem.point, problem.reference, game.segments, coalitions
        )

    sides: dict[str, Callable[[], Logits]] = {
        f"plain, batches of {size}": partial(plain, size) for size in (16, 64, 256)
    }
    sides["fast"] = lambda: fast.logits(*contributions, coalitions)
    logits: dict[str, Logits] = {}
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(TURNS + 1):
        for name, run in sides.items():
            started = time.perf_counter()
            logits[name] = run()
            # The first turn compiles and warms up.
            if turn:
                seconds[name].append(time.perf_counter() - started)
    print(f"{classifier.name} at {layer}, {game.players} players")
    for name, each in seconds.items():
        print(f"  {name:24}{COALITIONS / median(each):9.0f} coalitions a second")
    best = min((name for name in sides if name != "fast"), key=lambda name: median(seconds[name]))
    difference = np.abs(logits["fast"] - logits[best]).max() / np.abs(logits[best]).max()
    print(
        f"  ratio {median(seconds[best]) / median(seconds['fast']):.1f}, largest relative ", end=""
    )
    print(f"difference {difference:.1e}")
    truth = kernel_shap(game, budget=2**15, seed=99).values
    # The same game without its memory of coalitions.
    fresh = FunctionGame(
        game.players,
        lambda coalitions: fast.logits(*contributions, coalitions)[:, problem.score.target],
        batch_size=fast.batch_size,
    )
    for budget in BUDGETS:
        started = time.perf_counter()
        found = kernel_shap(fresh, budget=budget, seed=1)
        took = time.perf_counter() - started
        error = np.linalg.norm(found.values - truth) / np.linalg.norm(truth)
        print(f"  KernelSHAP, {budget:5} evaluations: {took:6.2f} s, relative error {error:.3f}")


if __name__ == "__main__":
    main()
