"""The last layers of the teacher, EfficientNet-Lite0, which the head takes over."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf

from attribution_core.models import efficientnet_lite0
from attribution_core.models.vgg16_cam import PROJECTED


class Teacher:
    """The last layers of the teacher, as matrices.

    Parameters
    ----------
    weights : pathlib.Path
        ``efficientnet_lite0.weights.h5``.
    """

    def __init__(self, weights: Path) -> None:
        model = efficientnet_lite0.load(weights)
        kernel = model.get_layer("top_conv").get_weights()[0][0, 0]
        gamma, beta, mean, variance = model.get_layer("top_bn").get_weights()
        scale = gamma / np.sqrt(variance + 1e-3)
        self.kernel, self.bias = kernel * scale, beta - mean * scale
        self.dense, self.offset = model.get_layer("logits").get_weights()

    def logits(self, channels: np.ndarray) -> np.ndarray:
        """Go from the 320 channels to the logits.

        Parameters
        ----------
        channels : numpy.ndarray
            (n, 7, 7, 320).

        Returns
        -------
        numpy.ndarray
            Float32 (n, 1000).
        """
        parts = []
        for start in range(0, len(channels), 64):
            part = channels[start : start + 64].astype(np.float32)
            top = tf.matmul(tf.constant(part.reshape(-1, PROJECTED)), self.kernel) + self.bias
            top = tf.reshape(tf.clip_by_value(top, 0, 6), (len(part), 49, -1))
            parts.append(tf.reduce_mean(top, 1).numpy() @ self.dense + self.offset)
        return np.concatenate(parts)
