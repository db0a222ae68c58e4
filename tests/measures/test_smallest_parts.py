"""The fewest parts that keep or change a network's answer, against all coalitions by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from attribution_core import Classifier, Grid, Picture, request_or_reason
from attribution_core.images import Pixels
from attribution_core.measures.smallest_parts import smallest_parts
from attribution_core.request import granted


def answers(classifier: Classifier, image: Pixels) -> dict[tuple[bool, ...], int]:
    """The class that is said of every choice among the six cells, black elsewhere."""
    rows, columns = np.arange(16) * 2 // 16, np.arange(16) * 3 // 16
    cells = rows[:, None] * 3 + columns
    found = {}
    for code in range(64):
        present = np.array([code >> cell & 1 for cell in range(6)], bool)
        picture = np.where(present[cells][..., None], image, 0).astype(np.float32)
        found[tuple(present.tolist())] = int(np.argmax(classifier.scores(picture)))
    return found


@pytest.mark.parametrize("aim", ["keep", "change"])
def test_against_all_coalitions(tiny_classifier: Classifier, tiny_image: Pixels, aim: Any) -> None:
    request = granted(
        request_or_reason(
            tiny_classifier,
            picture=Picture.of(tiny_image),
            method="kernel_shap",
            target=0,
            segmentation=Grid(2, 3),
        )
    )
    *_, end = smallest_parts(tiny_classifier, request, aim)
    said = answers(tiny_classifier, tiny_image)
    whole = said[(True,) * 6]
    assert end.answer == whole
    if aim == "keep":
        sizes = [sum(present) for present, answer in said.items() if answer == whole]
    else:
        sizes = [6 - sum(present) for present, answer in said.items() if answer != whole]
    assert end.found.size == min(sizes)
    assert end.found.proven
    assert end.found.members is not None
    left = end.found.members if aim == "keep" else ~end.found.members
    assert end.becomes == said[tuple(left.tolist())]
    assert (end.becomes == whole) is (aim == "keep")
