"""Replace many random bends by few learned ones that compute nearly the same.

Every bend costs multiplications in every forward pass, and Shapley values over the places of
``block5_pool`` ask for thousands of these. What all random bends contribute to the channels is
a known function of the directions, without noise: a few bends are learned to imitate it, by
gradient descent. It does not let them learn the training files by heart, as the teacher's
channels would.
"""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from least_squares import Bends, Solution, batches

from attribution_core.models.vgg16_cam import BENDS

EPOCHS = 12
"""Passes over the places."""

RATE = 2e-3
"""Step of Adam, falling to zero along a cosine."""

BATCH = 1024
"""Places per step."""


def compressed(solution: Solution, shards: list[Path]) -> Bends:
    """Learn few bends.

    Parameters
    ----------
    solution : Solution
        With many bends.
    shards : list of pathlib.Path
        Crops whose places are looked at.

    Returns
    -------
    Bends
        ``BENDS`` of them, of the same directions.
    """
    bends = solution.bends
    turned, wanted = [], []
    for shard in shards:
        for rows, _ in batches(shard, solution.scale):
            directions = tf.matmul(rows, bends.directions)
            turned.append(directions.numpy())
            bent = tf.nn.relu(bends.combined(directions))
            wanted.append(tf.matmul(bent, solution.bent).numpy())
    turned, wanted = np.concatenate(turned), np.concatenate(wanted)
    wanted -= wanted.mean(0)
    variance = float((wanted**2).mean())
    variables = [
        tf.Variable(bends.combination[:, :BENDS]),
        tf.Variable(bends.offset[:BENDS]),
        tf.Variable(tf.zeros((BENDS, wanted.shape[1]))),
        tf.Variable(tf.zeros((turned.shape[1], wanted.shape[1]))),
        tf.Variable(tf.zeros(wanted.shape[1])),
    ]
    steps = EPOCHS * (len(turned) // BATCH)
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(RATE, steps))

    @tf.function
    def step(inputs: tf.Tensor, outputs: tf.Tensor) -> tf.Tensor:
        combination, offset, bent, straight, bias = variables
        with tf.GradientTape() as tape:
            found = tf.matmul(tf.nn.relu(tf.matmul(inputs, combination) + offset), bent)
            error = found + tf.matmul(inputs, straight) + bias - outputs
            loss = tf.reduce_mean(error**2) / variance
        optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return loss

    random = np.random.default_rng(0)
    for epoch in range(EPOCHS):
        order = random.permutation(len(turned))
        losses = []
        for start in range(0, len(order) - BATCH + 1, BATCH):
            chosen = order[start : start + BATCH]
            losses.append(float(step(turned[chosen], wanted[chosen])))
        print(f"compression, epoch {epoch + 1}: {np.mean(losses):.3f} unexplained", flush=True)
    return Bends(bends.directions, variables[0].numpy(), variables[1].numpy())
