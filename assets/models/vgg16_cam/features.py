"""Let body and teacher look at crops, and keep what they see. Stop and go on at any time.

A shard is ``shards/00012.npz`` with two float16 arrays: ``body`` (n, 7, 7, 512), VGG16's
``block5_pool``, and ``teacher`` (n, 7, 7, 320), EfficientNet-Lite0's last activations before
its top; the teacher's logits follow from those by three small layers. Shard ``s`` shows files of
fold ``s % FOLDS`` only, so that a fit to the other folds can be judged on it. Shards that exist are
not made again. ``examination.npz`` holds the same for the held-out files, one picture each, and
``further.npz`` for eight less orderly pictures of each.

On the way to training features the body runs with 8-bit integers (OpenVINO, NNCF; twice the
speed of bfloat16 and five times that of float32, relative error 6 %), as for the further
pictures; with ``--exact`` and for the examination it runs in float32.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from body import CONVOLUTIONS
from crops import FOLDS, Photographs, crop, examination, further

SHARD = 512
"""Crops in a shard."""

BATCH = 8
"""Crops at a time."""

FIRST_OF_MANUALS = 40
"""From this shard on, the scenes are those of manuals."""

CALIBRATION = 64
"""Crops by which the ranges of the 8-bit integers are found; shard number 10**6."""

FURTHER = 8
"""Less orderly pictures of each held-out file."""

MEAN = np.array((103.939, 116.779, 123.68), np.float32)
"""VGG16's, blue first."""


def for_body(crops: np.ndarray) -> np.ndarray:
    """Preprocess as VGG16 wants it, channels first.

    Parameters
    ----------
    crops : numpy.ndarray
        Uint8 (n, 224, 224, 3), RGB.

    Returns
    -------
    numpy.ndarray
        Float32 (n, 3, 224, 224), BGR minus the mean.
    """
    shifted = crops[..., ::-1].astype(np.float32) - MEAN
    return np.ascontiguousarray(shifted.transpose(0, 3, 1, 2))


def body_model(
    weights: Path, calibration: np.ndarray | None, threads: int, cache: Path | None = None
) -> Callable:
    """Compile the body.

    Parameters
    ----------
    weights : pathlib.Path
        The ``.npz`` of ``body.py``.
    calibration : numpy.ndarray, optional
        Crops for 8-bit integers; without them the body runs in float32.
    threads : int
        Number of threads.
    cache : pathlib.Path, optional
        Where the network with 8-bit integers is kept for the next start.

    Returns
    -------
    callable
        Crops (n, 224, 224, 3) -> float16 (n, 7, 7, 512).
    """
    import openvino
    from openvino import opset13 as op

    if cache is not None and cache.exists():
        model = openvino.Core().read_model(cache)
        return _compiled(model, threads, for_body, channels_first=True)
    arrays = np.load(weights)
    entry = flow = op.parameter([-1, 3, 224, 224], np.float32, name="input")
    for index, (name, _) in enumerate(CONVOLUTIONS):
        kernel = np.ascontiguousarray(arrays[f"{name}/kernel"].transpose(3, 2, 0, 1))
        bias = arrays[f"{name}/bias"].reshape(1, -1, 1, 1)
        flow = op.convolution(flow, op.constant(kernel), [1, 1], [1, 1], [1, 1], [1, 1])
        flow = op.relu(op.add(flow, op.constant(bias)))
        following = CONVOLUTIONS[index + 1][0] if index + 1 < len(CONVOLUTIONS) else "end"
        if following[:6] != name[:6]:
            flow = op.max_pool(flow, [2, 2], [1, 1], [0, 0], [0, 0], [2, 2]).output(0)
    model = openvino.Model([flow], [entry], "vgg16_body")
    if calibration is not None:
        import nncf

        pictures = for_body(calibration)
        model = nncf.quantize(
            model,
            nncf.Dataset([pictures[i : i + 1] for i in range(len(pictures))]),
            preset=nncf.QuantizationPreset.PERFORMANCE,
            subset_size=len(pictures),
        )
        if cache is not None:
            openvino.save_model(model, cache, compress_to_fp16=False)
    return _compiled(model, threads, for_body, channels_first=True)


def teacher_model(weights: Path, threads: int) -> Callable:
    """Compile the teacher up to its last activations before the top.

    Parameters
    ----------
    weights : pathlib.Path
        ``efficientnet_lite0.weights.h5``.
    threads : int
        Number of threads.

    Returns
    -------
    callable
        Crops (n, 224, 224, 3) -> float16 (n, 7, 7, 320).
    """
    import keras
    import openvino
    import tensorflow as tf

    from attribution_core.models import efficientnet_lite0

    whole = efficientnet_lite0.load(weights)
    model = keras.Model(whole.input, whole.get_layer("block7a_project_bn").output)
    graph = tf.function(lambda x: model(x, training=False)).get_concrete_function(
        tf.TensorSpec((None, 224, 224, 3), tf.float32)
    )
    converted = openvino.convert_model(graph)
    return _compiled(converted, threads, efficientnet_lite0.preprocess, channels_first=False)


def _compiled(model: object, threads: int, prepare: Callable, channels_first: bool) -> Callable:
    import openvino

    settings = {
        "INFERENCE_NUM_THREADS": threads,
        "NUM_STREAMS": 1,
        "INFERENCE_PRECISION_HINT": "f32",
    }
    request = openvino.Core().compile_model(model, "CPU", settings).create_infer_request()

    def run(crops: np.ndarray) -> np.ndarray:
        parts = []
        for start in range(0, len(crops), BATCH):
            output = request.infer([prepare(crops[start : start + BATCH])])[0]
            if channels_first:
                output = output.transpose(0, 2, 3, 1)
            parts.append(np.clip(output, -65504, 65504).astype(np.float16))
        return np.concatenate(parts)

    return run


def main() -> None:
    """Make the shards named on the command line."""
    parser = argparse.ArgumentParser(description="Features of body and teacher on crops.")
    parser.add_argument("photographs", type=Path)
    parser.add_argument("body", type=Path, help="the .npz of body.py")
    parser.add_argument("teacher", type=Path, help="efficientnet_lite0.weights.h5")
    parser.add_argument("output", type=Path)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--last", type=int, default=49)
    parser.add_argument("--step", type=int, default=1, help="to divide work among processes")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--exact", action="store_true", help="the body in float32")
    arguments = parser.parse_args()
    shards = arguments.output / "shards"
    shards.mkdir(parents=True, exist_ok=True)

    teacher = teacher_model(arguments.teacher, arguments.threads)
    target = arguments.output / "examination.npz"
    if not target.exists():
        held_out = Photographs(arguments.photographs, "held_out")
        names = [(kind, i) for kind, list_ in held_out.names.items() for i in range(len(list_))]
        pictures = np.stack([examination(held_out, kind, i) for kind, i in names])
        exact = body_model(arguments.body, None, arguments.threads)
        np.savez(
            target,
            body=exact(pictures),
            teacher=teacher(pictures),
            pictures=pictures,
            names=np.array([held_out.names[kind][i] for kind, i in names]),
            sources=np.array([held_out.sources[held_out.names[kind][i]] for kind, i in names]),
        )
        del held_out, exact

    folds = [Photographs(arguments.photographs, "train", fold) for fold in range(FOLDS)]
    manuals = [
        Photographs(arguments.photographs, "train", fold, manuals=True) for fold in range(FOLDS)
    ]
    if arguments.exact:
        body = body_model(arguments.body, None, arguments.threads)
    else:
        pictures = np.stack([crop(folds[i % FOLDS], (10**6, i)) for i in range(CALIBRATION)])
        cache = arguments.output / "body_int8.xml"
        body = body_model(arguments.body, pictures, arguments.threads, cache)
    target = arguments.output / "further.npz"
    if not target.exists():
        tested = Photographs(arguments.photographs, "held_out")
        names = [(k, i) for k, list_ in tested.names.items() for i in range(len(list_))]
        pictures = np.stack([further(tested, k, i, j) for k, i in names for j in range(FURTHER)])
        np.savez(target, body=body(pictures), teacher=teacher(pictures))
        del tested
    with ThreadPoolExecutor(arguments.threads) as pool:
        for number in range(arguments.first, arguments.last + 1, arguments.step):
            target = shards / f"{number:05d}.npz"
            if target.exists():
                continue
            started, used = time.monotonic(), time.process_time()
            photographs = (folds if number < FIRST_OF_MANUALS else manuals)[number % FOLDS]
            made = pool.map(lambda i, p=photographs, s=number: crop(p, (s, i)), range(SHARD))
            pictures = np.stack(list(made))
            partial = target.with_suffix(".partial.npz")
            np.savez(partial, body=body(pictures), teacher=teacher(pictures))
            partial.replace(target)
            seconds = time.monotonic() - started
            used = (time.process_time() - used) / SHARD
            print(
                f"shard {number}: {SHARD / seconds:.1f} crops per second, "
                f"{1000 * used:.0f} ms of processor each",
                flush=True,
            )


if __name__ == "__main__":
    main()
