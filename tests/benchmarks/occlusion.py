"""Occlusion that recomputes only what a square can have changed, over the plain head.

At the input of both built-in models and of VGG16 with random weights: milliseconds a square with
all 1000 classes kept, in turns in one process. "Saved" is the ratio of multiplications, by which
the choice is made; below `incremental_head.LEAST_GAIN` the app evaluates plainly. Squares are given
in batches of the size that the game asks for, corners of the picture among them.
"""

from __future__ import annotations

import time
from statistics import median

import numpy as np

from attribution_core import Classifier, load_classifier
from attribution_core.arrays import Logits
from attribution_core.methods.occlusion import sliding_squares
from attribution_core.network.incremental_head import LEAST_GAIN
from tests.benchmarks.fast_head import random_vgg16
from tests.benchmarks.problems import built_in, gallery_picture

WINDOWS = (16, 32, 48, 80)
STRIDE = 16
SQUARES = 16
TURNS = 3


def main() -> None:
    print(
        f"{'model':20}{'window':>7}{'saved':>7}{'plain ms':>10}{'windows ms':>12}{'ratio':>7}"
        f"{'difference':>12}"
    )
    for classifier in (load_classifier("vgg16_cam"), built_in(), random_vgg16()):
        _measure(classifier)


def _measure(classifier: Classifier) -> None:
    head, incremental = classifier.head("input"), classifier.incremental_head("input")
    assert incremental is not None
    point = gallery_picture(classifier, "cat_coffee.png")
    reference = np.zeros_like(point)
    unmasked = incremental.unmasked(point)
    for side in WINDOWS:
        segments, squares = sliding_squares(*classifier.input_size, side, STRIDE)
        across = int(len(squares) ** 0.5)
        chosen = np.random.default_rng(0).permutation(len(squares))[:SQUARES]
        chosen[:4] = 0, across - 1, len(squares) - across, len(squares) - 1
        coalitions = ~squares[chosen]
        windows = incremental.windows(side, side)
        first = np.stack(np.unravel_index(chosen, (across, across)), axis=1) * STRIDE
        corners = np.minimum(first, windows.last_corner)

        def in_windows(
            segments: np.ndarray = segments,
            coalitions: np.ndarray = coalitions,
            corners: np.ndarray = corners,
            windows: object = windows,
        ) -> Logits:
            size = head.batch_size
            return np.concatenate(
                [
                    incremental.logits(
                        unmasked,
                        reference,
                        segments,
                        coalitions[start : start + size],
                        corners[start : start + size],
                        windows,
                    )
                    for start in range(0, SQUARES, size)
                ]
            )

        # The first turn traces and warms up.
        plain_seconds, seconds = [], []
        for _ in range(TURNS + 1):
            started = time.perf_counter()
            plain = head.masked_logits(point, reference, segments, coalitions)
            plain_seconds.append(time.perf_counter() - started)
            started = time.perf_counter()
            found = in_windows()
            seconds.append(time.perf_counter() - started)
        plain_seconds, seconds = plain_seconds[1:], seconds[1:]
        ratio = median(a / b for a, b in zip(plain_seconds, seconds, strict=True))
        difference = np.abs(found - plain).max() / np.abs(plain).max()
        print(
            f"{classifier.name:20}{side:7}{windows.gain:7.2f}"
            f"{1000 * median(plain_seconds) / SQUARES:10.1f}"
            f"{1000 * median(seconds) / SQUARES:12.1f}{ratio:7.2f}{difference:12.1e}"
            f"{'  (plain)' if windows.gain < LEAST_GAIN else ''}",
            flush=True,
        )


if __name__ == "__main__":
    main()
