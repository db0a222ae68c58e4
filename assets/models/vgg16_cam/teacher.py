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
            parts.append(self.pooled(channels[start : start + 64]) @ self.dense + self.offset)
        return np.concatenate(parts)

    def pooled(self, channels: np.ndarray) -> np.ndarray:
        """Go from the 320 channels to the 1280 that are pooled.

        Parameters
        ----------
        channels : numpy.ndarray
            (n, 7, 7, 320).

        Returns
        -------
        numpy.ndarray
            Float32 (n, 1280).
        """
        rows = tf.constant(channels.reshape(-1, PROJECTED).astype(np.float32))
        top = tf.clip_by_value(tf.matmul(rows, self.kernel) + self.bias, 0, 6)
        return tf.reduce_mean(tf.reshape(top, (len(channels), 49, -1)), 1).numpy()
