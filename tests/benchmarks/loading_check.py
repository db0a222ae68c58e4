"""What it takes to prove, when a network is loaded, that what is explained is that network.

Its outputs, its logits, and its head at every offered layer, on as many pictures as a fraction of a
second allows: seconds by the clock, and of the processor, which other programs on the machine
change less. VGG16 has random weights; the time does not depend on them. The aim is less than a
second for it.
"""

from __future__ import annotations

import time
from statistics import median

import keras

from attribution_core import Classifier
from attribution_core.models import efficientnet_lite0, vgg16, vgg16_cam
from attribution_core.network.verification import check_scores_of
from tests.benchmarks.fast_head import random_vgg16

TURNS = 5


def main() -> None:
    print(f"{'model':20}{'layers':>8}{'seconds':>9}{'CPU s':>8}")
    made = random_vgg16()
    _measure(made, made.network)
    for module in (vgg16_cam, efficientnet_lite0):
        network = module.load()
        labels = [str(number) for number in range(vgg16.CLASSES)]
        _measure(Classifier(network.name, network, module.preprocess, labels), network)


def _measure(classifier: Classifier, given: keras.Model) -> None:
    """The median of several turns, after the first check, which warms up."""
    seconds, used = [], []
    for _ in range(TURNS):
        started = time.perf_counter(), time.process_time()
        trial = check_scores_of(given, classifier._ended, classifier._preprocess)
        classifier._keep_sound_layers(trial)
        seconds.append(time.perf_counter() - started[0])
        used.append(time.process_time() - started[1])
    print(
        f"{classifier.name:20}{len(classifier.layers):8}{median(seconds):9.2f}{median(used):8.2f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
