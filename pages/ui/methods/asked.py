"""What the page asks of each method: its map of a class, and that of another to compare it with."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from attribution_core.attribution import Attribution
from attribution_core.methods.method import Method, Question
from attribution_core.registry import in_groups
from attribution_core.request import Reason, evaluations_of
from attribution_core.running.pace import TimeLeft
from pages.ui.maps.table import asked_beside
from pages.ui.shell.progress import Snapshots
from pages.ui.shell.requests import request_for
from pages.ui.shell.scene import Scene
from pages.ui.worker.engine import Engine
from pages.ui.worker.tasks import Explain

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier

FEWEST_PASSES = 16
"""Below that, preparing the network takes most of the time, and tells nothing of other methods."""


@dataclass(frozen=True)
class Asked:
    """One method.

    Attributes
    ----------
    method : Method
    task, other : Explain or None
        The map of the class, and of the class it is compared with; None where it cannot be made.
    reason : str
        Why it cannot be made.
    passes : int
        Planned for the map.
    """

    method: Method[Any]
    task: Explain | None
    other: Explain | None = None
    reason: str = ""
    passes: int = 0


def ask_for_all(
    classifier: Classifier, scene: Scene, names: Collection[str], target: int, other: int | None
) -> Mapping[Question, tuple[Asked, ...]]:
    """What is asked of the methods of these names, by the question that they answer."""
    groups = {
        question: tuple(
            _ask_for(classifier, scene, method, target, other)
            for method in methods
            if method.name in names
        )
        for question, methods in in_groups().items()
    }
    return {question: asked for question, asked in groups.items() if asked}


def _ask_for(
    classifier: Classifier, scene: Scene, method: Method[Any], target: int, other: int | None
) -> Asked:
    request = request_for(scene, method.name, target)
    if isinstance(request, Reason):
        return Asked(method, None, reason=request)
    return Asked(
        method,
        _task(scene, method.name, target),
        None if other is None else _task(scene, method.name, other),
        passes=evaluations_of(classifier, request),
    )


def _task(scene: Scene, method: str, target: int) -> Explain | None:
    request = request_for(scene, method, target)
    if isinstance(request, Reason):
        return None
    # The same as on Explore, so that what is there need not be computed again.
    beside = asked_beside(scene.settings, scene.classes, target) if target in scene.classes else ()
    return Explain(scene.settings.model, request, beside)


def times_before(
    engine: Engine, asked: Collection[Asked], snapshots: Snapshots
) -> Mapping[str, TimeLeft]:
    """What maps that are still to be made take, by method, as far as anything was measured.

    By the pace of the same method at this layer; where that was never measured, by the time that a
    pass takes of other methods that need the same, or of any.
    """
    times, of_pass = {}, dict[str, list[float]]()
    for each in asked:
        if each.task is None:
            continue
        made = snapshots[each.task].estimate if each.task in snapshots else None
        if isinstance(made, Attribution) and made.finished:
            if made.evaluations >= FEWEST_PASSES:
                rates = of_pass.setdefault(each.method.needs, [])
                rates.append(made.seconds / made.evaluations)
        elif (left := engine.jobs.cost([each.task])) is not None:
            times[each.method.name] = left
            if each.passes >= FEWEST_PASSES:
                of_pass.setdefault(each.method.needs, []).append(left.seconds / each.passes)
    every = [rate for rates in of_pass.values() for rate in rates]
    for each in asked:
        if every and each.task is not None:
            rate = median(of_pass.get(each.method.needs, every))
            stops = each.method.stops_early(
                each.method.read_options(dict(each.task.request.options))
            )
            times.setdefault(each.method.name, TimeLeft(rate * each.passes, stops))
    return times


def quickest_first(asked: Collection[Asked], times: Mapping[str, TimeLeft]) -> list[Asked]:
    """Those that can be run: by what is known of their times, else by their passes."""

    def cost(each: Asked) -> float:
        return times[each.method.name].seconds if each.method.name in times else each.passes

    return sorted((each for each in asked if each.task is not None), key=cost)
