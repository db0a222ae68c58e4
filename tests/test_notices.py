"""What is said of a map that is the same for every picture."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import numpy as np
import pytest

from attribution_core import Attribution, Classifier, explain
from attribution_core.images import Pixels
from attribution_core.saved_maps.files import load, save
from pages.ui.maps.drawing import caption

LINEAR_ABOVE, BENT_ABOVE = "top", "pooled"
"""Layers of the small network: a mean and a dense layer follow the first, a rectifier the other."""


def of(
    classifier: Classifier, image: Pixels, method: str, layer: str, **options: str
) -> Attribution:
    return explain(classifier, image, method, 2, layer=layer, **options)


@pytest.mark.parametrize("method", ["gradient", "smoothgrad"])
def test_a_constant_gradient_says_so(
    tiny_classifier: Classifier, tiny_image: Pixels, method: str
) -> None:
    first, other = (
        of(tiny_classifier, image, method, LINEAR_ABOVE) for image in (tiny_image, tiny_image[::-1])
    )
    np.testing.assert_allclose(first.heatmap, other.heatmap, rtol=1e-5)
    assert first.unspecific.startswith("The same for every picture")
    assert "Gradient × Input" in first.unspecific
    assert caption(first)[-1] == first.unspecific
    assert first.notices == (first.unspecific,)


@pytest.mark.parametrize("method", ["gradient", "smoothgrad"])
def test_where_a_rectifier_follows_nothing_is_said(
    tiny_classifier: Classifier, tiny_image: Pixels, method: str
) -> None:
    first, other = (
        of(tiny_classifier, image, method, BENT_ABOVE) for image in (tiny_image, tiny_image[::-1])
    )
    assert not np.allclose(first.heatmap, other.heatmap, rtol=1e-5)
    assert first.unspecific == ""


def test_what_depends_on_the_picture_says_nothing(
    tiny_classifier: Classifier, tiny_image: Pixels
) -> None:
    for method in ("gradient_times_input", "linear", "integrated_gradients"):
        assert not of(tiny_classifier, tiny_image, method, LINEAR_ABOVE).unspecific
    averaged = {"of": "gradient_times_input"}
    assert not of(tiny_classifier, tiny_image, "smoothgrad", LINEAR_ABOVE, **averaged).unspecific
    # A probability bends.
    assert not explain(
        tiny_classifier, tiny_image, "gradient", 2, layer=LINEAR_ABOVE, score="probability"
    ).unspecific
    assert not of(tiny_classifier, tiny_image, "gradient", "input").unspecific


def test_a_saved_map_says_it_too(tiny_classifier: Classifier, tiny_image: Pixels) -> None:
    made = of(tiny_classifier, tiny_image, "gradient", LINEAR_ABOVE)
    file = io.BytesIO()
    save(file, [made], made=datetime(2026, 11, 27, tzinfo=UTC))
    (found,) = load(file.getvalue()).attributions
    assert found.unspecific == made.unspecific
