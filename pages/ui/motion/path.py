"""The film of Integrated Gradients: from the reference to the picture, and what has accumulated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from attribution_core.figures.words import unit_of
from attribution_core.images import INPUT, Picture
from attribution_core.painting import percentile_of
from attribution_core.request import Request
from pages.ui.components.heatmap_grid import MapCell, Shot
from pages.ui.motion.film import Film
from pages.ui.shell.numbers import written
from pages.ui.shell.progress import Snapshots
from pages.ui.shell.requests import reference_of, request_for
from pages.ui.shell.scene import Scene
from pages.ui.worker.tasks import Task

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier

METHOD = "integrated_gradients"
STEPS = 24
"""Pieces of the path, one gradient in the middle of each."""


@dataclass(frozen=True, eq=False)
class Accumulated:
    """The integral of the gradients so far, at each place of the path that has been reached.

    Attributes
    ----------
    maps : tuple of float32 array ``(h, w)``
        (x − x′) · ∫₀^α ∂f, summed over channels, at α = 0, 1/`STEPS`, …
    change : float
        f(x) − f(x′), which the last one should sum to.
    done, planned : int
        Gradients.
    """

    maps: tuple[npt.NDArray[np.float32], ...]
    change: float
    done: int
    planned: int = STEPS


@dataclass(frozen=True)
class FollowPath:
    """Integrated Gradients of a request by the midpoint rule, with all partial sums."""

    at_once: ClassVar[bool] = False

    model: str
    request: Request

    def steps(self, classifier: Classifier) -> Iterator[Accumulated]:
        from attribution_core.explanation import pose

        problem = pose(classifier, self.request)
        function, point, reference = problem.function, problem.point, problem.reference
        difference = point - reference
        before, after = function.values(np.stack([reference, point]))
        maps = [np.zeros(point.shape[:2], np.float32)]
        nodes = (np.arange(STEPS) + 0.5) / STEPS
        for start in range(0, STEPS, function.batch_size):
            alphas = nodes[start : start + function.batch_size].astype(point.dtype)
            points = reference + alphas[:, None, None, None] * difference
            _, gradients = function.values_and_gradients(points)
            for gradient in gradients:
                step = (difference * gradient).sum(axis=2, dtype=np.float64) / STEPS
                maps.append((maps[-1] + step).astype(np.float32))
            yield Accumulated(tuple(maps), float(after - before), len(maps) - 1)

    def multiplications(self, classifier: Classifier) -> float:
        return 3 * STEPS * classifier.layer(self.request.layer).multiplications


def along_path(scene: Scene, classes: Sequence[int], common: str) -> Film:
    """The picture coming out of the reference, and the maps that accumulate on the way."""
    tasks = {
        target: FollowPath(scene.settings.model, asked)
        for target in classes
        if isinstance(asked := request_for(scene, METHOD, target), Request)
    }
    grounds = _pictures(scene)

    def shots(snapshots: Snapshots) -> list[Shot]:
        found = {
            target: estimate
            for target, task in tasks.items()
            if isinstance(estimate := snapshots[task].estimate, Accumulated)
        }
        if not found or len(found) < len(tasks):
            return []
        reached = min(len(each.maps) for each in found.values())
        ends = {
            target: percentile_of(each.maps[-1], scene.settings.clip) or 1.0
            for target, each in found.items()
        }
        return [
            Shot(
                f"α = {number / STEPS:.2f} · {_sums(found, number)}",
                tuple(
                    MapCell(
                        row,
                        0,
                        values=each.maps[number],
                        limit=ends[target],
                        unit=unit_of(tasks[target].request),
                    )
                    for row, (target, each) in enumerate(found.items())
                ),
                None if grounds is None else grounds[number],
            )
            for number in range(reached)
        ]

    names: dict[Task, str] = {
        task: f"The path for {scene.labels[target]}" for target, task in tasks.items()
    }
    return Film(
        f"path {hash((tuple(names), scene.settings.clip))}",
        f"Integrated Gradients from the {scene.settings.reference} reference to the picture · "
        f"{common}",
        tuple(scene.labels[target] for target in tasks),
        ("",),
        names,
        STEPS + 1,
        shots,
        seconds=0.25,
    )


def _sums(found: Mapping[int, Accumulated], number: int) -> str:
    """What each class's map sums to so far, and in the end."""
    parts = (
        f"{written(float(each.maps[number].sum(dtype=np.float64)))} of {written(each.change)}"
        for each in found.values()
    )
    return f"sum {', '.join(parts)}"


def _pictures(scene: Scene) -> list[npt.NDArray[np.uint8]] | None:
    """The pictures along the path; None at inner layers, where no picture has the activations."""
    reference: Picture | None = reference_of(scene.settings, scene.picture)
    if reference is None or scene.settings.layer != INPUT:
        return None
    start, end = reference.pixels, scene.picture.pixels
    shares = np.linspace(0, 1, STEPS + 1, dtype=np.float32)
    return [np.rint(start + share * (end - start)).astype(np.uint8) for share in shares]
