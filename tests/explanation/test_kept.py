"""What is kept of an attribution: its key, its size, and that nobody can change it."""

from __future__ import annotations

import pytest

from attribution_core import Classifier, Grid
from attribution_core.explanation import explain_request
from attribution_core.images import Pixels
from tests.explanation.quick import INNER, run


def test_what_matters_is_part_of_the_key(classifier: Classifier, tiny_image: Pixels) -> None:
    """Requests that differ in one setting have answers of their own."""
    found = [
        run(classifier, tiny_image, "kernel_shap", **settings)
        for settings in (
            {},
            {"target": 1},
            {"layer": INNER},
            {"reference": "white"},
            {"score": "probability"},
            {"superpixels": Grid(2, 2)},
            {"seed": 1},
            {"budget": 64},
        )
    ]
    found.append(run(classifier, 255 - tiny_image, "kernel_shap"))
    maps = {(attribution.values.shape, attribution.values.tobytes()) for attribution in found}
    assert len(maps) == len(found)


def test_the_cache_counts_all_that_an_attribution_keeps(
    classifier: Classifier, tiny_image: Pixels
) -> None:
    from attribution_core.running.cache import size_of

    found = run(classifier, tiny_image, "kernel_shap")
    assert found.segments is not None
    assert found.player_values is not None
    arrays = (found.values, found.segments, found.player_values, found.request.picture.pixels)
    assert size_of(found) > sum(array.nbytes for array in arrays)
    assert found.heatmap is found.values


def test_nobody_can_spoil_what_is_cached(classifier: Classifier, tiny_image: Pixels) -> None:
    found = run(classifier, tiny_image, "integrated_gradients")
    with pytest.raises(ValueError, match="read-only"):
        found.values[0] = 0
    with pytest.raises(ValueError, match="read-only"):
        found.heatmap[0] = 0


def test_a_request_is_all_it_takes(classifier: Classifier, tiny_image: Pixels) -> None:
    first = run(classifier, tiny_image, "lime")
    assert explain_request(classifier, first.request) is first
