"""Shapley estimators' errors at equal budgets: this project's beside shapiq's.

The relative L2 error of a class's values, medians over seeds, mean over four classes: KernelSHAP by
least squares alone and with local windows, on the same coalitions; shapiq's KernelSHAP with its
pairing trick, and its permutation sampling. Where a budget has fewer than three pairs a player,
local windows begin from Integrated Gradients at inner layers, 16 gradients a class that no budget
counts; "no gradients" is without them. Two ratios follow, of local windows to least squares
and to shapiq's better one. Where a game's Shapley values are
known they are used: unanimity games have closed ones, sixteen players are enumerated, local heads
have exact ones. Elsewhere the truth is this project's KernelSHAP with many more evaluations on
other coalitions, whose own relative error is printed. Coverage is the share of values that lie
within 1 and within 1.96 standard errors of the truth, whose own error counts with them; a normal
distribution would have 68 % and 95 %.

A second table compares values that are exact by locality with KernelSHAP of very many evaluations,
which should differ by as much as its standard errors foretell. Its seconds are those of all
classes at once, the pass through the network's body included; those of the processors are about
twice as many where two of them have nothing else to do.

`python -m tests.benchmarks.shapley --help` tells how to run a part of it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from attribution_core import Cache, load_classifier
from attribution_core.arrays import BoolArray, FloatArray
from attribution_core.methods.estimate import Estimate
from attribution_core.methods.kernel_shap import kernel_shap
from attribution_core.network.classifier import Classifier
from attribution_core.problem import Problem
from tests.benchmarks.problems import gallery_picture, posed
from tests.benchmarks.shapley_games import (
    CELLS,
    GAMES,
    KnownGame,
    best_classes,
    by_locality,
    estimated,
    on_network,
)

BUDGETS = (128, 256, 512, 1024, 2048)
QUICK_GAMES = ("unanimity", "vgg_zeros", "residual")
GOAL = 512
"""The budget at which an error of half of shapiq's best is the aim."""
LOCAL_HEADS = (("vgg16_cam", "block5_conv3"), ("efficientnet_lite0", "block6d_add"))
PICTURE = "cat_coffee.png"
TURNS = 5

Found = tuple[FloatArray, FloatArray | None]
"""Values ``(players,)`` and their standard errors, where there are any."""
Estimator = Callable[[KnownGame, int, int, int], Found]
"""From a game, the number of an output, a budget and a seed."""
WINDOWS = "local windows"
WITH_ERRORS = ("KernelSHAP", WINDOWS)


def main(arguments: Sequence[str] = ()) -> None:
    asked = _parser(quick="--quick" in arguments).parse_args(arguments)
    estimators = {**_own(), **_of_shapiq()}
    print(
        f"{'game':31}{'budget':>6}"
        + "".join(f"{name:>15}" for name in estimators)
        + f"{'÷ KernelSHAP':>14}{'÷ shapiq':>10}"
        + "".join(f"{'±1 ':>8}{'±1.96':>6}" for _ in WITH_ERRORS)
    )
    ratios: dict[str, float] = {}
    for name in asked.games:
        known = GAMES[name](asked.truth)
        if known.errors.any():
            print(f"{known.title}: the truth's own error is about {known.own_error:.3f}")
        for budget in asked.budgets:
            measured = {
                title: _measure(estimate, known, budget, asked.seeds)
                for title, estimate in estimators.items()
            }
            ratio = _print_row(known, budget, measured)
            if budget == GOAL:
                ratios[known.title] = ratio
    if ratios:
        halved = sum(ratio <= 0.5 for ratio in ratios.values())
        print(
            f"\nAt {GOAL} evaluations local windows have at most half of the error of "
            f"shapiq's best in {halved} of {len(ratios)} games.\n"
        )
    _compare_with_locality(asked.sampled)


def _parser(*, quick: bool) -> argparse.ArgumentParser:
    games = QUICK_GAMES if quick else GAMES
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.shapley", description=(__doc__ or "").splitlines()[0]
    )
    integer = partial(parser.add_argument, type=int)
    parser.add_argument("--quick", action="store_true", help="less of everything not asked for")
    parser.add_argument(
        "--games",
        nargs="+",
        choices=GAMES,
        default=list(games),
        metavar="NAME",
        help=", ".join(GAMES),
    )
    integer("--budgets", nargs="+", default=[128, 512] if quick else list(BUDGETS))
    integer("--seeds", default=2 if quick else 5, help="how many")
    integer("--truth", default=2**15, help="evaluations of a truth that is estimated")
    integer(
        "--sampled",
        default=2**11 if quick else 2**16,
        help="evaluations of the KernelSHAP that exact values are compared with",
    )
    return parser


def _own() -> dict[str, Estimator]:
    def by(*, windows: bool, gradients: bool) -> Estimator:
        def estimate(known: KnownGame, output: int, budget: int, seed: int) -> Found:
            outputs = known.outputs
            prior = outputs.gradients
            found = kernel_shap(
                outputs.game(output),
                budget=budget,
                seed=seed,
                windows=outputs.windows if windows else None,
                prior=None if prior is None or not gradients else lambda: prior()[:, output],
            )
            return found.values, found.standard_error

        return estimate

    return {
        "KernelSHAP": by(windows=False, gradients=False),
        WINDOWS: by(windows=True, gradients=True),
        "no gradients": by(windows=True, gradients=False),
    }


def _of_shapiq() -> dict[str, Estimator]:
    import shapiq

    def by(approximator: Callable[[int, int], Any]) -> Estimator:
        def estimate(known: KnownGame, output: int, budget: int, seed: int) -> Found:
            game = known.outputs.game(output)
            empty = float(game.values(np.zeros((1, game.players), bool))[0])

            def values(coalitions: BoolArray) -> FloatArray:
                # shapiq's games are worth nothing without players.
                return game.values(np.atleast_2d(np.asarray(coalitions, bool))) - empty

            found = approximator(game.players, seed).approximate(budget, values)
            return found.get_n_order_values(1), None

        return estimate

    return {
        "shapiq, paired": by(
            lambda players, seed: shapiq.KernelSHAP(players, random_state=seed, pairing_trick=True)
        ),
        "permutations": by(
            lambda players, seed: shapiq.PermutationSamplingSV(players, random_state=seed)
        ),
    }


@dataclass(frozen=True)
class Measured:
    """An estimator's error at one budget, and its standard errors' coverage, where it has any."""

    error: float
    coverage: tuple[float, float] | None


def _measure(estimate: Estimator, known: KnownGame, budget: int, seeds: int) -> Measured:
    errors = np.empty((known.outputs.count, seeds))
    distances: list[FloatArray] = []
    for output, seed in np.ndindex(*errors.shape):
        truth = known.values[output]
        values, standard_errors = estimate(known, output, budget, seed)
        errors[output, seed] = relative_error(values, truth)
        if standard_errors is not None:
            distances.append(
                in_standard_errors(values, standard_errors, truth, known.errors[output])
            )
    return Measured(
        float(np.median(errors, axis=1).mean()),
        coverage(np.concatenate(distances)) if distances else None,
    )


def relative_error(values: FloatArray, truth: FloatArray) -> float:
    """‖φ − truth‖ / ‖truth‖."""
    return float(np.linalg.norm(values - truth) / np.linalg.norm(truth))


def in_standard_errors(
    values: FloatArray, errors: FloatArray, truth: FloatArray, truth_errors: FloatArray
) -> FloatArray:
    """How far values are from a truth, in standard errors of the difference."""
    return np.abs(values - truth) / np.hypot(errors, truth_errors)


def coverage(distances: FloatArray) -> tuple[float, float]:
    """The shares of distances up to 1 and up to 1.96."""
    return float((distances <= 1).mean()), float((distances <= 1.96).mean())


def _print_row(known: KnownGame, budget: int, measured: dict[str, Measured]) -> float:
    """Print the errors; the ratio of local windows' to shapiq's best."""
    errors = {title: each.error for title, each in measured.items()}
    windows = errors[WINDOWS]
    to_shapiq = windows / min(error for title, error in errors.items() if title not in _own())
    shares = [measured[title].coverage for title in WITH_ERRORS]
    print(
        f"{known.title:31}{budget:6}"
        + "".join(f"{error:15.3f}" for error in errors.values())
        + f"{windows / errors['KernelSHAP']:14.2f}{to_shapiq:10.2f}"
        + "".join(
            f"{each[0]:8.2f}{each[1]:6.2f}" if each else f"{'−':>8}{'−':>6}" for each in shares
        ),
        flush=True,
    )
    return to_shapiq


def _compare_with_locality(sampled: int) -> None:
    print(
        f"{'exact by locality':34}{'evaluations':>12}{'seconds':>9}{'CPU s':>7}{'KernelSHAP':>12}"
        f"{'difference':>12}{'foretold':>10}{'±1 ':>8}{'±1.96':>6}"
    )
    for network, layer in LOCAL_HEADS:
        classifier = load_classifier(network)
        targets = best_classes(classifier, PICTURE)
        problem, exact, seconds = _timed(classifier, int(targets[0]), layer)
        truth = exact.values[:, targets].T
        values, errors = estimated(on_network(problem, targets), sampled)
        within = coverage(in_standard_errors(values, errors, truth, np.zeros_like(truth)))
        sizes = np.linalg.norm(truth, axis=1)
        difference = (np.linalg.norm(values - truth, axis=1) / sizes).mean()
        foretold = (np.linalg.norm(errors, axis=1) / sizes).mean()
        print(
            f"{network + ' ' + layer:34}{exact.evaluations:12}{seconds[0]:9.2f}{seconds[1]:7.2f}"
            f"{sampled:12}{difference:12.4f}{foretold:10.4f}{within[0]:8.2f}{within[1]:6.2f}",
            flush=True,
        )


def _timed(classifier: Classifier, target: int, layer: str) -> tuple[Problem, Estimate, FloatArray]:
    """The exact values, and medians of the seconds and of the processors' seconds they took."""
    picture = gallery_picture(classifier, PICTURE)
    seconds = np.empty((TURNS + 1, 2))
    for turn in seconds:
        classifier.cache = Cache(2**28)
        started = np.array([time.perf_counter(), time.process_time()])
        problem = posed(classifier, picture, "shapley_values", target, layer, "zeros", CELLS)
        exact = by_locality(problem)
        turn[:] = np.array([time.perf_counter(), time.process_time()]) - started
    # The first turn traces, and is left out.
    return problem, exact, np.median(seconds[1:], axis=0)


if __name__ == "__main__":
    import sys

    main(sys.argv[1:])
