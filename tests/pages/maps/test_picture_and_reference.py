"""The model's top five as bars and in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html import escape

import numpy as np
import pytest

from attribution_core.running.standing import Snapshot
from pages.ui.maps.picture_and_reference import answer_to_reference, answers, described, top_bars
from pages.ui.shell.scene import Scene
from pages.ui.worker.tasks import Prediction
from tests.pages.maps.scenes import LABELS, scene_of

Draw = Callable[[Snapshot[object], Scene], str]


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


@pytest.mark.parametrize("draw", [answers, answer_to_reference])
def test_a_prediction_that_comes_before_its_labels_waits_for_them(draw: Draw) -> None:
    """A file’s network is loaded, and asked, after the scene was made, which has no labels yet."""
    asked: Snapshot[object] = Snapshot("done", estimate=a_prediction())
    scene = scene_of(np.zeros((16, 16, 3), np.float32), (1,))
    assert "The model is being asked …" in draw(asked, replace(scene, labels=(), classes=()))
    assert "bee" in draw(asked, scene)
