"""The networks known by name, and their titles."""

from __future__ import annotations

from collections.abc import Mapping

BUILT_IN: Mapping[str, str] = {
    "vgg16": "VGG16",
    "efficientnet_lite0": "EfficientNet-Lite0",
    "vgg16_cam": "VGG16 (CAM head, built in)",
    "clever_hans": "Clever Hans (bird or mammal)",
}
"""Names of the classifiers that need no model file, and their titles."""
