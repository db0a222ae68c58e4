"""Networks of every kind, replayed step by step: the same scores and the same derivatives."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from attribution_core.network.verification import tolerance_of
from attribution_core.network.walk.derivatives import pulled_back
from tests.network.made_networks import NETWORKS
from tests.network.test_every_network import ENDS, classifier_of


@pytest.mark.thorough
@pytest.mark.parametrize("name", NETWORKS)
def test_the_replay_is_the_network(name: str) -> None:
    """Without rules; from the input and from the highest layer."""
    classifier = classifier_of(NETWORKS[name]())
    tolerance = 2 * tolerance_of(classifier.network)
    for layer in {"input", classifier.layers[-1]}:
        head = classifier.head(layer)
        points = np.random.default_rng(0).uniform(0, 1, (2, *head.shape)).astype(np.float32)
        points = ENDS if layer == "input" else points
        replayed = classifier.walk(layer).logits()
        logits = tf.cast(replayed(tf.constant(points)), tf.float32).numpy()
        expected = head.logits(points)
        np.testing.assert_allclose(logits, expected, atol=tolerance * np.abs(expected).max())
        classes = np.eye(head.classes, dtype=np.float32)[[0, 0]]
        (found,) = pulled_back(
            lambda x, replayed=replayed: tf.cast(replayed(x), tf.float32),
            [tf.constant(points)],
            tf.constant(classes),
        )
        with tf.GradientTape() as tape:
            given = tf.constant(points)
            tape.watch(given)
            score = head._evaluate._function(given)[:, 0]
        gradients = tape.gradient(score, given).numpy()
        np.testing.assert_allclose(found, gradients, atol=tolerance * np.abs(gradients).max())
