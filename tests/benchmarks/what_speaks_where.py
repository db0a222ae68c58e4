"""What speaks where: in pictures of two things, is each place's class the right one?

The gallery's composites have one thing in each half, of a known class. Counted are the places of a
7 × 7 plane that lie wholly in one half, background included, and of these the strong ones, whose
value is at least half the picture's largest: how often the half's own class is the first of all
1000, among the five best, and before the other half's. The networks learned from whole pictures.
"""

from __future__ import annotations

import time

import numpy as np

from attribution_core import class_values, load_classifier, load_image
from attribution_core.measures.class_values import ClassValues
from tests.benchmarks.problems import GALLERY

BESIDE, ABOVE = 1, 0
HALVES = {
    "cat_coffee.png": (285, 967, BESIDE),
    "dog_cat.jpg": (235, 285, BESIDE),
    "cat_cameraman.png": (285, 872, BESIDE),
    "two_pandas.jpg": (388, 387, BESIDE),
    "macaw_koala.jpg": (88, 105, BESIDE),
    "lemur_gibbon.jpg": (383, 368, BESIDE),
    "bear_chameleon.jpg": (296, 47, ABOVE),
    "bison_crocodile.jpg": (347, 49, ABOVE),
    "castle_viaduct.jpg": (483, 888, ABOVE),
}
"""Files, the classes of the first half and of the other, and whether it stands beside or below."""

LAYERS = {
    "efficientnet_lite0": ("top_relu", "block6d_add"),
    "vgg16_cam": ("cam_relu", "block5_conv3"),
}
CELLS = 49
STRONG = 0.5


def main() -> None:
    print(f"{len(HALVES)} pictures; right class first of 1000 / among five best / before the other")
    print(f"{'network and layer':34}{'s':>6}  {'all places':>28}  {'strong places':>28}")
    for model, layers in LAYERS.items():
        classifier = load_classifier(model)
        for layer in layers:
            rows, seconds = [], 0.0
            for file, halves in HALVES.items():
                picture = load_image(GALLERY / file, classifier.input_size)
                started = time.perf_counter()
                found = class_values(
                    classifier, picture, layer=layer, reference="zeros", superpixels=CELLS
                )
                seconds += time.perf_counter() - started
                rows += judged(found, halves)
            every = np.array(rows)
            strong = every[every[:, 0] >= STRONG]
            told = "  ".join(f"{_shares(part):>28}" for part in (every, strong))
            print(f"{model + ' ' + layer:34}{seconds / len(HALVES):6.2f}  {told}")


def judged(
    found: ClassValues, halves: tuple[int, int, int]
) -> list[tuple[float, bool, bool, bool]]:
    """For each place of one half: its strength, and whether the class is first, in five, ahead."""
    largest, axis = float(found.values.max()), halves[2]
    middle = found.segments.shape[axis] / 2
    rows = []
    for player, values in enumerate(found.values):
        along = np.nonzero(found.segments == player)[axis]
        second = bool(along.min() >= middle)
        if not second and along.max() + 1 > middle:
            continue  # it sees both halves
        own, other = values[halves[second]], values[halves[not second]]
        better = int((values > own).sum())
        rows.append((float(values.max()) / largest, better == 0, better < 5, bool(own > other)))
    return rows


def _shares(rows: np.ndarray) -> str:
    shares = " / ".join(f"{share:.3f}" for share in rows[:, 1:].mean(axis=0))
    return f"{len(rows)}: {shares}"


if __name__ == "__main__":
    main()
