"""The class that a contrast begins with."""

from __future__ import annotations

import numpy as np
import pytest

from attribution_core.models.labels import imagenet_labels
from pages.ui.shell.rival import proposed_rival
from pages.ui.worker.tasks import Prediction

LABELS = imagenet_labels()


def prediction(*ranked: str) -> Prediction:
    """Of these classes in this order, ImageNet's others far behind."""
    logits = np.zeros(1000, np.float32)
    for place, label in enumerate(ranked):
        logits[LABELS.index(label)] = 100 - place
    return Prediction.of(logits, "softmax")


@pytest.mark.parametrize(
    ("ranked", "targets", "rival"),
    [
        ("tabby,Egyptian cat,tiger cat,plastic bag,sock", "tabby", "plastic bag"),
        ("tabby,Egyptian cat,beagle,lynx,sock", "tabby,Egyptian cat", "beagle"),
        # Nothing is of another kind than both, so of another than the first.
        ("Egyptian cat,tabby,tiger cat,espresso,cup", "Egyptian cat,espresso", "cup"),
        # All are cats.
        ("tabby,Egyptian cat,tiger cat,lynx,Persian cat,sock", "tabby", "Egyptian cat"),
        # All five are target classes: the next one keeps every row full.
        ("tabby,cup,sock,alp,daisy,tench", "tabby,cup,sock,alp,daisy", "tench"),
    ],
)
def test_a_rival_is_strong_and_of_another_kind(ranked: str, targets: str, rival: str) -> None:
    found = proposed_rival(
        prediction(*ranked.split(",")), [LABELS.index(each) for each in targets.split(",")], LABELS
    )
    assert found is not None
    assert LABELS[found] == rival


def test_of_classes_of_unknown_kinds_it_is_the_strongest_other() -> None:
    few = Prediction.of(np.array([1.0, 3.0, 2.0], np.float32), "softmax")
    labels = ("ant", "bee", "cat")
    assert proposed_rival(few, (1,), labels) == 2
    assert proposed_rival(few, (1, 2), labels) == 0
    assert proposed_rival(few, (0, 1, 2), labels) is None
