"""The model's top five as bars and in words."""

from __future__ import annotations

import re
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
    html = top_bars(a_prediction(), LABELS, (3, 4))
    bars = re.findall(r'class="(answer[^"]*)".*?width:([\d.]+)%.*?<span>(.*?)</span>', html)
    assert [label for _, _, label in bars] == ["bee", escape(LABELS[3]), "ant", "cat", "eel"]
    shares = [float(share) for _, share, _ in bars]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(100, abs=0.3)
    assert [kind == "answer target" for kind, _, _ in bars] == [False, True, False, False, True]


def test_a_label_is_text_and_no_markup() -> None:
    labels = ('<img src=x onerror="alert(1)">', "<b>bee</b>", *LABELS[2:])
    html = top_bars(a_prediction(), labels, ())
    assert "<img" not in html
    assert "<b>" not in html
    assert "&lt;b&gt;bee&lt;/b&gt;" in html


def test_a_negative_logit_has_a_true_minus_sign() -> None:
    assert "class 4: 1.17 %, logit −1.00" in top_bars(a_prediction(), LABELS, ())


def test_bars_in_words() -> None:
    words = described(a_prediction(), LABELS)
    assert words.startswith("bee 63.6 %, dog & “wolf” 23.4 %, ant 8.6 %")
    assert described(a_prediction(), LABELS, 1) == "bee 63.6 %"
