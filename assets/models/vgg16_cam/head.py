"""Fit the head in closed form, and write the weights that are shipped.

EfficientNet-Lite0 computes its logits from 320 channels on 7 by 7 places by three small layers:
a 1x1 convolution with ReLU6, the mean over the places, and a dense layer. The head takes these
layers over as they are. Fitted is what leads from VGG16's ``block5_pool``, also 7 by 7, to those
320 channels (:mod:`least_squares`). Nothing is learned about the classes themselves, so that those
which no crop shows come along.
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
from compression import compressed
from crops import FOLDS
from least_squares import Solution, Sums, random_bends, scale_of
from teacher import Teacher

from attribution_core.models import efficientnet_lite0, vgg16_cam
from attribution_core.models.vgg16_cam import BENDS, DIRECTIONS, PROJECTED


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


def assembled(body: Path, teacher: Teacher, solution: Solution) -> dict[str, np.ndarray]:
    """Put the arrays of the whole network together, as float16.

    Parameters
    ----------
    body : pathlib.Path
        The ``.npz`` of ``body.py``.
    teacher : Teacher
        Whose last layers the head takes.
    solution : Solution
        What leads to its channels.

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
    bends = solution.bends
    project = np.concatenate([solution.straight, bends.directions], 1)
    project = project.reshape(3, 3, 512, -1) / solution.scale[:, None]
    # Each channel is brought to the size at which float16 is finest, and back in the next layer.
    size = np.exp2(np.round(np.log2(np.abs(project).max((0, 1, 2)))))
    arrays["cam_project/kernel"] = project / size
    arrays["cam_project/bias"] = np.zeros(PROJECTED + DIRECTIONS)
    combination = np.concatenate([np.zeros((PROJECTED, BENDS)), bends.combination])
    arrays["cam_bends/kernel"] = (combination * size[:, None])[None, None]
    arrays["cam_bends/bias"] = bends.offset
    straight = np.concatenate([np.diag(size[:PROJECTED]), np.zeros((DIRECTIONS, PROJECTED))])
    channels = np.concatenate([straight, solution.bent])
    larger = np.exp2(np.round(np.log2(np.abs(channels).max(0))))
    arrays["cam_channels/kernel"] = (channels / larger)[None, None]
    arrays["cam_channels/bias"] = solution.bias / larger
    arrays["cam_conv/kernel"] = (teacher.kernel * larger[:, None])[None, None]
    arrays["cam_conv/bias"] = teacher.bias
    # A class's score is known up to what all classes share: the mean is taken out.
    arrays["logits/kernel"] = teacher.dense - teacher.dense.mean(1, keepdims=True)
    arrays["logits/bias"] = teacher.offset - teacher.offset.mean()
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
    shards = sorted((arguments.features / "shards").glob("?????.npz"))
    scale = scale_of(shards[0])
    many = Sums(shards, scale, random_bends(shards[:FOLDS], scale))
    for fold in range(FOLDS):
        solution = many.solve(without=fold)
        own = [np.load(shard) for shard in shards if int(shard.stem) % FOLDS == fold]
        student = [teacher.logits(solution.channels(arrays["body"])) for arrays in own]
        truth = [teacher.logits(arrays["teacher"].astype(np.float32)) for arrays in own]
        judged = agreement(np.concatenate(student), np.concatenate(truth))
        print(f"fold {fold}, from the others", json.dumps(judged), flush=True)
    solution = Sums(shards, scale, compressed(many.solve(), shards)).solve()
    np.savez(arguments.output, **assembled(arguments.body, teacher, solution))
    print(f"{arguments.output}: {arguments.output.stat().st_size:,} bytes, {len(shards)} shards")

    further = np.load(arguments.features / "further.npz")
    student = teacher.logits(solution.channels(further["body"]))
    print("further", json.dumps(agreement(student, teacher.logits(further["teacher"]))))
    # The held-out files, through the network that is shipped, from the pixels on.
    model = vgg16_cam.load(arguments.output)
    exact = efficientnet_lite0.load(arguments.teacher)
    examination = np.load(arguments.features / "examination.npz")
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
