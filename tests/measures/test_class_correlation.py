"""How alike two classes' maps are: closed forms, and the thesis's claim on the built-in model."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import pearsonr

from attribution_core import Classifier, explain, load_image
from attribution_core.measures.class_correlation import class_correlation
from tests.conftest import GALLERY

MAP = np.random.default_rng(0).normal(size=(5, 7))


def test_closed_forms() -> None:
    assert class_correlation(MAP, MAP) == pytest.approx(1)
    assert class_correlation(MAP, -MAP) == pytest.approx(-1)
    # Deviations (-1, 0, 1) and (-1, 2, -1): orthogonal.
    assert class_correlation([[1, 2, 3]], [[0, 3, 0]]) == pytest.approx(0)
    # Deviations (-1, 0, 1) and (-1, -1, 2): 3 / sqrt(2 * 6).
    assert class_correlation([[1, 2, 3]], [[0, 0, 3]]) == pytest.approx(3 / math.sqrt(12))


@given(factor=st.floats(0.01, 100), shift=st.floats(-10, 10), seed=st.integers(0, 99))
def test_scale_and_shift_do_not_matter(factor: float, shift: float, seed: int) -> None:
    other = np.random.default_rng(seed).normal(size=MAP.shape)
    expected = pearsonr(MAP.ravel(), other.ravel()).statistic
    assert class_correlation(MAP, factor * other + shift) == pytest.approx(expected, abs=1e-9)


def test_a_map_without_differences_has_no_correlation() -> None:
    assert math.isnan(class_correlation(MAP, np.full(MAP.shape, 3.0)))


def test_maps_of_two_layers_are_refused() -> None:
    with pytest.raises(ValueError, match="two maps of one layer"):
        class_correlation(MAP, MAP[:, :3])


def test_maps_become_class_specific_towards_the_top(efficientnet: Classifier) -> None:
    """Thesis, figure 3.1: strengths of gradient times input for a cat and a cup, 285 and 967.

    On more pictures in ``tests/test_thesis_observations.py``.
    """
    image = load_image(GALLERY / "cat_coffee.png", 224)

    def alike(layer: str) -> float:
        maps = [
            np.abs(
                explain(efficientnet, image, "gradient_times_input", target, layer=layer).heatmap
            )
            for target in (285, 967)
        ]
        return class_correlation(maps[0], maps[1])

    assert alike("input") > 0.4
    assert alike(efficientnet.layers[-1]) < 0.1
