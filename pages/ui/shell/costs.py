"""What each method's maps will take, as far as that was measured."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from attribution_core.attribution import Attribution
from attribution_core.registry import METHODS
from attribution_core.request import Request
from pages.ui.shell.requests import request_for
from pages.ui.shell.scene import Scene
from pages.ui.shell.session import session, visitor
from pages.ui.shell.settings import Settings
from pages.ui.worker.cost import about
from pages.ui.worker.engine import Engine
from pages.ui.worker.tasks import Explain


@dataclass(frozen=True)
class Costs:
    """What maps of the target classes take by each method, by name.

    Attributes
    ----------
    words : mapping of str to str
        Of those that are not there yet; empty where it is short or was never measured.
    seconds : mapping of str to float
        Of one map, as far as that was measured, there already or not.
    able : set of str
        The methods that can be run, as far as that is known.
    """

    words: Mapping[str, str]
    seconds: Mapping[str, float]
    able: Collection[str]


def costs_here(engine: Engine, scene: Scene) -> Costs:
    """What the methods cost at the scene's settings.

    They are worked out again when what is asked has changed, or any work has ended: not at a click
    that changes only how the maps look.
    """
    looks = Settings()
    asked = replace(
        scene.settings,
        methods=(),
        colours=looks.colours,
        scale=looks.scale,
        clip=looks.clip,
        view=looks.view,
        opacity=looks.opacity,
        smooth=looks.smooth,
    )
    loaded = scene.classifier is not None
    known = (asked, scene.classes, scene.picture, loaded, engine.jobs.ended)
    kept = session().costs
    if kept is None or kept[0] != known:
        kept = known, _costs(engine, scene)
        session().costs = kept
    return kept[1]


def _costs(engine: Engine, scene: Scene) -> Costs:
    words, seconds, able = {}, {}, set(METHODS)
    for name in METHODS:
        tasks = _tasks(scene, name)
        words[name] = about(engine.jobs.cost(tasks))
        if tasks and (took := seconds_of(engine, tasks[0])) is not None:
            seconds[name] = took
        if scene.classes and not tasks:
            able.discard(name)
    return Costs(words, seconds, able)


def seconds_of(engine: Engine, task: Explain) -> float | None:
    """What one map took, or takes by what was measured of others; None where nothing was."""
    made = engine.jobs.look(task, visitor()).estimate
    if isinstance(made, Attribution) and made.finished:
        return made.seconds
    left = engine.jobs.cost([task])
    return None if left is None else left.seconds


def _tasks(scene: Scene, method: str) -> list[Explain]:
    tasks = []
    for target in scene.classes:
        asked = request_for(scene, method, target)
        beside = tuple(number for number in scene.classes if number != target)
        if isinstance(asked, Request):
            tasks.append(Explain(scene.settings.model, asked, beside))
    return tasks
