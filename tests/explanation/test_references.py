"""What a reference is at a layer, and what its seed changes."""

from __future__ import annotations

import numpy as np
import pytest

from attribution_core import Classifier, request_or_reason
from attribution_core.explanation import pose, reference_picture
from attribution_core.images import Picture, Pixels
from attribution_core.problem import Problem
from attribution_core.request import granted
from tests.explanation.quick import CLASS, INNER, run


def test_zeros_as_the_reference_of_a_layer(classifier: Classifier, tiny_image: Pixels) -> None:
    zeros = np.zeros((1, *classifier.layer(INNER).shape))
    found = run(classifier, tiny_image, "linear", layer=INNER, reference="zeros")
    expected = classifier.head(INNER).logits(zeros)[0, CLASS]
    assert found.reference_score == pytest.approx(expected, rel=1e-5)
    black = run(classifier, tiny_image, "linear", layer=INNER, reference="black")
    assert abs(found.reference_score - black.reference_score) > 1e-3
    with pytest.raises(ValueError, match="'zeros' is not known at the layer input"):
        run(classifier, tiny_image, "linear", reference="zeros")


def test_noise_as_the_reference_depends_on_the_seed(
    classifier: Classifier, tiny_image: Pixels
) -> None:
    def reference(kind: str, seed: int) -> Picture:
        request = request_or_reason(
            classifier,
            picture=Picture.of(tiny_image),
            method="linear",
            target=0,
            reference=kind,
            seed=seed,
        )
        return reference_picture(classifier, granted(request))

    assert reference("noise", 1) == reference("noise", 1)
    assert reference("noise", 1) != reference("noise", 2)
    assert reference("shuffled", 1) == reference("shuffled", 1)
    assert reference("shuffled", 1) != reference("shuffled", 2)
    assert reference("blurred", 1) is reference("blurred", 2)


def test_shuffled_at_an_inner_layer_are_its_own_positions(
    classifier: Classifier, tiny_image: Pixels
) -> None:
    """Not the activations of the shuffled picture: each position's channels stay together."""

    def posed(seed: int) -> Problem:
        request = request_or_reason(
            classifier,
            picture=Picture.of(tiny_image),
            method="linear",
            target=0,
            layer="pooled",
            reference="shuffled",
            seed=seed,
        )
        return pose(classifier, granted(request))

    first, same, other = posed(1), posed(1), posed(2)
    rows = [
        sorted(map(tuple, each.reshape(-1, each.shape[-1]).tolist()))
        for each in (first.point, first.reference)
    ]
    assert rows[0] == rows[1]
    assert not np.array_equal(first.point, first.reference)
    np.testing.assert_array_equal(first.reference, same.reference)
    assert not np.array_equal(first.reference, other.reference)
    assert first.ends[1].tolist() == first.head.logits(first.reference[None])[0].tolist()
    assert first.ends[1].tolist() != other.ends[1].tolist()
