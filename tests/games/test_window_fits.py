"""Fits of the Gaussian process: one for all classes, whichever is asked about first."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from attribution_core import Cache, Classifier, FunctionGame, explain, kernel_shap
from attribution_core.arrays import BoolArray, FloatArray
from attribution_core.attribution import Attribution
from attribution_core.games import window_fits
from attribution_core.games.coalitions import draw_pairs
from attribution_core.games.gaussian_process import Factorisation, centres_of, likeliest
from attribution_core.games.local_windows import LocalWindows
from attribution_core.games.paired_regression import solve
from attribution_core.games.window_fits import WindowFits
from attribution_core.images import Pixels
from attribution_core.segmentations import Grid

SIDE = 5
CENTRES = centres_of(np.arange(SIDE * SIDE).reshape(SIDE, SIDE))
OUTPUTS = 3


def worth_of_neighbours() -> Callable[[BoolArray], FloatArray]:
    """Three outputs: slopes and products of three in a row, otherwise weighted for each."""
    random = np.random.default_rng(0)
    slopes = random.normal(size=(SIDE * SIDE, OUTPUTS))
    threes = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)[:, [[0, 1, 2], [1, 2, 3], [2, 3, 4]]]
    threes = threes.reshape(-1, 3)
    together = random.normal(size=(len(threes), OUTPUTS))
    return lambda z: z @ slopes + z[:, threes].all(axis=2) @ together


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What took time, as it was done."""
    done: list[str] = []
    factorise = Factorisation.of

    def choose(*arguments: FloatArray) -> object:
        done.append("windows")
        return likeliest(*arguments)

    def of(*arguments: FloatArray) -> Factorisation:
        done.append("factorisation")
        return factorise(*arguments)

    monkeypatch.setattr(window_fits, "likeliest", choose)
    monkeypatch.setattr(Factorisation, "of", of)
    return done


def estimates(order: list[int], budget: int) -> dict[int, FloatArray]:
    """Each output's values, asked for in an order."""
    worth = worth_of_neighbours()
    fits = WindowFits(CENTRES, worth)
    return {
        output: kernel_shap(
            FunctionGame(SIDE * SIDE, lambda z, of=output: worth(z)[:, of], 2**20),
            budget=budget,
            windows=fits,
        ).values
        for output in order
    }


@pytest.mark.parametrize("budget", [80, 400])
def test_one_factorisation_serves_all_outputs(made: list[str], budget: int) -> None:
    estimates([0, 1, 2], budget)
    assert made == ["windows", "factorisation"]


def test_it_does_not_matter_which_output_is_asked_first() -> None:
    first, last = estimates([0, 1, 2], 200), estimates([2, 0, 1], 200)
    for output, values in first.items():
        np.testing.assert_array_equal(values, last[output])


def test_without_examples_each_output_chooses_its_own_windows(made: list[str]) -> None:
    worth = worth_of_neighbours()
    for output in range(OUTPUTS):
        game = FunctionGame(SIDE * SIDE, lambda z, of=output: worth(z)[:, of], 2**20)
        kernel_shap(game, budget=200, windows=WindowFits(CENTRES))
    assert made == ["windows", "factorisation"] * OUTPUTS


def test_pairs_beyond_those_that_are_fitted_are_compared_once(
    made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[int] = []
    covariance = Factorisation.covariance

    def count(self: Factorisation, signs: FloatArray) -> FloatArray:
        compared.append(len(signs))
        return covariance(self, signs)

    monkeypatch.setattr(Factorisation, "covariance", count)
    monkeypatch.setattr("attribution_core.games.local_windows.MOST_FITTED", 100)
    estimates([0, 1, 2], 602)
    assert compared == [200]
    assert made == ["windows", "factorisation"]


@pytest.mark.parametrize("drawn", [40, 200])
def test_outputs_together_are_what_each_is_alone(drawn: int) -> None:
    worth, pairs = worth_of_neighbours(), draw_pairs(SIDE * SIDE, 200, 0)
    differences = (worth(pairs.members) - worth(~pairs.members))[:drawn]
    ends = worth(np.stack([np.zeros(SIDE * SIDE, bool), np.ones(SIDE * SIDE, bool)]))
    total = ends[1] - ends[0]
    fits = WindowFits(CENTRES, worth)
    plain, errors = solve(pairs, differences, total)
    together = LocalWindows(fits, pairs, total).solve(differences)
    for output in range(OUTPUTS):
        of, changed = differences[:, output], float(total[output])
        alone, error = solve(pairs, of, changed)
        np.testing.assert_allclose(plain[:, output], alone, atol=1e-12)
        assert (error is None) == (errors is None)
        if errors is not None:
            np.testing.assert_allclose(errors[:, output], error, atol=1e-12)
        found = LocalWindows(fits, pairs, total[[output]]).solve(of[:, None])
        np.testing.assert_allclose(together.values[:, output], found.values[:, 0], atol=1e-12)
        np.testing.assert_allclose(
            together.standard_error[:, output], found.standard_error[:, 0], atol=1e-12
        )


def test_a_change_of_class_finds_the_factorisation(
    tiny_classifier: Classifier,
    tiny_image: Pixels,
    made: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def asked(*targets: int) -> list[Attribution]:
        monkeypatch.setattr(tiny_classifier, "cache", Cache(2**28))
        return [
            explain(
                tiny_classifier,
                tiny_image,
                "kernel_shap",
                target,
                layer="pooled",
                superpixels=Grid(4, 4),
                budget=80,
            )
            for target in targets
        ]

    asked(0)
    of_one_class = made.copy()
    made.clear()
    found = asked(0, 1, 2, 3, 4)
    assert made == of_one_class
    backwards = asked(4, 3, 2, 1, 0)
    for one, other in zip(found, reversed(backwards), strict=True):
        assert one.player_values is not None
        # A network's first evaluations are not traced, and differ in the last bits.
        np.testing.assert_allclose(one.player_values, other.player_values, atol=1e-4)
