"""The page of reference points: one method against each, their average, and the path."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import numpy as np
import pytest

from attribution_core import Classifier, explain
from attribution_core.methods.paths import PathProfile
from pages.ui.references.path_profile import Walked, first_alpha, path_csv
from pages.ui.references.reference_points import average_over
from tests.pages.visits import Visit


def test_mean_spread_and_agreement() -> None:
    first = np.array([[1.0, -1.0], [3.0, 0.0]], np.float32)
    second = np.array([[3.0, 1.0], [5.0, 0.0]], np.float32)
    found = average_over([first, second])
    np.testing.assert_allclose(found.mean, [[2, 0], [4, 0]])
    np.testing.assert_allclose(found.spread, [[1, 1], [1, 0]])
    # All but the second position have one sign; nothing agrees with nothing.
    assert found.agreement == 0.75
    assert found.references == 2


def test_the_path_as_numbers() -> None:
    alphas = np.array([0.0, 0.5, 1.0])
    profile = PathProfile(alphas, 4 * alphas**2, 8 * alphas, 3, 3)
    rows = list(csv.reader(io.StringIO(path_csv({285: Walked(profile, (), 3, 6)}))))
    assert rows[0] == ["class", "alpha", "score", "slope", "earned"]
    assert rows[2] == ["285", "0.5", "1", "4", "0.25"]


def test_half_of_the_difference_is_reached_between_the_points_evaluated() -> None:
    alphas = np.linspace(0, 1, 5)
    bent = PathProfile(alphas, np.array([1.0, 2.0, 2.0, 4.0, 5.0]), np.zeros(5), 5, 5)
    assert first_alpha(bent, 0.5) == pytest.approx(0.625)
    # Rounding just below one half is no reason to take the next point.
    straight = PathProfile(alphas, alphas - 1e-8 * (alphas == 0.5), np.zeros(5), 5, 5)
    assert first_alpha(straight, 0.5) == pytest.approx(0.5)
    flat = PathProfile(alphas, np.ones(5), np.zeros(5), 5, 5)
    assert first_alpha(flat, 0.5) is None


def test_a_column_a_reference_and_the_path(
    visit: Callable[..., Visit], efficientnet: Classifier
) -> None:
    page = visit(classes="285,967", layer="top_relu").open("references").finish()
    # The head above is an average and a linear layer: the score changes in proportion.
    page.wait(lambda: page.words.count("half of the difference is reached at α = 0.50") == 2)
    rows, columns = page.labels
    assert rows == ["Egyptian cat", "espresso"]
    assert columns == ["Black", "Mean", "Blurred", "White", "Noise", "Shuffled", "Zeros"]
    assert page.statuses == ["done"] * 14
    # Where the head is linear, any path gives the gradient times the way from the reference.
    asked = [(target, kind.lower()) for target in (285, 967) for kind in columns]
    for (target, reference), values in zip(asked, page.maps, strict=True):
        picture = page.scene.picture.pixels
        expected = explain(
            efficientnet, picture, "linear", target, layer="top_relu", reference=reference
        ).heatmap
        np.testing.assert_allclose(values, expected, rtol=0, atol=1e-3 * np.abs(expected).max())
    sent = [part.proto.json for part in page.app.get("bidi_component")]
    assert any("mean over 7 references" in text for text in sent)
    assert "no picture in between has them" in page.words
    drawn = "".join(part.proto.body for part in page.app.get("html"))
    assert "their positions in random order: no picture has them" in drawn

    def downloads() -> list[str]:
        return [each.proto.label for each in page.app.get("download_button")]

    page.wait(lambda: len(downloads()) == 3)
    assert downloads() == ["Interactive HTML", "Arrays as NPZ", "Path as CSV"]
    assert "Figure for print" in [part.label for part in page.app.expander]


def test_a_method_without_a_reference_says_so(visit: Callable[..., Visit]) -> None:
    choices = {"references-method": "gradient", "references-path": "no"}
    page = visit(classes="285", layer="top_relu", **choices).open("references").finish()
    assert "does not use the reference" in page.words
    assert "half of the difference" not in page.words
    for values in page.maps[1:]:
        assert values == pytest.approx(page.maps[0])


def test_at_the_pixels_there_are_no_zeros(visit: Callable[..., Visit]) -> None:
    choices = {"references-method": "linear", "references-path": "no"}
    page = visit(classes="285", layer="input", **choices).open("references").finish()
    assert page.labels[1] == ["Black", "Mean", "Blurred", "White", "Noise", "Shuffled"]
    assert "Linear at **input**, against 6 references" in page.words
