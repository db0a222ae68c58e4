"""The time of exactly so many superpixels, beside SLIC alone, which gives about so many.

Seconds of this process alone are counted, so other programs on the machine matter little; medians
over the gallery, each picture cut in turn by both. The aim is 60 ms at 224x224.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
from skimage.segmentation import slic

from attribution_core import load_image, superpixels
from attribution_core.images import Pixels
from tests.benchmarks.problems import GALLERY

SIZE = 224
COUNTS = (2, 10, 30, 50, 100, 200, 400, 1000)
ROUNDS = 3
AIM_MS = 60


def main() -> None:
    pictures = {
        "gallery": [load_image(path, SIZE) for path in sorted(GALLERY.glob("*.[pj][np]g"))],
        "noise": [np.random.default_rng(0).uniform(0, 255, (SIZE, SIZE, 3))],
    }
    print(
        f"{'':9}{'asked':>6}{'SLIC gives':>12}{'SLIC ms':>9}{'ours ms':>9}{'ratio':>7}"
        f"{'of the aim':>12}"
    )
    for title, images in pictures.items():
        for count in COUNTS:
            counts, alone, ours = [], [], []
            for image in images * ROUNDS:
                labels, milliseconds = _timed(_slic, image, count)
                counts.append(int(labels.max()) + 1)
                alone.append(milliseconds)
                ours.append(_timed(superpixels, image, count)[1])
            slic_ms, our_ms = statistics.median(alone), statistics.median(ours)
            given = f"{min(counts)}–{max(counts)}" if len(images) > 1 else str(counts[0])
            print(
                f"{title:9}{count:6}{given:>12}{slic_ms:9.0f}{our_ms:9.0f}"
                f"{our_ms / slic_ms:7.2f}{our_ms / AIM_MS:12.2f}"
            )


def _timed(
    cut: Callable[[Pixels, int], np.ndarray], image: Pixels, count: int
) -> tuple[np.ndarray, float]:
    start = time.process_time()
    labels = cut(image, count)
    return labels, 1000 * (time.process_time() - start)


def _slic(image: Pixels, count: int) -> np.ndarray:
    found: np.ndarray = slic(
        image / 255, n_segments=count, compactness=10, sigma=1, start_label=0, channel_axis=-1
    )
    return found


if __name__ == "__main__":
    main()
