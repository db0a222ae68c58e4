"""SmoothGrad's noise by layer: energy in the half of the picture that shows the class.

Pictures of the gallery with one thing in the left half and another in the right one, and the
classes of both, on both built-in networks. Energy is the share of the positive attribution, values
summed over channels, in the half of the class; a map that says nothing has a half. σ is a share of
the values' range, as the option says, and in the last column 0.3 of their standard deviation. Where
the network is linear from a layer on, noise changes nothing, and such layers are left out. What to
compare: every column with "gradient", and 0.15, which is the literature's for pixels, with smaller
ones at inner layers.
"""

from __future__ import annotations

import numpy as np

from attribution_core import load_classifier, smoothgrad
from attribution_core.measures.localisation import grid_pointing
from attribution_core.problem import Problem
from attribution_core.segmentations import grid
from tests.benchmarks.problems import gallery_picture, posed

PICTURES = {
    "cat_coffee.png": (285, 967),
    "macaw_koala.jpg": (88, 105),
    "lemur_gibbon.jpg": (383, 368),
    "bison_crocodile.jpg": (347, 49),
    "bear_chameleon.jpg": (296, 47),
    "castle_viaduct.jpg": (483, 888),
}
LAYERS = {
    "vgg16_cam": ("block5_conv3", "block5_conv1", "block4_conv3"),
    "efficientnet_lite0": ("block6d_add", "block5c_add", "block4c_add", "block3b_add"),
}
SIGMAS = (0.003, 0.01, 0.03, 0.06, 0.15)
OF_DEVIATION = (0.3,)
SAMPLES = 12


def main() -> None:
    print(
        f"{'network':20}{'layer':14}{'gradient':>10}"
        + "".join(f"{share:>8g}" for share in SIGMAS)
        + "".join(f"{f'{share:g} dev':>9}" for share in OF_DEVIATION)
    )
    for name, layers in LAYERS.items():
        classifier = load_classifier(name)
        height, width = classifier.input_size
        halves = grid(height, width, 1, 2)
        for layer in layers:
            found = []
            for file, classes in PICTURES.items():
                picture = gallery_picture(classifier, file)
                for half, target in enumerate(classes):
                    problem = posed(classifier, picture, "smoothgrad", target, layer)
                    deviation = float(problem.point.std() / np.ptp(problem.point))
                    sigmas = (0.0, *SIGMAS, *(share * deviation for share in OF_DEVIATION))
                    maps = [_smoothed(problem, sigma) for sigma in sigmas]
                    found.append([grid_pointing(each, halves, half) for each in maps])
            means = np.mean(found, axis=0)
            cells = "".join(f"{mean:>{10 if at == 0 else 8}.2f}" for at, mean in enumerate(means))
            print(f"{name:20}{layer:14}{cells}", flush=True)


def _smoothed(problem: Problem, sigma: float) -> np.ndarray:
    """The map ``(h, w)``; without noise it is the gradient, of one sample."""
    values = smoothgrad(
        problem.function, problem.point, samples=SAMPLES if sigma else 2, sigma=sigma
    ).values
    return np.asarray(values.sum(axis=2))


if __name__ == "__main__":
    main()
