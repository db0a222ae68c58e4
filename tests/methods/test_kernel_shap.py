"""KernelSHAP: exact where it can be, honest error bars, the prior, budgets and tolerances."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution_core import (
    FunctionGame,
    kernel_shap,
    shapley_values,
)
from attribution_core.games.coalitions import draw_pairs
from attribution_core.games.gaussian_process import centres_of
from attribution_core.games.paired_regression import solve
from attribution_core.games.window_fits import WindowFits
from attribution_core.methods.kernel_shap import AROUND_PRIOR
from tests.known_games import additive, random_worth, table_game, triples_game

quick = settings(max_examples=40)
few_players = st.integers(1, 6)
seeds = st.integers(0, 2**31)


@quick
@given(players=few_players, seed=seeds, spare=st.integers(0, 10))
def test_kernel_shap_is_exact_where_the_budget_covers_all(
    players: int, seed: int, spare: int
) -> None:
    game = table_game(random_worth(players, seed))
    exact = shapley_values(game).values
    found = kernel_shap(game, budget=max(4, 2**players) + spare, seed=seed)
    np.testing.assert_allclose(found.values, exact, atol=1e-9)
    assert found.evaluations == max(2, 2**players)
    if players > 1:
        assert found.standard_error is not None
        np.testing.assert_allclose(found.standard_error, 0, atol=1e-9)


@quick
@given(players=st.integers(1, 12), budget=st.integers(4, 300), seed=seeds)
def test_kernel_shap_is_efficient_at_every_budget(players: int, budget: int, seed: int) -> None:
    worth = random_worth(players, seed)
    for estimate in kernel_shap.refine(table_game(worth, batch_size=20), budget=budget, seed=seed):
        assert estimate.values.sum() == pytest.approx(worth[-1] - worth[0], abs=1e-9)
        assert estimate.done <= estimate.planned <= budget
    assert estimate.done == estimate.planned


@pytest.mark.parametrize(("players", "pairs"), [(6, 20), (7, 30), (10, 60)])
def test_kernel_shap_solves_its_own_problem(players: int, pairs: int) -> None:
    """Against the textbook's way: weighted normal equations with a Lagrange multiplier.

    Both coalitions of a pair are rows z with the value v(z) − v(∅), weighing the Shapley kernel
    k(s) = (l − 1)/(C(l, s)·s·(l − s)) over the share of size s that was drawn.
    """
    worth = random_worth(players, 5)
    drawn = draw_pairs(players, pairs, seed=1)
    codes = drawn.members @ 2 ** np.arange(players)
    last = 2**players - 1
    total = worth[last] - worth[0]
    values, _ = solve(drawn, worth[codes] - worth[last - codes], total)

    members = np.concatenate([drawn.members, ~drawn.members]).astype(float)
    sizes = np.tile(drawn.sizes, 2)
    # 1/C(l, s) over drawn/available; at half the players there are C(l, s)/2 pairs.
    shares = np.bincount(drawn.sizes)[sizes] * np.where(2 * sizes == players, 2, 1)
    weights = (players - 1) / (shares * sizes * (players - sizes))
    targets = worth[np.concatenate([codes, last - codes])] - worth[0]
    system = np.zeros((players + 1, players + 1))
    system[:-1, :-1] = members.T @ (weights[:, None] * members)
    system[-1, :-1] = system[:-1, -1] = 1
    right = np.append(members.T @ (weights * targets), total)
    np.testing.assert_allclose(values, np.linalg.solve(system, right)[:-1], atol=1e-9)


def test_kernel_shap_is_exact_on_pairwise_interactions() -> None:
    """Complementary pairs cancel all interactions of two players."""
    random = np.random.default_rng(0)
    slopes, pairwise = random.normal(size=30), np.triu(random.normal(size=(30, 30)), 1)
    game = FunctionGame(30, lambda z: z @ slopes + ((z @ pairwise) * z).sum(axis=1))
    expected = slopes + (pairwise + pairwise.T).sum(axis=1) / 2
    found = kernel_shap(game, budget=200)
    np.testing.assert_allclose(found.values, expected, atol=1e-9)
    assert found.standard_error is not None
    assert found.standard_error.max() < 1e-9


@pytest.mark.parametrize(("players", "budget"), [(8, 220), (10, 500), (12, 1000)])
def test_kernel_shap_is_exact_on_interactions_of_four(players: int, budget: int) -> None:
    """Products of three are fitted in small games, and pairs cancel those of four."""
    random = np.random.default_rng(3)
    members = [random.choice(players, size, replace=False) for size in (1, 2, 3, 4) * 12]
    worth = random.normal(size=len(members))
    expected = np.zeros(players)
    for group, coefficient in zip(members, worth, strict=True):
        expected[group] += coefficient / len(group)
    game = FunctionGame(
        players,
        lambda z: np.stack([z[:, group].all(axis=1) for group in members], axis=1) @ worth,
    )
    found = kernel_shap(game, budget=budget)
    assert found.evaluations < 2**players
    np.testing.assert_allclose(found.values, expected, atol=1e-9)
    assert found.standard_error is not None
    assert found.standard_error.max() < 1e-9


def test_the_error_does_not_jump_where_triples_begin() -> None:
    """A probability that rises steeply, 10 players. Fitted to 1.5 pairs a term, triples would raise
    the error from .016 to .027; they are taken only where their standard errors are smaller."""
    weights = np.random.default_rng(3).normal(size=10)
    game = FunctionGame(
        10, lambda z: 1 / (1 + np.exp(-12 * (z - 0.5) @ weights / 10**0.5)), batch_size=2**10
    )
    exact = shapley_values(game).values
    errors = []
    for pairs in (194, 195, 240):
        found = [kernel_shap(game, budget=2 + 2 * pairs, seed=seed).values for seed in range(8)]
        errors.append(np.sqrt(np.mean(np.square(np.array(found) - exact))))
    assert errors[1] < 1.1 * errors[0]
    assert errors[2] < errors[0]


@pytest.mark.thorough
def test_standard_errors_cover_where_triples_are_fitted() -> None:
    """A smooth game of 14 players, against full enumeration."""
    weights = np.random.default_rng(5).normal(size=14)
    game = FunctionGame(14, lambda z: 10 / (1 + np.exp(-2 * (z @ weights - 1))), batch_size=2**14)
    exact = shapley_values(game).values
    for budget in (1300, 4000):
        inside, errors, without = [], [], []
        for seed in range(40):
            found = kernel_shap(game, budget=budget, seed=seed)
            assert found.standard_error is not None
            inside.append(np.abs(found.values - exact) < 1.96 * found.standard_error)
            errors.append(np.linalg.norm(found.values - exact))
            few = kernel_shap(game, budget=1100, seed=seed)
            without.append(np.linalg.norm(few.values - exact))
        assert 0.90 <= np.mean(inside) <= 0.995
        assert np.median(errors) < 0.7 * np.median(without)


@pytest.mark.thorough
@pytest.mark.parametrize(("budget", "runs"), [(512, 200), (1024, 40), (2048, 40)])
def test_kernel_shap_standard_errors_cover(budget: int, runs: int) -> None:
    """About 95 % of all values lie within 1.96 standard errors of the truth."""
    game, exact = triples_game()
    inside = []
    for seed in range(runs):
        found = kernel_shap(game, budget=budget, seed=seed)
        assert found.standard_error is not None
        inside.append(np.abs(found.values - exact) < 1.96 * found.standard_error)
    assert 0.90 <= np.mean(inside) <= 0.99


def test_kernel_shap_stops_at_the_tolerance() -> None:
    game, exact = triples_game()
    patient = kernel_shap(game, budget=20000)
    found = kernel_shap(FunctionGame(50, game.values, batch_size=128), budget=20000, tolerance=0.02)
    assert found.standard_error is not None
    assert found.standard_error.max() < 0.02 * np.ptp(found.values)
    assert found.evaluations < patient.evaluations / 2
    assert np.abs(found.values - exact).max() < 0.1 * np.ptp(exact)


def test_kernel_shap_gets_better_while_it_works() -> None:
    game, exact = triples_game()
    estimates = list(kernel_shap.refine(FunctionGame(50, game.values, batch_size=64), budget=4096))
    errors = [np.linalg.norm(estimate.values - exact) for estimate in estimates]
    assert errors[-1] < 0.2 * errors[3]
    assert [estimate.done for estimate in estimates] == [*range(66, 4096, 64), 4096]
    assert all(estimate.evaluations <= estimate.done for estimate in estimates)
    assert estimates[-1].evaluations == 4096


def test_too_small_a_budget() -> None:
    with pytest.raises(ValueError, match="at least 4"):
        kernel_shap(additive(np.ones(3)), budget=3)


CENTRES = centres_of(np.arange(30).reshape(5, 6))


def bent_game(players: int = 30) -> tuple[FunctionGame, np.ndarray]:
    """Slopes and threes; with its Shapley values."""
    random = np.random.default_rng(5)
    slopes = random.normal(size=players)
    threes = [random.choice(players, 3, replace=False) for _ in range(60)]
    worth = random.normal(size=60)
    values = slopes.copy()
    for three, amount in zip(threes, worth, strict=True):
        values[three] += amount / 3

    def play(coalitions: np.ndarray) -> np.ndarray:
        whole = np.stack([coalitions[:, three].all(axis=1) for three in threes], axis=1)
        return np.asarray(coalitions @ slopes + whole @ worth)

    return FunctionGame(players, play), values


@pytest.mark.thorough
@pytest.mark.parametrize("budget", [8, 24, 60, 120])
@pytest.mark.parametrize("times", [1.0, 0.4])
def test_a_good_prior_helps_small_budgets_and_the_sum_holds(budget: int, times: float) -> None:
    """However large its values are: only their shares count."""
    game, truth = bent_game()
    near = times * (truth + 0.1 * np.random.default_rng(6).normal(size=30))
    errors = []
    for prior in (None, lambda: near):
        found = [
            kernel_shap(game, budget=budget, seed=seed, prior=prior, windows=WindowFits(CENTRES))
            for seed in range(5)
        ]
        for each in found:
            assert each.values.sum() == pytest.approx(truth.sum(), abs=1e-9)
            assert prior is None or each.standard_error is None
            assert (AROUND_PRIOR in each.diagnostics) == (prior is not None)
        errors.append(np.median([np.linalg.norm(each.values - truth) for each in found]))
    assert errors[1] < 0.7 * errors[0]


def test_a_prior_plays_no_part_in_large_budgets_or_small_games() -> None:
    game, truth = bent_game()
    asked = []

    def prior() -> np.ndarray:
        asked.append(1)
        return -100 * truth

    for budget, windows in ((200, WindowFits(CENTRES)), (60, None)):
        plain, given = (
            kernel_shap(game, budget=budget, prior=each, windows=windows) for each in (None, prior)
        )
        np.testing.assert_array_equal(plain.values, given.values)
        assert AROUND_PRIOR not in given.diagnostics
    small = FunctionGame(4, lambda z: z.sum(axis=1) ** 2.0)
    exact = kernel_shap(small, budget=16, prior=prior, windows=WindowFits(CENTRES[:4]))
    np.testing.assert_allclose(exact.values, np.full(4, 4.0))
    assert asked == []


def test_a_wrong_prior_is_mostly_ignored() -> None:
    game, truth = bent_game()
    wrong = np.random.default_rng(7).normal(size=30) * 10
    found, without = (
        kernel_shap(game, budget=170, prior=each, windows=WindowFits(CENTRES))
        for each in (lambda: wrong, None)
    )
    assert np.linalg.norm(found.values - truth) < 0.2 * np.linalg.norm(wrong - truth)
    assert np.linalg.norm(found.values - truth) < 1.1 * np.linalg.norm(without.values - truth)


def test_a_prior_of_nothing_says_nothing() -> None:
    game, truth = bent_game()
    found = kernel_shap(game, budget=60, prior=lambda: 0 * truth, windows=WindowFits(CENTRES))
    assert np.isfinite(found.values).all()
    assert AROUND_PRIOR not in found.diagnostics
