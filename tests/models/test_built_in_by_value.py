"""The built-in networks pass the check that model files pass whenever they are loaded."""

from __future__ import annotations

from types import ModuleType

import pytest

from attribution_core.models import clever_hans, efficientnet_lite0, vgg16_cam
from attribution_core.models.labels import imagenet_labels
from attribution_core.network.classifier import Classifier

pytestmark = pytest.mark.network


@pytest.mark.parametrize(
    ("module", "labels"),
    [
        (efficientnet_lite0, imagenet_labels()),
        (vgg16_cam, imagenet_labels()),
        (clever_hans, clever_hans.LABELS),
    ],
    ids=["efficientnet_lite0", "vgg16_cam", "clever_hans"],
)
def test_its_logits_are_those_of_its_outputs(module: ModuleType, labels: tuple[str, ...]) -> None:
    made = [
        Classifier("built in", module.load(), module.preprocess, labels, verified=known)
        for known in (False, True)
    ]
    # From each layer the head gives the whole network's logits, else the layer would be missing.
    assert made[0].layers == made[1].layers
