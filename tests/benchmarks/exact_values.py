"""Seconds of exact Shapley values by locality: additive layers once, or all for each coalition.

The values of all classes of 49 cells, from the picture on: the pass through the network's body, the
guard's coalitions and the products with the last layer included. Both sides in turns, medians.
Processors' seconds tell more where other programs keep the machine busy.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from attribution_core import Cache, load_classifier
from attribution_core.arrays import BoolArray, FloatArray
from attribution_core.games.local_game import LocalGame, colours_of, mean_parts
from attribution_core.methods.estimate import last_of
from attribution_core.methods.semivalues import by_locality
from attribution_core.methods.shapley_values import SHAPLEY
from attribution_core.network.classifier import Classifier
from tests.benchmarks.problems import best_class, gallery_picture, posed
from tests.benchmarks.shapley_games import CELLS

TURNS = 5
LOCAL_HEADS = (("vgg16_cam", "block5_conv3"), ("efficientnet_lite0", "block6d_add"))


@dataclass(frozen=True, eq=False)
class WholePart:
    """A local game each of whose coalitions goes through all layers of the local part."""

    game: LocalGame

    @property
    def sees(self) -> BoolArray:
        return self.game.sees

    @property
    def batch_size(self) -> int:
        return self.game.batch_size

    def parts(self, coalitions: BoolArray) -> FloatArray:
        return self.game.parts(coalitions)

    def parts_of_unions(self, present: BoolArray) -> FloatArray:
        return self.game.parts(present[:, colours_of(self.sees)])

    def outputs(self, parts: FloatArray) -> FloatArray:
        return self.game.outputs(parts)


def main() -> None:
    print(
        f"{'network':20}{'layer':14}{'all layers s':>13}{'of CPUs':>9}{'additive s':>12}"
        f"{'of CPUs':>9}{'ratio':>7}{'of CPUs':>9}{'difference':>12}"
    )
    for network, layer in LOCAL_HEADS:
        classifier = load_classifier(network)
        ways: tuple[Callable[[LocalGame], LocalGame], ...] = (WholePart, lambda game: game)
        seconds = np.empty((TURNS + 1, 2, 2))
        values: list[FloatArray] = []
        for turn in seconds:
            measured = [_exact_values(classifier, layer, way) for way in ways]
            values = [found for found, _ in measured]
            turn[:] = [taken for _, taken in measured]
        # The first turn traces, and is left out.
        whole, additive = np.median(seconds[1:], axis=0)
        ratio = whole / additive
        difference = np.abs(values[0] - values[1]).max() / np.abs(values[0]).max()
        print(
            f"{network:20}{layer:14}{whole[0]:13.2f}{whole[1]:9.2f}{additive[0]:12.2f}"
            f"{additive[1]:9.2f}{ratio[0]:7.1f}{ratio[1]:9.1f}{difference:12.1e}",
            flush=True,
        )


def _exact_values(
    classifier: Classifier, layer: str, way: Callable[[LocalGame], LocalGame]
) -> tuple[FloatArray, FloatArray]:
    """Values ``(players, classes)``, and the seconds and the processors' seconds they took."""
    picture = gallery_picture(classifier, "cat_coffee.png")
    target = best_class(classifier, picture)
    classifier.cache = Cache(2**28)
    started = np.array([time.perf_counter(), time.process_time()])
    problem = posed(classifier, picture, "shapley_values", target, layer, "zeros", CELLS)
    found = problem.local_game(problem.segments_of(None))
    if found is None:
        raise ValueError(f"The head above {layer} is not local.")
    game = way(found)
    values = last_of(by_locality(game, mean_parts(game), SHAPLEY)).values
    return values, np.array([time.perf_counter(), time.process_time()]) - started


if __name__ == "__main__":
    main()
