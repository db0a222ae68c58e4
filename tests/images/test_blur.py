"""Blurs by matrices against SciPy's over the plane itself."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from attribution_core.images.blur import blurred


@pytest.mark.parametrize("width", [0, 0.3, 2.5, 40])
@pytest.mark.parametrize("shape", [(20, 20, 3), (9, 14, 2), (1, 5, 1)])
def test_is_scipys_blur_of_each_channel(shape: tuple[int, int, int], width: float) -> None:
    values = np.random.default_rng(0).normal(size=shape)
    expected = [
        gaussian_filter(each, width, mode="nearest") if width else each
        for each in np.moveaxis(values, -1, 0)
    ]
    np.testing.assert_allclose(blurred(values, width), np.stack(expected, axis=-1), atol=1e-12)


def test_keeps_the_kind_of_numbers() -> None:
    assert blurred(np.ones((4, 4, 3), np.float32), 2).dtype == np.float32
