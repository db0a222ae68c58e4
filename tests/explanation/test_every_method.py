"""explain: every method at every kind of layer, by its shapes, sums and ends."""

from __future__ import annotations

import numpy as np
import pytest

from attribution_core import METHODS, Classifier, reference_image
from attribution_core.images import Pixels
from attribution_core.methods.estimate import TOTAL_ERROR
from tests.conftest import OF_CHANNELS
from tests.explanation.quick import CLASS, INNER, run


@pytest.mark.parametrize("layer", ["input", INNER])
@pytest.mark.parametrize("method", METHODS)
def test_every_method_at_every_kind_of_layer(
    classifier: Classifier, tiny_image: Pixels, method: str, layer: str
) -> None:
    if method in OF_CHANNELS and layer == "input":
        with pytest.raises(ValueError, match="choose an inner layer"):
            run(classifier, tiny_image, method)
        return
    found = run(classifier, tiny_image, method, layer=layer, reference="mean")
    height, width, channels = classifier.layer(layer).shape
    entry = METHODS[method]
    flat = entry.needs == "game" or method in (*OF_CHANNELS, "xrai")
    assert found.values.shape == ((height, width) if flat else (height, width, channels))
    assert found.values.dtype == found.heatmap.dtype == np.float32
    assert found.heatmap.shape == (height, width)
    expected = found.values if flat else found.values.sum(axis=2)
    np.testing.assert_allclose(found.heatmap, expected, rtol=1e-5)
    assert np.isfinite(found.values).all()
    assert np.abs(found.values).max() > 0
    assert found.target == CLASS
    assert found.finished
    assert found.seconds > 0
    assert found.evaluations >= 1
    reference = reference_image(tiny_image, "mean")
    assert found.score == pytest.approx(classifier.scores(tiny_image)[CLASS], rel=1e-4)
    if entry.has_own_references:
        assert found.reference_score != classifier.scores(reference)[CLASS]
    else:
        assert found.reference_score == pytest.approx(classifier.scores(reference)[CLASS], rel=1e-4)
    change = found.score - found.reference_score
    assert found.total == pytest.approx(found.heatmap.sum(dtype=float), rel=1e-4, abs=1e-4)
    if entry.splits_change:
        gap = abs(found.total - change)
        assert found.completeness_gap == pytest.approx(gap, rel=1e-3, abs=1e-5)
        by_chance = 4 * found.diagnostics.get(TOTAL_ERROR, 0.0)
        assert method == "linear" or gap < 0.01 * abs(change) + by_chance
    elif entry.splits_score:
        gap = abs(found.total - found.score)
        assert found.completeness_gap == pytest.approx(gap, rel=1e-3, abs=1e-5)
    else:
        assert found.completeness_gap is None
    if METHODS[method].of_players:
        assert found.segments is not None
        assert found.player_values is not None
        sizes = np.bincount(found.segments.ravel())
        np.testing.assert_allclose(
            found.values, (found.player_values / sizes)[found.segments], rtol=1e-5
        )
    else:
        assert found.segments is None
        assert found.player_values is None
    if entry.precision == "sampled" or method == "kernel_shap":
        whole = found.values if found.player_values is None else found.player_values
        assert found.standard_error is not None
        assert found.standard_error.shape == whole.shape
