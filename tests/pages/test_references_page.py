"""The page of reference points: one method against each, their average, and the path."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import numpy as np
import pytest

from attribution_core.paths import PathProfile
from pages.ui.path_profile import Walked, path_csv
from pages.ui.reference_points import average_over
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
    places = np.array([0.0, 0.5, 1.0])
    profile = PathProfile(places, 4 * places**2, 8 * places, 3, 3)
    rows = list(csv.reader(io.StringIO(path_csv({285: Walked(profile, (), 3, 6)}))))
    assert rows[0] == ["class", "place", "score", "slope", "earned"]
    assert rows[2] == ["285", "0.5", "1", "4", "0.25"]


def test_a_column_a_reference_and_the_path(visit: Callable[..., Visit]) -> None:
    page = visit(classes="285,967", layer="top_relu").open("references").finish()
    page.wait(lambda: "half of the difference is reached" in page.words)
    rows, columns = page.labels
    assert rows == ["Egyptian cat", "espresso"]
    assert columns == ["Black", "Mean", "Blurred", "White", "Noise", "Zeros"]
    assert page.statuses == ["done"] * 12
    sent = [part.proto.json for part in page.app.get("bidi_component")]
    assert any("mean over 6 references" in text for text in sent)
    # The head above is an average and a linear layer: the score changes in proportion.
    assert page.words.count("half of the difference is reached at α = 0.50") == 2
    assert "no picture in between has them" in page.words
    names = [each.proto.label for each in page.app.get("download_button")]
    assert names == ["Grid as PNG", "Interactive HTML", "Arrays as NPZ", "Path as CSV"]


def test_a_method_without_a_reference_says_so(visit: Callable[..., Visit]) -> None:
    choices = {"references-method": "gradient", "references-path": "no"}
    page = visit(classes="285", layer="top_relu", **choices).open("references").finish()
    assert "does not use the reference" in page.words
    assert "half of the difference" not in page.words
    for values in page.maps[1:]:
        assert values == pytest.approx(page.maps[0])


def test_at_the_pixels_there_are_no_zeros(visit: Callable[..., Visit]) -> None:
    choices = {"references-method": "linear_attribution", "references-path": "no"}
    page = visit(classes="285", layer="input", **choices).open("references").finish()
    assert page.labels[1] == ["Black", "Mean", "Blurred", "White", "Noise"]
