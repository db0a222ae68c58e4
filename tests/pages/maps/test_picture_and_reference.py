"""The model's top five as bars and in words."""

from __future__ import annotations

from html import escape

import numpy as np
import pytest

from pages.ui.maps.picture_and_reference import described, top_bars
from pages.ui.worker.tasks import Prediction
from tests.pages.maps.scenes import LABELS


def a_prediction() -> Prediction:
    logits = np.array([1.0, 3.0, 0.0, 2.0, -1.0], np.float32)
    shares = np.exp(logits.astype(float))
    return Prediction(logits, shares / shares.sum())


def test_bars_are_the_most_probable_classes_with_the_targets_marked() -> None:
    figure = top_bars(a_prediction(), LABELS, (3, 4))
    (bars,) = figure.data
    assert [text.split("  ")[0] for text in bars.text] == [
        "bee",
        escape(LABELS[3], quote=False),
        "ant",
        "cat",
        "eel",
    ]
    assert list(bars.x) == sorted(bars.x, reverse=True)
    assert sum(bars.x) == pytest.approx(100)
    colours = list(bars.marker.color)
    assert colours[1] == colours[4] != colours[0] == colours[2]


def test_bars_in_words() -> None:
    words = described(a_prediction(), LABELS)
    assert words.startswith("bee 63.6 %, dog & “wolf” 23.4 %, ant 8.6 %")
