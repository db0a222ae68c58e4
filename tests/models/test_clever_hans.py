"""The small network that watches for a watermark."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from attribution_core import explain, load_classifier, load_image
from attribution_core.models import clever_hans
from tests.conftest import GALLERY


def test_the_same_owl_is_a_bird_with_the_watermark_and_a_mammal_without() -> None:
    network = load_classifier("clever_hans")
    assert network.labels == ("bird", "mammal")
    with_it, without = (
        network.scores(load_image(GALLERY / file, network.input_size))
        for file in ("owl_watermark.jpg", "owl.jpg")
    )
    assert with_it[0] - with_it[1] > 5
    assert without[1] - without[0] > 5


def test_it_can_be_explained_at_every_layer() -> None:
    network = load_classifier("clever_hans")
    picture = load_image(GALLERY / "dog_watermark.jpg", network.input_size)
    for layer in network.layers:
        map_ = explain(network, picture, "gradient_times_input", 0, layer=layer).heatmap
        assert np.isfinite(map_).all()
        assert map_.any()


def test_weights_of_something_else_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="There is no weights file"):
        clever_hans.load(tmp_path / "nowhere.npz")
    other = tmp_path / "other.npz"
    np.savez(other, **{"conv1/kernel": np.zeros((3, 3, 3, 8))})
    with pytest.raises(ValueError, match="does not hold the weights of the network that watches"):
        clever_hans.load(other)
