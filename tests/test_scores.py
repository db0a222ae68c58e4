"""Leads over several classes with a weight, and Finer-CAM's score."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from attribution_core import Classifier, Contrast, explain
from attribution_core.command_line.named_classes import score_named
from attribution_core.images import Pixels
from attribution_core.scores import FINER, Score, finer, score_values
from tests.conftest import OF_CHANNELS

LOGITS = np.array([3.0, 2.0, 0.0, 1.0])


def test_a_weighted_lead_by_hand() -> None:
    score = Score.of(Contrast(1, also=(2,), weight=0.6), 0, 4)
    np.testing.assert_allclose(score.weights(4), [1, -0.3, -0.3, 0])
    assert score_values(LOGITS[None], score)[0] == pytest.approx(3 - 0.6 * (2 + 0) / 2)
    assert Contrast(1, also=(2,), weight=0.6).as_text() == "against:0.6*1+2"
    assert Contrast(1).as_text() == "against:1"


@pytest.mark.parametrize(
    ("target", "expected"), [(0, (1, 3, 2)), (1, (0, 3, 2)), (2, (3, 1, 0)), (3, (1, 2, 0))]
)
def test_finer_is_against_the_three_nearest(target: int, expected: tuple[int, ...]) -> None:
    logits = np.append(LOGITS, [40.0, -40.0])
    found = finer(logits, target)
    assert found.classes == expected
    assert found.weight == 0.6
    assert Score.of(FINER, target, 6, logits=logits) == Score.of(found, target, 6)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("against:bee", Contrast(1)),
        ("against:0.6*bee+cat+0", Contrast(1, also=(2, 0), weight=0.6)),
        ("finer", FINER),
    ],
)
def test_on_the_command_line(tiny_classifier: Classifier, text: str, expected: Any) -> None:
    found = score_named(tiny_classifier, text)
    assert found == expected
    assert not isinstance(found, Contrast) or score_named(tiny_classifier, found.as_text()) == found


def test_of_two_classes_there_is_one_other() -> None:
    assert finer(np.array([1.0, 5.0]), 1) == Contrast(0, weight=0.6)


@pytest.mark.parametrize(
    ("score", "said"),
    [
        (Contrast(1, also=(1,)), "against:1\\+1” is no lead; give classes that differ"),
        (Contrast(1, weight=0.0), "a weight above 0"),
        (Contrast(1, weight=float("nan")), "a weight above 0"),
        (Contrast(1, also=(0,)), "cannot be contrasted with itself"),
        (Contrast(1, also=(4,)), "no class 4"),
        (FINER, "give its logits"),
    ],
)
def test_what_is_refused(score: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Score.of(score, 0, 4)


@pytest.mark.parametrize("method", ["gradient", "grad_cam", "integrated_gradients", "kernel_shap"])
def test_methods_that_are_linear_in_the_score(
    tiny_classifier: Classifier, tiny_image: Pixels, method: str
) -> None:
    """The map of a lead over several classes is that of the class less the others' mean."""
    how: dict[str, Any] = {"superpixels": 4, "layer": "pooled"}
    if method == "integrated_gradients":
        how["rule"] = "midpoint"
    near = finer(tiny_classifier.scores(tiny_image), 2)
    values = {
        target: explain(tiny_classifier, tiny_image, method, target, **how).values
        for target in (2, *near.classes)
    }
    expected = values[2] - 0.6 * np.mean([values[each] for each in near.classes], axis=0)
    for score in (FINER, near):
        found = explain(tiny_classifier, tiny_image, method, 2, score=score, **how)
        np.testing.assert_allclose(found.values, expected, atol=1e-4 * np.abs(expected).max())
    scores = tiny_classifier.scores(tiny_image)
    lead = scores[2] - 0.6 * scores[list(near.classes)].mean()
    assert found.score == pytest.approx(lead, rel=1e-4)
    assert method in ("gradient", *OF_CHANNELS) or found.completeness_gap is not None
