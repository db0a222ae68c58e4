"""Players and windows: how many, of what, at the input and at a layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from attribution_core import Classifier, Grid, Slic
from attribution_core.images import Pixels
from tests.explanation.quick import INNER, run


def test_occlusion_at_a_layer_scales_its_window(classifier: Classifier, tiny_image: Pixels) -> None:
    """``pooled`` has 8 of the input's 16 rows: windows of 3 by 2 start at 0, 2, 4, 5."""
    found = run(classifier, tiny_image, "occlusion", layer=INNER)
    assert found.evaluations == 17
    with pytest.raises(ValueError, match="A stride of 8 leaves gaps between squares of 6"):
        run(classifier, tiny_image, "occlusion", stride=8)


def test_players_at_a_layer(classifier: Classifier, tiny_image: Pixels) -> None:
    def players(**settings: Any) -> int:
        found = run(classifier, tiny_image, "kernel_shap", **settings)
        assert found.segments is not None
        return int(found.segments.max()) + 1

    assert players(layer=INNER, superpixels=None) == 49
    assert players(layer=INNER, superpixels=9) == 9
    assert players(superpixels=Slic(5, compactness=100)) == 5
    assert players(superpixels=np.int64(1)) == 1


@pytest.mark.parametrize(
    ("method", "settings", "players"),
    [
        ("gradient", {}, ""),
        ("occlusion", {"layer": INNER}, "16 squares"),
        ("lime", {}, "16 grid cells"),
        ("kernel_shap", {"superpixels": 7}, "7 superpixels"),
        ("kernel_shap", {"superpixels": Slic(7, compactness=100)}, "7 superpixels"),
        ("kernel_shap", {"superpixels": np.arange(16)[:, None].repeat(16, 1) % 5}, "5 segments"),
        ("kernel_shap", {"layer": INNER, "superpixels": None}, "49 grid cells"),
        ("kernel_shap", {"layer": INNER, "superpixels": 64}, "64 positions"),
        ("kernel_shap", {"layer": INNER, "superpixels": 9}, "9 grid cells"),
        ("shapley_values", {"superpixels": 10}, "10 superpixels"),
        ("shapley_values", {"superpixels": 6, "layer": INNER}, "6 grid cells"),
    ],
)
def test_an_attribution_names_its_players(
    classifier: Classifier,
    tiny_image: Pixels,
    method: str,
    settings: dict[str, Any],
    players: str,
) -> None:
    found = run(classifier, tiny_image, method, **settings)
    assert found.players == players
    if method == "shapley_values":
        assert found.evaluations == 2 ** int(players.split()[0])


def test_too_many_players_for_exact_values(classifier: Classifier, tiny_image: Pixels) -> None:
    with pytest.raises(ValueError, match="give at most 16 players at the input"):
        run(classifier, tiny_image, "shapley_values", superpixels=Grid(5, 5), score="probability")
    settings = {"superpixels": 25, "layer": INNER, "score": "probability"}
    with pytest.raises(ValueError, match="at most 20 players"):
        run(classifier, tiny_image, "shapley_values", **settings)
