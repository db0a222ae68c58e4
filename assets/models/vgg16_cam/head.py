"""Fit the head in closed form, and write the weights that are shipped.

EfficientNet-Lite0 computes its logits from 320 channels on 7 by 7 places by three small layers:
a 1x1 convolution with ReLU6, the mean over the places, and a dense layer. The head takes these
layers over. Fitted is, first, one linear 3x3 convolution that leads from VGG16's
``block5_pool``, also 7 by 7, to those 320 channels: least squares with a small penalty, solved
exactly, over the places of all crops. Least squares draw their predictions towards the mean;
they are stretched away from it again. Second, the 1280 pooled channels that follow are mapped to
the teacher's, by least squares whose penalty pulls towards leaving them as they are; this
map disappears in the dense layer. Nothing is learned about the classes themselves, so that
those which no crop shows come along.

The two penalties and the stretch were chosen on ``development.npz``, pictures which are neither in
training nor held out.

The first sums over the shards are kept in ``gram.npz``: with more shards, it goes on from there.
Places and mirrored crops are drawn with the shard's number as the seed.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from body import CONVOLUTIONS

from attribution_core.models import efficientnet_lite0, vgg16_cam

PENALTY = 0.01
"""Added to the diagonal of the mean squares of the patches, whose channels have mean square 1."""

STRETCH = 1.75
"""Factor by which predictions are moved away from their mean."""

PULL = 0.5
"""Penalty of the second step, as a multiple of the pooled channels' mean square."""

PLACES = 25
"""Places of a crop that are used, out of 49; neighbours say much the same."""

MIRRORED = 0.3
"""Share of the crops that is mirrored once more, as features."""

PATCH, CHANNELS = 9 * 512, vgg16_cam.PROJECTED
"""Unknowns per channel, less the constant; channels."""


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
        rows = tf.constant(channels.reshape(-1, CHANNELS).astype(np.float32))
        top = tf.clip_by_value(tf.matmul(rows, self.kernel) + self.bias, 0, 6)
        return tf.reduce_mean(tf.reshape(top, (len(channels), 49, -1)), 1).numpy()


@tf.function(reduce_retracing=True)
def patches(body: tf.Tensor, places: tf.Tensor) -> tf.Tensor:
    """Lay the 3x3 surroundings of some places out as rows, with a constant one at the end.

    Parameters
    ----------
    body : tf.Tensor
        (n, 7, 7, 512).
    places : tf.Tensor
        Which of the 49.

    Returns
    -------
    tf.Tensor
        (n * places, 4609).
    """
    wide = tf.pad(body, [[0, 0], [1, 1], [1, 1], [0, 0]])
    rows = tf.concat([wide[:, i : i + 7, j : j + 7] for i in range(3) for j in range(3)], -1)
    rows = tf.gather(tf.reshape(rows, (-1, 49, PATCH)), places, axis=1)
    rows = tf.reshape(rows, (-1, PATCH))
    return tf.concat([rows, tf.ones((tf.shape(rows)[0], 1))], 1)


class Sums:
    """Sums of products over all shards seen so far: everything that least squares need.

    Parameters
    ----------
    features : pathlib.Path
        What ``features.py`` wrote.
    """

    def __init__(self, features: Path) -> None:
        self.features, self.file = features, features / "gram.npz"
        first = np.load(features / "shards" / "00000.npz")["body"].astype(np.float32)
        self.scale = np.sqrt((first**2).mean((0, 1, 2))) + 1e-3
        self.gram = tf.Variable(tf.zeros((PATCH + 1, PATCH + 1)))
        self.products = tf.Variable(tf.zeros((PATCH + 1, CHANNELS)))
        self.done: list[str] = []
        if self.file.exists():
            kept = np.load(self.file)
            self.gram.assign(kept["G"])
            self.products.assign(kept["H"])
            self.done = [str(name) for name in kept["done"]]

    def add(self, shard: Path) -> None:
        """Take a shard in.

        Parameters
        ----------
        shard : pathlib.Path
            The file.
        """
        random = np.random.default_rng(int(shard.stem))
        arrays = np.load(shard)
        body, teacher = arrays["body"], arrays["teacher"].astype(np.float32)
        mirrored = random.random(len(body)) < MIRRORED
        body[mirrored], teacher[mirrored] = body[mirrored, :, ::-1], teacher[mirrored, :, ::-1]
        for start in range(0, len(body), 128):
            places = np.sort(random.permutation(49)[:PLACES]).astype(np.int32)
            part = body[start : start + 128].astype(np.float32) / self.scale
            rows = patches(tf.constant(part), tf.constant(places))
            wanted = teacher[start : start + 128].reshape(-1, 49, CHANNELS)[:, places]
            self.gram.assign_add(tf.matmul(rows, rows, transpose_a=True))
            target = tf.constant(wanted.reshape(-1, CHANNELS))
            self.products.assign_add(tf.matmul(rows, target, transpose_a=True))
        self.done.append(shard.stem)

    def keep(self) -> None:
        """Write the sums, so that the next run goes on from here."""
        arrays = {"G": self.gram.numpy(), "H": self.products.numpy(), "done": np.array(self.done)}
        np.savez(self.file, **arrays)

    def solve(self) -> tuple[np.ndarray, np.ndarray]:
        """Solve the least squares, and stretch the solution.

        Returns
        -------
        tuple of numpy.ndarray
            Kernel (3, 3, 512, 320) for ``block5_pool`` as it is, bias (320,); float32.
        """
        rows = float(self.gram[-1, -1])
        gram = self.gram.numpy().astype(np.float64) / rows
        products = self.products.numpy().astype(np.float64) / rows
        penalty = np.full(PATCH + 1, PENALTY)
        penalty[-1] = 0.0
        factor = tf.linalg.cholesky(gram + np.diag(penalty))
        solution = tf.linalg.cholesky_solve(factor, products).numpy()
        mean = products[-1]
        bias = mean + STRETCH * (solution[-1] - mean)
        kernel = STRETCH * solution[:-1].reshape(3, 3, 512, CHANNELS) / self.scale[:, None]
        return kernel.astype(np.float32), bias.astype(np.float32)


def corrected(
    teacher: Teacher, kernel: np.ndarray, bias: np.ndarray, shards: list[Path]
) -> tuple[np.ndarray, np.ndarray]:
    """Fit the second step, and let it disappear in the teacher's dense layer.

    Parameters
    ----------
    teacher : Teacher
        Whose dense layer it is.
    kernel, bias : numpy.ndarray
        What :meth:`Sums.solve` returned.
    shards : list of pathlib.Path
        Features of the crops.

    Returns
    -------
    tuple of numpy.ndarray
        Kernel (1280, 1000) and bias (1000,); float32.
    """
    size = len(teacher.dense)
    gram, products = np.zeros((size + 1, size + 1)), np.zeros((size + 1, size))
    for shard in shards:
        with np.load(shard) as arrays:
            wanted = teacher.pooled(arrays["teacher"])
            rows = teacher.pooled(predicted(kernel, bias, arrays["body"]))
        rows = np.concatenate([rows, np.ones((len(rows), 1), np.float32)], 1)
        gram += tf.matmul(rows, rows, transpose_a=True).numpy()
        products += tf.matmul(rows, wanted, transpose_a=True).numpy()
    penalty = np.full(size + 1, PULL * np.diag(gram).mean())
    penalty[-1] = 0.0
    unchanged = np.eye(size + 1, size)
    factor = tf.linalg.cholesky(gram + np.diag(penalty))
    change = tf.linalg.cholesky_solve(factor, products + penalty[:, None] * unchanged).numpy()
    dense, offset = change[:-1] @ teacher.dense, change[-1] @ teacher.dense + teacher.offset
    return dense.astype(np.float32), offset.astype(np.float32)


def agreement(student: np.ndarray, teacher: np.ndarray, sure: float = 0.5) -> dict[str, Any]:
    """Compare logits.

    Parameters
    ----------
    student, teacher : numpy.ndarray
        (n, 1000).
    sure : float
        The teacher's probability from which on it counts as sure.

    Returns
    -------
    dict
        Shares of pictures where the teacher's first class is the student's first, or among its
        first five; over all pictures, and over those where the teacher is sure.
    """
    exponentials = np.exp(teacher - teacher.max(1, keepdims=True))
    confident = exponentials.max(1) / exponentials.sum(1) > sure
    best = teacher.argmax(1)
    first = student.argmax(1) == best
    five = (np.argsort(-student, 1)[:, :5] == best[:, None]).any(1)
    result: dict[str, Any] = {"pictures": len(best), "sure": int(confident.sum())}
    for name, hit in (("top1", first), ("top5", five)):
        result[name] = round(float(hit.mean()), 3)
        if confident.any():
            result[f"sure_{name}"] = round(float(hit[confident].mean()), 3)
    return result


def predicted(kernel: np.ndarray, bias: np.ndarray, body: np.ndarray) -> np.ndarray:
    """Apply the fitted convolution.

    Parameters
    ----------
    kernel, bias : numpy.ndarray
        What :meth:`Sums.solve` returned.
    body : numpy.ndarray
        (n, 7, 7, 512).

    Returns
    -------
    numpy.ndarray
        Float32 (n, 7, 7, 320).
    """
    parts = []
    for start in range(0, len(body), 64):
        part = tf.constant(body[start : start + 64].astype(np.float32))
        parts.append(tf.nn.conv2d(part, kernel, 1, "SAME").numpy() + bias)
    return np.concatenate(parts)


def assembled(
    body: Path,
    teacher: Teacher,
    projection: tuple[np.ndarray, np.ndarray],
    dense: tuple[np.ndarray, np.ndarray],
) -> dict[str, np.ndarray]:
    """Put the arrays of the whole network together, as float16.

    Parameters
    ----------
    body : pathlib.Path
        The ``.npz`` of ``body.py``.
    teacher : Teacher
        Whose last layers the head takes.
    projection, dense : tuple of numpy.ndarray
        What :meth:`Sums.solve` and :func:`corrected` returned.

    Returns
    -------
    dict
        ``<layer>/kernel`` and ``<layer>/bias`` -> array.
    """
    convolutions = np.load(body)
    arrays = {}
    for name, _ in CONVOLUTIONS:
        arrays[f"{name}/kernel"] = convolutions[f"{name}/kernel"]
        arrays[f"{name}/bias"] = convolutions[f"{name}/bias"]
    # Each channel is brought to the size at which float16 is finest, and back in the next layer.
    kernel, bias = projection
    size = np.exp2(np.round(np.log2(np.abs(kernel).max((0, 1, 2)))))
    arrays["cam_project/kernel"], arrays["cam_project/bias"] = kernel / size, bias / size
    arrays["cam_conv/kernel"] = (teacher.kernel * size[:, None])[None, None]
    arrays["cam_conv/bias"] = teacher.bias
    # A class's score is known up to what all classes share: the mean is taken out.
    arrays["logits/kernel"] = dense[0] - dense[0].mean(1, keepdims=True)
    arrays["logits/bias"] = dense[1] - dense[1].mean()
    return {name: array.astype(np.float16) for name, array in arrays.items()}


def main() -> None:
    """Fit, write, and examine what was written."""
    parser = argparse.ArgumentParser(description="Fit the head and write the weights.")
    parser.add_argument("features", type=Path, help="what features.py wrote")
    parser.add_argument("body", type=Path, help="the .npz of body.py")
    parser.add_argument("teacher", type=Path, help="efficientnet_lite0.weights.h5")
    parser.add_argument("--output", type=Path, default=vgg16_cam.WEIGHTS)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)

    teacher = Teacher(arguments.teacher)
    examination = np.load(arguments.features / "examination.npz")
    truth = teacher.logits(examination["teacher"])
    sums = Sums(arguments.features)
    shards = sorted((arguments.features / "shards").glob("?????.npz"))
    for shard in shards:
        if shard.stem in sums.done:
            continue
        sums.add(shard)
        if np.log2(len(sums.done)) % 1 == 0:
            student = teacher.logits(predicted(*sums.solve(), examination["body"]))
            curve = {"shards": len(sums.done), **agreement(student, truth)}
            print("curve", json.dumps(curve), flush=True)
    sums.keep()
    kernel, bias = sums.solve()
    dense = corrected(teacher, kernel, bias, shards)
    np.savez(arguments.output, **assembled(arguments.body, teacher, (kernel, bias), dense))
    print(f"{arguments.output}: {arguments.output.stat().st_size:,} bytes, {len(sums.done)} shards")

    for name in ("development", "further"):
        file = arguments.features / f"{name}.npz"
        if file.exists():
            arrays = np.load(file)
            pooled = [
                teacher.pooled(predicted(kernel, bias, arrays["body"][start : start + 64]))
                for start in range(0, len(arrays["body"]), 64)
            ]
            student = np.concatenate(pooled) @ dense[0] + dense[1]
            print(name, json.dumps(agreement(student, teacher.logits(arrays["teacher"]))))
    # The held-out files, through the network that is shipped, from the pixels on.
    model = vgg16_cam.load(arguments.output)
    exact = efficientnet_lite0.load(arguments.teacher)
    pictures = examination["pictures"]
    student = _logits(model, vgg16_cam.preprocess(pictures))
    truth = _logits(exact, efficientnet_lite0.preprocess(pictures))
    print("held out", json.dumps(agreement(student, truth)))
    for source in np.unique(examination["sources"]):
        chosen = examination["sources"] == source
        print(f"  {source}", json.dumps(agreement(student[chosen], truth[chosen])))


def _logits(model: keras.Model, pictures: np.ndarray) -> np.ndarray:
    parts = [pictures[start : start + 8] for start in range(0, len(pictures), 8)]
    return np.concatenate([np.asarray(model(part, training=False)) for part in parts])


if __name__ == "__main__":
    main()
