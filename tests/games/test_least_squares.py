"""The quick pseudo-inverse against the one by singular values."""

from __future__ import annotations

import numpy as np
import pytest

from attribution_core.games.least_squares import pseudo_inverse, ridge


@pytest.mark.parametrize("samples", [3, 12, 60])
def test_as_by_singular_values(samples: int) -> None:
    """With fewer samples than unknowns too, where the smallest solution is meant."""
    design = np.random.default_rng(samples).normal(size=(samples, 12))
    np.testing.assert_allclose(pseudo_inverse(design), np.linalg.pinv(design), atol=1e-8)


def test_a_direction_that_no_sample_sees() -> None:
    """Rows that sum to zero cannot see the constant, as in KernelSHAP's centred design."""
    design = np.random.default_rng(1).normal(size=(60, 12))
    design -= design.mean(axis=1, keepdims=True)
    quick = pseudo_inverse(design, nullity=1)
    np.testing.assert_allclose(quick, np.linalg.pinv(design), atol=1e-10)
    np.testing.assert_allclose(np.ones(12) @ quick, 0, atol=1e-12)


def test_weights_of_very_different_sizes() -> None:
    """A narrow kernel of LIME's: the normal equations would lose what faint samples say."""
    random = np.random.default_rng(2)
    design = random.normal(size=(40, 6)) * np.logspace(0, -7, 6)
    np.testing.assert_allclose(pseudo_inverse(design) @ design, np.eye(6), atol=1e-6)


def test_ridge_without_noise_is_least_squares() -> None:
    random = np.random.default_rng(0)
    design, truth = random.normal(size=(200, 5)), np.array([1.0, -2, 0, 3, 0.5])
    np.testing.assert_allclose(ridge(design, design @ truth), truth, atol=1e-6)


def test_ridge_draws_towards_zero_where_there_is_noise_only() -> None:
    random = np.random.default_rng(1)
    design, noise = random.normal(size=(30, 25)), random.normal(size=30)
    plain = np.linalg.lstsq(design, noise, rcond=None)[0]
    assert np.linalg.norm(ridge(design, noise)) < 0.2 * np.linalg.norm(plain)


def test_ridge_has_known_values_at_its_penalty() -> None:
    """With orthonormal columns each unknown shrinks by the same factor, between 0 and 1."""
    design = np.linalg.qr(np.random.default_rng(2).normal(size=(40, 4)))[0]
    target = design @ np.array([2.0, -1, 1, 0]) + 0.1 * np.random.default_rng(3).normal(size=40)
    factors = ridge(design, target)[:3] / (design.T @ target)[:3]
    assert 0.5 < factors.min() <= factors.max() <= 1
    np.testing.assert_allclose(factors, factors[0])


def test_ridge_of_nothing_to_see() -> None:
    np.testing.assert_array_equal(ridge(np.zeros((3, 2)), np.ones(3)), np.zeros(2))
