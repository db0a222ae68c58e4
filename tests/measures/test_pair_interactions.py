"""All pairs in one call, against all coalitions by hand; their files and their figure."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from itertools import combinations
from math import comb
from typing import cast

import numpy as np
import pytest

from attribution_core import Classifier, Grid, PairInteractions, pair_interactions
from attribution_core.figures.pairs import pairs_figure
from attribution_core.figures.style import FigureStyle, Width
from attribution_core.images import Pixels
from attribution_core.measures.pair_files import caption_of, pairs_csv, pairs_drawn, save_pairs

VALUES = np.array([[0, -0.5, 0], [-0.5, 0, 0.25], [0, 0.25, 0]])
CELLS = np.array([[0, 0], [1, 2]])


@pytest.fixture
def found(tiny_classifier: Classifier, tiny_image: Pixels) -> PairInteractions:
    return pair_interactions(tiny_classifier, tiny_image, target=1, superpixels=Grid(2, 2))


def by_hand(classifier: Classifier, image: Pixels, target: int) -> np.ndarray:
    """Four quarters, black where they are absent: the definition, coalition by coalition."""
    quarter = (np.arange(16) // 8)[:, None] * 2 + np.arange(16) // 8

    def worth(members: tuple[int, ...]) -> float:
        there = np.isin(quarter, members)[..., None]
        return float(classifier.scores(np.where(there, image, 0).astype(np.float32))[target])

    values = np.zeros((4, 4))
    for i, j in combinations(range(4), 2):
        others = [each for each in range(4) if each not in (i, j)]
        for size in range(3):
            for there in combinations(others, size):
                together = worth((*there, i, j)) - worth((*there, i)) - worth((*there, j))
                values[i, j] += (together + worth(there)) / (3 * comb(2, size))
    return values + values.T


def test_one_call_gives_the_definition(
    tiny_classifier: Classifier, tiny_image: Pixels, found: PairInteractions
) -> None:
    np.testing.assert_allclose(
        found.values, by_hand(tiny_classifier, tiny_image, 1), rtol=1e-3, atol=1e-5
    )
    assert (found.exact, found.contexts, found.evaluations, found.pairs) == (True, 0, 16, 6)
    assert found.standard_error is None
    assert found.label == tiny_classifier.labels[1]
    sizes = [abs(found.values[pair]) for pair in found.strongest(3)]
    assert sizes == sorted(np.abs(found.values[np.triu_indices(4, 1)]))[:-4:-1]


def test_more_players_are_sampled_with_errors(
    tiny_classifier: Classifier, tiny_image: Pixels
) -> None:
    sampled = pair_interactions(
        tiny_classifier, tiny_image, target=1, superpixels=Grid(3, 6), contexts=6
    )
    assert (sampled.exact, sampled.contexts, sampled.evaluations) == (False, 6, 6 * 172)
    assert sampled.standard_error is not None
    first, *_ = sampled.strongest(1)
    assert abs(sampled.values[first]) > 1.96 * sampled.standard_error[first]


def test_one_player_has_no_pair(tiny_classifier: Classifier, tiny_image: Pixels) -> None:
    with pytest.raises(ValueError, match="2 to 16 players"):
        pair_interactions(tiny_classifier, tiny_image, target=1, superpixels=Grid(1, 1))


def test_the_table_has_each_pair_once_the_strongest_first() -> None:
    heading, *rows = csv.reader(io.StringIO(pairs_csv(VALUES, np.full((3, 3), 0.2))))
    assert heading == ["player", "other", "interaction", "standard_error"]
    assert rows == [
        ["0", "1", "-0.5", "0.2"],
        ["1", "2", "0.25", "0.2"],
        ["0", "2", "0.0", "0.2"],
    ]
    assert [row[3] for row in csv.reader(io.StringIO(pairs_csv(VALUES)))][1:] == [""] * 3


def test_the_arrays_come_with_their_settings(found: PairInteractions) -> None:
    content = io.BytesIO()
    save_pairs(content, found, made=datetime(2026, 1, 2, tzinfo=UTC))
    content.seek(0)
    with np.load(content) as arrays:
        np.testing.assert_allclose(arrays["values"], found.values, atol=1e-6)
        np.testing.assert_array_equal(arrays["segments"], found.segments)
        assert "standard_error" not in arrays
        told = json.loads(bytes(arrays["interactions.json"]))
    assert (told["format"], told["label"], told["exact"]) == ("interactions", found.label, True)
    assert told["request"]["target"] == 1
    assert "method" not in told["request"]


@pytest.mark.parametrize("width", ["one column", "two columns", "slide"])
def test_the_figure_has_lines_and_a_matrix(width: str) -> None:
    style = FigureStyle(width=cast(Width, width), dated=None)
    pairs = [(0, 1), (1, 2)]
    picture = np.full((8, 8, 3), 128.0)
    made = pairs_figure(VALUES, CELLS, picture, pairs, style=style, caption="What.")
    (page,) = made.axes
    drawn = {line.get_gid(): line for line in page.lines if line.get_gid()}
    assert set(drawn) == {"pair 0 1", "pair 1 2"}
    assert drawn["pair 0 1"].get_linewidth() > drawn["pair 1 2"].get_linewidth()
    against, speaks = (drawn[name].get_color() for name in ("pair 0 1", "pair 1 2"))
    assert against[2] > against[0]  # blue
    assert speaks[0] > speaks[2]  # red
    (matrix,) = [image for image in page.images if image.get_gid() == "matrix"]
    pixels = np.asarray(matrix.get_array())
    side = len(pixels) // 3
    at = {(row, column): pixels[row * side, column * side] for row in (0, 1) for column in (0, 1)}
    assert at[0, 0].tolist() == at[1, 1].tolist()
    assert at[0, 1][2] > at[0, 1][0]
    texts = [text.get_text() for text in page.texts]
    assert {"−0.500", "0.500", "interaction", "What."} <= set(texts)


def test_the_figures_file_says_what_makes_it_again(found: PairInteractions) -> None:
    said = caption_of(found, 2, date(2026, 1, 2))
    assert f"Shapley interactions for the logit of {found.label}, exact, 16 coalitions." in said
    assert said.endswith("Lines: the 2 strongest of 6 pairs. 2 January 2026.")
    assert "None of 6 pairs" in caption_of(found, 0, None)
    drawn = pairs_drawn(found, FigureStyle(dated=date(2026, 1, 2)), "svg")
    assert found.label.encode() in drawn
