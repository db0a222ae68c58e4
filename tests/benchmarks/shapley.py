"""Shapley estimators' errors at equal budgets: KernelSHAP of this project beside shapiq's.

Median over seeds of the relative L2 error. Where the true values are known they are used: sums of
unanimity games, whose Shapley values are their coefficients over their sizes, and full enumeration
of small games. For the 49 positions of an inner layer the truth is this project's KernelSHAP with
many more evaluations, whose own standard error is printed. shapiq's KernelSHAP is run as it comes
and with its pairing trick; the ratio is to the better of the two. Another estimator of shapiq,
permutation sampling, is printed for orientation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

import numpy as np

from attribution_core import FunctionGame, Game, kernel_shap, shapley_values
from attribution_core.arrays import BoolArray, FloatArray
from attribution_core.network.classifier import Classifier
from attribution_core.segmentations import Grid
from tests.benchmarks.problems import best_class, built_in, gallery_picture, posed

BUDGETS = (128, 256, 512, 1024, 2048)
LAYER = "block6d_add"
PICTURES = ("rocket.jpg", "coffee.png")
TRUTH_BUDGET = 2**16


@dataclass(frozen=True)
class Known:
    """A game and its Shapley values; ``error`` is their own relative one, 0 where exact."""

    title: str
    game: Game
    values: FloatArray
    seeds: int
    error: float = 0.0


def main() -> None:
    import shapiq

    peers: dict[str, Callable[[int, int, int, Callable[[BoolArray], FloatArray]], FloatArray]] = {
        "shapiq": lambda players, seed, budget, values: _order_one(
            shapiq.KernelSHAP(players, random_state=seed).approximate(budget, values)
        ),
        "paired": lambda players, seed, budget, values: _order_one(
            shapiq.KernelSHAP(players, random_state=seed, pairing_trick=True).approximate(
                budget, values
            )
        ),
        "permut.": lambda players, seed, budget, values: _order_one(
            shapiq.PermutationSamplingSV(players, random_state=seed).approximate(budget, values)
        ),
    }
    print(f"{'game':34}{'budget':>7}{'ours':>9}" + "".join(f"{p:>9}" for p in peers) + "   ratio")
    for known in _games():
        if known.error:
            print(f"{known.title}: the truth's own error is about {known.error:.4f}")
        players, size = known.game.players, float(np.linalg.norm(known.values))
        empty = float(known.game.values(np.zeros((1, players), bool))[0])

        def values(coalitions: BoolArray, game: Game = known.game, at: float = empty) -> FloatArray:
            # shapiq's games are worth nothing without players.
            return game.values(np.atleast_2d(np.asarray(coalitions, bool))) - at

        for budget in BUDGETS:
            if players < 16 and budget >= 2**players:
                continue
            errors: dict[str, list[float]] = {"ours": [], **{peer: [] for peer in peers}}
            for seed in range(known.seeds):
                found = {"ours": kernel_shap(known.game, budget=budget, seed=seed).values}
                for peer, estimate in peers.items():
                    found[peer] = estimate(players, seed, budget, values)
                for name, estimated in found.items():
                    errors[name].append(float(np.linalg.norm(estimated - known.values)) / size)
            medians = {name: median(each) for name, each in errors.items()}
            ratio = medians["ours"] / min(medians["shapiq"], medians["paired"])
            print(
                f"{known.title:34}{budget:7}"
                + "".join(f"{value:9.4f}" for value in medians.values())
                + f"{ratio:8.2f}",
                flush=True,
            )


def _order_one(found: object) -> FloatArray:
    """shapiq's values of single players."""
    values: FloatArray = found.get_n_order_values(1)
    return values


def _games() -> Iterator[Known]:
    yield _unanimity("50 players, threes", 50, (3,), 60, seed=0)
    yield _unanimity("40 players, twos to eights", 40, tuple(range(2, 9)), 100, seed=1)
    weights = np.random.default_rng(2).normal(size=12)
    threshold = FunctionGame(12, lambda z: 1 / (1 + np.exp(-2 * (z @ weights - 1))))
    yield Known("12 players, soft threshold", threshold, shapley_values(threshold).values, 20)
    classifier = built_in()
    for file in PICTURES:
        small = _on_layer(classifier, file, Grid(4, 3))
        title = f"{file.split('.')[0]}, 12 cells of {LAYER}"
        yield Known(title, small, shapley_values(small).values, 10)
        game = _on_layer(classifier, file, None)
        truth = kernel_shap(game, budget=TRUTH_BUDGET, seed=99)
        error = truth.standard_error
        assert error is not None
        yield Known(
            f"{file.split('.')[0]}, 49 positions of {LAYER}",
            game,
            truth.values,
            5,
            float(np.linalg.norm(error) / np.linalg.norm(truth.values)),
        )


def _unanimity(title: str, players: int, sizes: tuple[int, ...], terms: int, *, seed: int) -> Known:
    """A sum of slopes and of terms that are worth something once all their members are there."""
    random = np.random.default_rng(seed)
    values = random.normal(size=players)
    slopes = values.copy()
    members = [random.choice(players, random.choice(sizes), replace=False) for _ in range(terms)]
    worth = random.normal(size=terms)
    for group, coefficient in zip(members, worth, strict=True):
        values[group] += coefficient / len(group)

    def play(coalitions: BoolArray) -> FloatArray:
        together = np.stack([coalitions[:, group].all(axis=1) for group in members], axis=1)
        return np.asarray(coalitions @ slopes + together @ worth)

    return Known(title, FunctionGame(players, play, batch_size=2**12), values, 20)


def _on_layer(classifier: Classifier, file: str, cells: Grid | None) -> Game:
    picture = gallery_picture(classifier, file)
    target = best_class(classifier, picture)
    return posed(classifier, picture, "kernel_shap", target, LAYER, segmentation=cells).game()


if __name__ == "__main__":
    main()
