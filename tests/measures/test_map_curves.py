"""Curves of a classifier's maps: their ends, their masks, their players."""

from __future__ import annotations

import numpy as np
import pytest

from attribution_core import Classifier, Players, explain, faithfulness_curves
from attribution_core.images import Pixels
from attribution_core.measures.map_curves import values_on
from attribution_core.scores import Score
from attribution_core.segmentations import Slic, positions


def test_values_on_players_are_sums_over_their_positions() -> None:
    values, sizes = values_on(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0, 0], [1, 0]]))
    np.testing.assert_allclose(values, [7, 3])
    np.testing.assert_allclose(sizes, [3, 1])


@pytest.mark.parametrize(
    "players", [Players(), Players(segmentation=Slic(6)), Players("top"), Players("joined")]
)
def test_a_classifiers_curves_end_at_picture_and_reference(
    tiny_classifier: Classifier, tiny_image: Pixels, players: Players
) -> None:
    attribution = explain(tiny_classifier, tiny_image, "gradient_times_input", 2, reference="mean")
    deletion, insertion = faithfulness_curves(tiny_classifier, attribution, players, steps=5)
    for curve in (deletion, insertion):
        assert curve.logits is not None
        np.testing.assert_allclose(curve.logits[:, 2], curve.scores, rtol=1e-6)
        assert curve.shares[0] == 0
        assert curve.shares[-1] == 1
    ends = [attribution.score, attribution.reference_score]
    np.testing.assert_allclose(deletion.scores[[0, -1]], ends, rtol=1e-4)
    np.testing.assert_allclose(insertion.scores[[-1, 0]], ends, rtol=1e-4)
    probability = deletion.read_as(Score(2, probability=True))
    assert probability.scores[0] == pytest.approx(
        float(tiny_classifier.probabilities(tiny_image)[2]), rel=1e-4
    )


def test_pixels_are_masked_where_the_map_says(
    tiny_classifier: Classifier, tiny_image: Pixels
) -> None:
    """Each point's score is the network's on the picture made by hand."""
    attribution = explain(tiny_classifier, tiny_image, "gradient", 1)
    deletion, _ = faithfulness_curves(tiny_classifier, attribution, steps=4)
    ranks = np.argsort(np.argsort(-attribution.heatmap.ravel())).reshape(16, 16)
    for point in range(5):
        masked = np.where((ranks < point * 64)[..., None], 0, tiny_image)
        expected = tiny_classifier.scores(masked.astype(np.float32))[1]
        assert deletion.scores[point] == pytest.approx(float(expected), rel=1e-4)


def test_zeros_of_a_layer_are_no_pixels(tiny_classifier: Classifier, tiny_image: Pixels) -> None:
    attribution = explain(
        tiny_classifier, tiny_image, "grad_cam", 1, layer="top", reference="zeros"
    )
    faithfulness_curves(tiny_classifier, attribution, Players("top"))
    with pytest.raises(ValueError, match="choose black"):
        faithfulness_curves(tiny_classifier, attribution)


def test_positions_are_players_in_reading_order() -> None:
    values, sizes = values_on(np.arange(6.0).reshape(2, 3), positions(2, 3))
    np.testing.assert_allclose(values, np.arange(6))
    assert (sizes == 1).all()
