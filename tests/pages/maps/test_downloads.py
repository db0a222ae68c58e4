"""The downloaded arrays."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import numpy as np
import pytest

from attribution_core import Classifier
from attribution_core.attribution import Attribution
from attribution_core.explanation import explain_request
from attribution_core.images import Pixels
from attribution_core.saved_maps.files import load
from pages.ui.maps.downloads import arrays_npz
from pages.ui.shell.scene import Scene
from tests.conftest import scaled, tiny_network
from tests.pages.maps.scenes import LABELS, explained, scene_of

MADE = datetime(2026, 11, 26, 18, 40, 57, tzinfo=UTC)


@pytest.fixture(params=["one of each", "several"])
def taken_home(
    request: pytest.FixtureRequest, tiny_classifier: Classifier, tiny_image: Pixels
) -> tuple[Scene, Mapping[tuple[int, int], Attribution]]:
    if request.param == "one of each":
        scene = scene_of(tiny_image, (3,), methods=("gradient",), view="plain")
    else:
        scene = scene_of(
            tiny_image,
            (3, 0, 1),
            methods=("gradient", "kernel_shap", "grad_cam"),
            score="contrast",
            against=1,
            count=4,
            seed=5,
            options={("kernel_shap", "budget"): 12},
        )
    return scene, explained(tiny_classifier, scene)


def test_the_arrays_are_those_of_the_maps(
    taken_home: tuple[Scene, Mapping[tuple[int, int], Attribution]],
) -> None:
    _, finished = taken_home
    saved = load(arrays_npz(finished, MADE))
    assert saved.made == MADE
    for found, expected in zip(saved.attributions, finished.values(), strict=True):
        assert found.request == expected.request
        np.testing.assert_array_equal(found.values, expected.values)
        np.testing.assert_array_equal(found.heatmap, expected.heatmap)
        assert found.label == expected.label
        assert (found.player_values is None) == (expected.player_values is None)


def test_arrays_can_be_made_again_from_their_settings(
    taken_home: tuple[Scene, Mapping[tuple[int, int], Attribution]],
) -> None:
    _, finished = taken_home
    elsewhere = Classifier("tiny", tiny_network(), scaled, LABELS)  # with nothing in its cache
    for saved in load(arrays_npz(finished, MADE)).attributions:
        again = explain_request(elsewhere, saved.request)
        np.testing.assert_allclose(again.values, saved.values, rtol=1e-4, atol=1e-5)
