"""The benchmark of Shapley estimators: values in closed form, and how errors are measured."""

from __future__ import annotations

import numpy as np
import pytest

from attribution_core import shapley_values
from tests.benchmarks.shapley import coverage, in_standard_errors, relative_error
from tests.benchmarks.shapley_games import unanimity_game


def test_unanimity_games_have_the_values_of_enumeration() -> None:
    outputs, values = unanimity_game(np.arange(9).reshape(3, 3), range(2, 6), 20, count=2, seed=0)
    for output in range(2):
        found = shapley_values(outputs.game(output)).values
        assert found == pytest.approx(values[:, output], abs=1e-6)


def test_an_error_is_relative_and_distances_count_both_errors() -> None:
    truth = np.array([3.0, 4.0])
    assert relative_error(truth + np.array([0.0, 1.0]), truth) == pytest.approx(0.2)
    distances = in_standard_errors(
        truth + np.array([0.0, 10.0]), np.array([3.0, 3.0]), truth, np.full(2, 4.0)
    )
    assert distances.tolist() == [0.0, 2.0]
    assert coverage(np.array([0.0, 1.5, 1.9, 2.0])) == (0.25, 0.75)
