"""Curves made for the tests of faithfulness."""

from __future__ import annotations

import numpy as np

from attribution_core import (
    FaithfulnessCurve,
)
from pages.ui.faithfulness.areas import Pair


def curve(direction: str, *scores: float) -> FaithfulnessCurve:
    """A curve of a game of two classes whose second logit is 0."""
    shares = np.linspace(0, 1, len(scores))
    logits = np.stack([np.array(scores, np.float32), np.zeros(len(scores), np.float32)], axis=1)
    steps = np.arange(1, len(scores))
    kind = "deletion" if direction == "deletion" else "insertion"
    return FaithfulnessCurve(kind, shares, np.array(scores), steps, logits)


def pair(deletion: tuple[float, ...], insertion: tuple[float, ...]) -> Pair:
    return curve("deletion", *deletion), curve("insertion", *insertion)
