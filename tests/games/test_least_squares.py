"""The quick pseudo-inverse against the one by singular values."""

from __future__ import annotations

import numpy as np
import pytest

from attribution_core.games.least_squares import pseudo_inverse


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
