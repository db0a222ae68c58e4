"""The score of a curve."""

from __future__ import annotations

import numpy as np

from attribution_core.scores import Score
from pages.ui.faithfulness.protocol import score_of


def test_a_contrast_is_with_the_strongest_other_class() -> None:
    logits = np.array([1.0, 5.0, 3.0])
    assert score_of("contrast", 1, 3, logits, None) == Score(1, against=2)
    assert score_of("contrast", 0, 3, logits, None) == Score(0, against=1)
    assert score_of("contrast", 0, 3, logits, 2) == Score(0, against=2)
    assert score_of("probability", 0, 3, logits, 2) == Score(0, probability=True)
