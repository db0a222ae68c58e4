"""Maps on other planes against means and straight lines by hand."""

from __future__ import annotations

import numpy as np

from attribution_core.resampling import area_means, resampled


def test_maps_between_planes() -> None:
    values = np.array([[0.0, 4.0], [2.0, 6.0]])
    np.testing.assert_allclose(area_means(values, (1, 1)), [[3]])
    # Of three columns over two, the middle one sees half of each.
    np.testing.assert_allclose(area_means(values, (2, 3)), [[0, 2, 4], [2, 4, 6]])
    # Centres of four over two lie at −¼, ¼, ¾, 1¼ of the old positions.
    np.testing.assert_allclose(resampled(values, (2, 4))[0], [0, 1, 3, 4])
    np.testing.assert_allclose(resampled(values, (2, 1)), [[2], [4]])
