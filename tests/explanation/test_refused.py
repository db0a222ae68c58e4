"""What does not exist is refused in one sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from attribution_core import Classifier, Contrast, Grid, Slic
from attribution_core.images import Pixels
from tests.explanation.quick import CLASS, INNER, run


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"method": "magic"}, "method 'magic' is not known"),
        ({"target": 5}, "no class 5; give a number between 0 and 4"),
        ({"target": -1}, "target cannot be -1"),
        ({"target": 1.0}, "target cannot be 1.0"),
        ({"layer": "inside"}, "cannot be cut at a layer 'inside'"),
        ({"reference": "grey"}, "reference 'grey' is not known"),
        ({"score": "odds"}, "score 'odds' is not known"),
        ({"score": Contrast(CLASS)}, "contrasted with itself"),
        ({"score": Contrast(9)}, "no class 9"),
        ({"seed": -1}, "seed cannot be -1"),
        ({"colour": 3}, "no option colour"),
        ({"budget": 1}, "budget cannot be 1"),
        ({"superpixels": 0}, "between 1 and 256"),
        ({"superpixels": "slic"}, "superpixels cannot be 'slic'"),
        ({"superpixels": Grid(17, 1)}, "no grid of 17x1"),
        ({"superpixels": np.zeros((4, 4), int)}, r"shape \(16, 16\)"),
        ({"superpixels": Slic(5), "layer": INNER}, "belong to the picture"),
        ({"image": np.zeros((16, 15, 3))}, "16 x 15 pixels"),
        ({"image": np.zeros((16, 16))}, "should have shape"),
        ({"image": np.full((16, 16, 3), 300.0)}, "outside 0..255"),
    ],
)
def test_what_does_not_exist(
    classifier: Classifier, tiny_image: Pixels, settings: dict[str, Any], message: str
) -> None:
    full = {"image": tiny_image, "method": "kernel_shap"} | settings
    with pytest.raises(ValueError, match=message) as caught:
        run(classifier, full.pop("image"), full.pop("method"), **full)
    text = str(caught.value)
    assert "\n" not in text
    assert text.endswith(".")
