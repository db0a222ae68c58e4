"""KernelSHAP: Shapley values by least squares on a sample of coalitions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.games.coalitions import CoalitionPairs, draw_pairs
from attribution_core.games.game import Game, worth_a_look
from attribution_core.games.gaussian_process import centres_of
from attribution_core.games.local_windows import (
    CORRECTED_FROM,
    FEWEST_PLAYERS,
    FEWEST_WITH_ERRORS,
    MOST_PLAYERS,
    LocalWindows,
    Solution,
)
from attribution_core.games.paired_regression import solve
from attribution_core.games.window_fits import WindowFits
from attribution_core.methods.estimate import Estimate, Estimator
from attribution_core.methods.integrated_gradients import integrated_gradients
from attribution_core.methods.method import (
    ALL_PROMISES,
    Method,
    TwoVariables,
    game_of_variables,
)
from attribution_core.methods.options import bfloat16_option, option

if TYPE_CHECKING:
    from attribution_core.network.head_game import HeadGame
    from attribution_core.problem import Problem
    from attribution_core.scores import Score


@Estimator
def kernel_shap(
    game: Game,
    *,
    budget: int = 1024,
    tolerance: float = 0.0,
    seed: int = 0,
    prior: Callable[[], FloatArray] | None = None,
    windows: WindowFits | None = None,
) -> Iterator[Estimate]:
    """argmin_φ Σ_S k(|S|) (v(S) − v(∅) − Σ_{i∈S} φᵢ)² subject to Σφ = v(all) − v(∅).

    The Shapley kernel k and both ends as constraints (Lundberg and Lee 2017; thesis, equation
    2.34), coalitions in complementary pairs (Covert and Lee 2021) without replacement. The sum
    holds at every budget; a budget that covers all 2^l coalitions gives the exact values.

    Where it is known where the players are, a Gaussian process over windows of neighbours comes
    first and least squares estimate what it misses (see `games.local_windows`), on the same
    coalitions; where the standard errors say that least squares alone are better, they are given.
    Where coalitions are few, the process lies around values known beforehand.

    Parameters
    ----------
    game : Game
    budget : int
        Evaluations at most, both ends included.
    tolerance : float
        Stop once the largest standard error is below this share of max φ − min φ, checked each time
        the evaluations have doubled; 0 uses the whole budget.
    seed : int
    prior : callable, optional
        Gives values ``(players,)`` known beforehand, such as Integrated Gradients'. Where the
        budget has fewer than three pairs a player they are the mean of the process, times what
        generalised least squares find; with more pairs, and without windows, they are not used.
    windows : WindowFits, optional
        Where the players are, and what the outputs of one game share, for the Gaussian process.
        From `FEWEST_PLAYERS` to `MOST_PLAYERS` players; without it, and otherwise, least squares
        alone.

    Yields
    ------
    Estimate
        After each batch, with values φ ``(players,)`` and, once there are more pairs than players
        or all pairs, standard errors from the stratified design. Windows have none below three
        pairs a player or 17 players: they would not hold what they promise. The diagnostics say
        from where on there are some.

    Raises
    ------
    ValueError
        When the budget is below 4.
    """
    if budget < 4:
        raise ValueError(f"A budget of {budget} is too small for KernelSHAP; give at least 4.")
    players = game.players
    empty, full = game.values(np.stack([np.zeros(players, bool), np.ones(players, bool)]))
    total = float(full) - float(empty)
    pairs = draw_pairs(players, (budget - 2) // 2, seed)
    planned = 2 + 2 * len(pairs)
    said = {TOO_MANY: players} if windows is not None and players > MOST_PLAYERS else {}
    estimate = Estimate(
        values=np.full(players, total / players),
        done=2,
        planned=planned,
        evaluations=2,
        diagnostics=said,
    )
    if not len(pairs):
        yield estimate
    solution = _solution(pairs, total, prior, windows)
    differences = np.empty(len(pairs))
    at_once = max(1, game.batch_size // 2)
    looked = checked = 0
    for start in range(0, len(pairs), at_once):
        batch = pairs.members[start : start + at_once]
        worth = game.values(np.concatenate([batch, ~batch]))
        drawn = start + len(batch)
        differences[start:drawn] = worth[: len(batch)] - worth[len(batch) :]
        done = 2 + 2 * drawn
        # Looking only at doublings keeps repeated peeking from stopping on a lucky streak.
        doubled = tolerance > 0 and done >= 2 * checked
        if doubled or worth_a_look(done, looked, planned):
            looked = done
            found = solution(differences[:drawn])
            if found is not None:
                estimate = replace(
                    estimate,
                    values=found.values,
                    standard_error=found.standard_error,
                    evaluations=done,
                    diagnostics=said | found.diagnostics,
                )
        yield replace(estimate, done=done)
        if doubled:
            checked = done
            error = estimate.standard_error
            largest = np.inf if error is None or estimate.evaluations < done else error.max()
            if largest < tolerance * np.ptp(estimate.values):
                return


@dataclass(frozen=True)
class _Found:
    """Values ``(players,)``, their standard errors, and how they were found."""

    values: FloatArray
    standard_error: FloatArray | None
    diagnostics: dict[str, float] = field(default_factory=dict)


def _solution(
    pairs: CoalitionPairs,
    total: float,
    prior: Callable[[], FloatArray] | None,
    windows: WindowFits | None,
) -> Callable[[FloatArray], _Found | None]:
    """From the first pairs' differences to values; None where it is not worth its time yet."""
    players = pairs.members.shape[1]
    if windows is not None and FEWEST_PLAYERS <= players <= MOST_PLAYERS:
        few = len(pairs) < CORRECTED_FROM * players
        around = None if prior is None or not few else lambda: prior()[:, None]
        local = LocalWindows(windows, pairs, np.array([total]), around)

        def by_windows(known: FloatArray) -> _Found | None:
            return _found(local.solve(known[:, None])) if local.worth_a_fit(len(known)) else None

        return by_windows
    return lambda known: _Found(*solve(pairs, known, total))


def _found(solution: Solution) -> _Found:
    """The one output of a solution."""
    values, error = solution.values[:, 0], solution.standard_error[:, 0]
    known = None if np.isnan(error).any() else error
    if not solution.local[0]:
        return _Found(values, known)
    said = {WINDOWS: solution.width}
    if times := float(solution.known_times[0]):
        said[AROUND_PRIOR] = times
    players = len(values)
    if known is None and players < FEWEST_WITH_ERRORS:
        said[TOO_FEW_FOR_ERRORS] = FEWEST_WITH_ERRORS
    elif known is None:
        said[ERRORS_FROM] = 2 + 2 * CORRECTED_FROM * players
    return _Found(values, known, said)


WINDOWS = "windows"
"""The diagnostic of values from a Gaussian process: how wide its windows are, in players."""
ERRORS_FROM = "errors_from_evaluations"
"""The diagnostic of values from windows without error bars: evaluations from which there are."""
TOO_FEW_FOR_ERRORS = "errors_from_players"
"""The same, where there are too few players for error bars at any number of evaluations."""
WITHOUT_ERRORS = (ERRORS_FROM, TOO_FEW_FOR_ERRORS)
TOO_MANY = "players_without_windows"
"""The diagnostic of least squares alone where windows were asked for: the players."""
AROUND_PRIOR = "prior_times"
"""The diagnostic of windows around values known beforehand: how many times these."""

GRADIENTS = "gradients"
"""How many gradients that took beside the evaluations, where no other class's map has taken some of
them before."""


LOCAL_WINDOWS, LEAST_SQUARES = "local windows", "least squares"
PRIOR_GRADIENTS = 16


@dataclass(frozen=True)
class Options:
    """The options of the method."""

    budget: int = option(512, "Budget", "Coalitions evaluated, at most.", 4, 100000, step=64)
    estimator: str = option(
        LOCAL_WINDOWS,
        "Estimator",
        "Least squares alone are KernelSHAP as published. Local windows also know where the "
        "players are: from the same coalitions a Gaussian process learns how neighbours interact, "
        "and least squares estimate what it misses. Usually much closer to the Shapley values. At "
        "inner layers a budget of fewer than six coalitions a player also takes "
        f"{PRIOR_GRADIENTS} gradients of the class and of each of the four likeliest, each as long "
        "as about two coalitions, and the process begins from the class’s Integrated Gradients. "
        f"Least squares alone are used below {FEWEST_PLAYERS} and above {MOST_PLAYERS} players, "
        "and where their standard errors are smaller.",
        choices=(LOCAL_WINDOWS, LEAST_SQUARES),
        before=LEAST_SQUARES,
    )
    tolerance: float = option(
        0.0,
        "Tolerance",
        "Stops early once the largest standard error is below this share of the values' range. 0 "
        "uses the whole budget.",
        0,
        0.5,
        step=0.005,
    )
    bfloat16: bool = bfloat16_option()


def _run(problem: Problem, options: Options) -> Iterator[Estimate]:
    game = problem.game(bfloat16=options.bfloat16)

    def known(scores: Iterable[Score]) -> FloatArray:
        return np.stack(
            [integrated_gradients_of_players(problem, game, each) for each in scores], axis=1
        )

    windows = WindowFits(
        centres_of(game.segments), game.examples, game.keep, lambda: known(game.example_scores)
    )
    for estimate in kernel_shap.refine(
        game,
        budget=options.budget,
        tolerance=options.tolerance,
        seed=problem.seed,
        # At the pixels the gradients would take as long as such a budget.
        prior=None if problem.at_input else lambda: known([problem.score])[:, 0],
        windows=windows if options.estimator == LOCAL_WINDOWS else None,
    ):
        said = estimate.diagnostics
        if AROUND_PRIOR in said:
            scores = {problem.score, *game.example_scores}
            said = {**said, GRADIENTS: PRIOR_GRADIENTS * len(scores)}
        yield replace(estimate, diagnostics=said)


def integrated_gradients_of_players(problem: Problem, game: HeadGame, score: Score) -> FloatArray:
    """A score's Integrated Gradients ``(players,)``, computed once for a game; zeros where a
    gradient is not finite."""

    def compute() -> FloatArray:
        try:
            found = integrated_gradients(
                problem.function_of(score),
                problem.point,
                problem.reference,
                steps=PRIOR_GRADIENTS,
            )
        except ValueError:
            return np.zeros(game.players)
        heatmap = found.values.sum(axis=2, dtype=np.float64)
        return np.asarray(np.bincount(game.segments.ravel(), heatmap.ravel()), np.float64)

    return game.keep(("integrated gradients", score), compute)


METHOD = Method(
    name="kernel_shap",
    title="KernelSHAP",
    summary="Shapley values by least squares on sampled coalitions. Sums to f(x) − f(x′) at every "
    "budget, with standard errors.",
    paper="Lundberg and Lee 2017",
    thesis="equation 2.34",
    options_type=Options,
    run=_run,
    evaluations=lambda options, shapes: options.budget,
    stops_early=lambda options: options.tolerance > 0,
    needs="game",
    uses_reference=True,
    splits_change=True,
    promises=ALL_PROMISES,
    of_players=True,
    former_options=("prior",),
    quick=Options(budget=16),
    diagnostics={
        WINDOWS: "local windows: parts within about {:.1f} part widths of each other are taken to "
        "act together",
        AROUND_PRIOR: "around {:.2g} × Integrated Gradients",
        GRADIENTS: "{:.0f} gradients of the class and the likeliest ones besides, each as long as "
        "about two evaluations",
        ERRORS_FROM: "no error bars below {:.0f} evaluations",
        TOO_FEW_FOR_ERRORS: "no error bars for windows of fewer than {:.0f} players",
        TOO_MANY: "least squares alone, since {:.0f} players are too many for local windows",
    },
    # Two players have four coalitions: the budget covers them all, and the values are exact.
    two_variables=TwoVariables(
        lambda function, point, reference: kernel_shap(
            game_of_variables(function, point, reference)
        ),
        r"\varphi = \arg\min_{w} \sum_S k(|S|)\,\Bigl(v(S) - v(\emptyset) - \sum_{i \in S} w_i"
        r"\Bigr)^2,\; \sum_i w_i = v(\{1, 2\}) - v(\emptyset)",
        "All four coalitions fit the budget, so these are the Shapley values.",
    ),
)
