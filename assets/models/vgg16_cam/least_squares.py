"""From VGG16's ``block5_pool`` to the teacher's 320 channels, place by place, in closed form.

What a place of the teacher shows is predicted from the 3x3 places around it, by least squares
with a small penalty, from two kinds of inputs: the 4608 activations themselves, and bends, which
are combinations of the activations' strongest directions, cut at zero. Only what leads from
these inputs to the channels is fitted, so that the solution is exact. The combinations are
random at first (A. Rahimi and B. Recht, "Random features for large-scale kernel machines", 2007,
with rectifiers); :mod:`compression` then replaces many random ones by few.

Sums of products are kept for each fold of the files: the solution for all folds but one predicts
that one as if its files had never been seen. By that the few numbers below were chosen.

Places, mirrored crops and random combinations are drawn with fixed seeds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf
from crops import FOLDS

from attribution_core.models.vgg16_cam import DIRECTIONS, PROJECTED

RANDOM_BENDS = 3072
"""Random combinations."""

EQUALIZED = 0.25
"""Exponent of the variances by which the directions are made more alike: 0 not, 0.5 wholly."""

OFFSET = 0.7
"""Standard deviation of where a bend lies, relative to that of the combination it bends."""

PENALTY = 0.01
"""Added to the diagonal of the mean squares of the inputs, relative to their size."""

STRETCH = 1.75
"""Factor by which predictions are moved away from their mean, as least squares shrink."""

PLACES = 16
"""Places of a crop that are used, out of 49; neighbours say much the same."""

MIRRORED = 0.3
"""Share of the crops that is mirrored once more, as features."""

PATCH = 9 * 512
"""Activations around a place."""


@dataclass(frozen=True)
class Bends:
    """Combinations of directions, cut at zero.

    Parameters
    ----------
    directions : numpy.ndarray
        Float32 (4608, directions).
    combination, offset : numpy.ndarray
        Float32 (directions, bends) and (bends,).
    """

    directions: np.ndarray
    combination: np.ndarray
    offset: np.ndarray

    def __call__(self, rows: tf.Tensor) -> tf.Tensor:
        """Bend.

        Parameters
        ----------
        rows : tf.Tensor
            (n, 4608).

        Returns
        -------
        tf.Tensor
            (n, bends), not negative.
        """
        return tf.nn.relu(self.combined(tf.matmul(rows, self.directions)))

    def combined(self, turned: tf.Tensor) -> tf.Tensor:
        """Combine directions, (n, directions) -> (n, bends)."""
        return tf.matmul(turned, self.combination) + self.offset


@dataclass(frozen=True)
class Solution:
    """What leads from ``block5_pool`` to the teacher's channels.

    Parameters
    ----------
    scale : numpy.ndarray
        By which activations are divided first, (512,).
    bends : Bends
        Beside the activations.
    straight, bent : numpy.ndarray
        From the activations and from the bends to the channels, (4608, 320) and (bends, 320).
    bias : numpy.ndarray
        (320,).
    """

    scale: np.ndarray
    bends: Bends
    straight: np.ndarray
    bent: np.ndarray
    bias: np.ndarray

    def channels(self, body: np.ndarray) -> np.ndarray:
        """Predict the teacher's channels.

        Parameters
        ----------
        body : numpy.ndarray
            (n, 7, 7, 512).

        Returns
        -------
        numpy.ndarray
            Float32 (n, 7, 7, 320).
        """
        parts = []
        for start in range(0, len(body), 64):
            part = tf.constant(body[start : start + 64].astype(np.float32) / self.scale)
            rows = patches(part, tf.range(49))
            predicted = tf.matmul(rows, self.straight) + tf.matmul(self.bends(rows), self.bent)
            parts.append(predicted.numpy() + self.bias)
        return np.concatenate(parts).reshape(len(body), 7, 7, PROJECTED)


@tf.function(reduce_retracing=True)
def patches(body: tf.Tensor, places: tf.Tensor) -> tf.Tensor:
    """Lay the 3x3 surroundings of some places out as rows.

    Parameters
    ----------
    body : tf.Tensor
        (n, 7, 7, 512).
    places : tf.Tensor
        Which of the 49.

    Returns
    -------
    tf.Tensor
        (n * places, 4608).
    """
    wide = tf.pad(body, [[0, 0], [1, 1], [1, 1], [0, 0]])
    rows = tf.concat([wide[:, i : i + 7, j : j + 7] for i in range(3) for j in range(3)], -1)
    rows = tf.gather(tf.reshape(rows, (-1, 49, PATCH)), places, axis=1)
    return tf.reshape(rows, (-1, PATCH))


def batches(shard: Path, scale: np.ndarray) -> Iterator[tuple[tf.Tensor, np.ndarray]]:
    """Look at some places of the crops of a shard.

    Parameters
    ----------
    shard : pathlib.Path
        One of those that ``features.py`` wrote; its number is the seed.
    scale : numpy.ndarray
        By which activations are divided, (512,).

    Yields
    ------
    tuple
        Activations around places, (n, 4608), and what the teacher shows there, (n, 320).
    """
    random = np.random.default_rng(int(shard.stem))
    arrays = np.load(shard)
    body, teacher = arrays["body"], arrays["teacher"].astype(np.float32)
    mirrored = random.random(len(body)) < MIRRORED
    body[mirrored], teacher[mirrored] = body[mirrored, :, ::-1], teacher[mirrored, :, ::-1]
    for start in range(0, len(body), 256):
        places = np.sort(random.permutation(49)[:PLACES]).astype(np.int32)
        part = body[start : start + 256].astype(np.float32) / scale
        wanted = teacher[start : start + 256].reshape(-1, 49, PROJECTED)[:, places]
        rows = patches(tf.constant(part), tf.constant(places))
        yield rows, wanted.reshape(-1, PROJECTED)


def scale_of(shard: Path) -> np.ndarray:
    """Measure the root mean square of each channel of ``block5_pool``.

    Parameters
    ----------
    shard : pathlib.Path
        By whose crops.

    Returns
    -------
    numpy.ndarray
        Float32 (512,), positive.
    """
    body = np.load(shard)["body"].astype(np.float32)
    return np.sqrt((body**2).mean((0, 1, 2))) + np.float32(1e-3)


def random_bends(shards: list[Path], scale: np.ndarray) -> Bends:
    """Find the strongest directions, and combine them at random.

    Parameters
    ----------
    shards : list of pathlib.Path
        By whose crops.
    scale : numpy.ndarray
        By which activations are divided, (512,).

    Returns
    -------
    Bends
        ``RANDOM_BENDS`` of them.
    """
    gram, total, count = np.zeros((PATCH, PATCH)), np.zeros(PATCH), 0
    for shard in shards:
        for rows, _ in batches(shard, scale):
            gram += tf.matmul(rows, rows, transpose_a=True).numpy()
            total += tf.reduce_sum(rows, 0).numpy()
            count += len(rows)
    mean = total / count
    variances, vectors = np.linalg.eigh(gram / count - np.outer(mean, mean))
    variances, vectors = variances[: -DIRECTIONS - 1 : -1], vectors[:, : -DIRECTIONS - 1 : -1]
    directions = vectors * variances ** (EQUALIZED - 0.5)
    directions /= np.sqrt((variances ** (2 * EQUALIZED)).sum())
    # An eigenvector's sign is arbitrary; this makes it the same everywhere.
    directions *= np.sign((directions**3).sum(0))
    random = np.random.default_rng(0)
    combination = random.normal(size=(DIRECTIONS, RANDOM_BENDS))
    offset = OFFSET * random.normal(size=RANDOM_BENDS) - mean @ directions @ combination
    arrays = (array.astype(np.float32) for array in (directions, combination, offset))
    return Bends(*arrays)


class Sums:
    """Sums of products over the crops of each fold: everything that least squares need.

    Parameters
    ----------
    shards : list of pathlib.Path
        What ``features.py`` wrote; shard ``s`` is of fold ``s % FOLDS``.
    scale : numpy.ndarray
        By which activations are divided, (512,).
    bends : Bends
        Beside the activations.
    """

    def __init__(self, shards: list[Path], scale: np.ndarray, bends: Bends) -> None:
        self.scale, self.bends = scale, bends
        inputs = PATCH + len(bends.offset) + 1
        self.grams = [tf.Variable(tf.zeros((inputs, inputs))) for _ in range(FOLDS)]
        self.products = [tf.Variable(tf.zeros((inputs, PROJECTED))) for _ in range(FOLDS)]
        for shard in shards:
            fold = int(shard.stem) % FOLDS
            for rows, wanted in batches(shard, scale):
                all_inputs = tf.concat([rows, bends(rows), tf.ones((len(rows), 1))], 1)
                gram = tf.matmul(all_inputs, all_inputs, transpose_a=True)
                self.grams[fold].assign_add(gram)
                products = tf.matmul(all_inputs, wanted, transpose_a=True)
                self.products[fold].assign_add(products)

    def solve(self, without: int | None = None) -> Solution:
        """Solve the least squares, and stretch the solution.

        Parameters
        ----------
        without : int, optional
            A fold whose crops do not count.

        Returns
        -------
        Solution
            Float32.
        """
        folds = [fold for fold in range(FOLDS) if fold != without]
        gram = np.sum([self.grams[fold].numpy().astype(np.float64) for fold in folds], 0)
        products = np.sum([self.products[fold].numpy().astype(np.float64) for fold in folds], 0)
        mean = products[-1] / gram[-1, -1]
        squares = np.diag(gram)
        penalty = np.zeros(len(gram))
        penalty[:PATCH] = PENALTY * squares[:PATCH].mean()
        penalty[PATCH:-1] = PENALTY * squares[PATCH:-1].mean()
        factor = tf.linalg.cholesky(gram + np.diag(penalty))
        solution = STRETCH * tf.linalg.cholesky_solve(factor, products).numpy()
        solution[-1] += (1 - STRETCH) * mean
        parts = (solution[:PATCH], solution[PATCH:-1], solution[-1])
        return Solution(self.scale, self.bends, *(part.astype(np.float32) for part in parts))
