"""What each method's maps will take, as far as that was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from attribution_core.registry import METHODS
from attribution_core.request import Request
from pages.ui.shell.requests import request_for
from pages.ui.shell.scene import Scene
from pages.ui.shell.session import session
from pages.ui.shell.settings import Settings
from pages.ui.worker.cost import about
from pages.ui.worker.engine import Engine
from pages.ui.worker.tasks import Explain


def costs_here(engine: Engine, scene: Scene) -> Mapping[str, str]:
    """The time for the maps of the target classes by each method, in words; empty where it is
    short or was never measured.

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
        kept = known, {name: _cost_here(engine, scene, name) for name in METHODS}
        session().costs = kept
    return kept[1]


def _cost_here(engine: Engine, scene: Scene, method: str) -> str:
    tasks = []
    for target in scene.classes:
        asked = request_for(scene, method, target)
        beside = tuple(number for number in scene.classes if number != target)
        if isinstance(asked, Request):
            tasks.append(Explain(scene.settings.model, asked, beside))
    return about(engine.jobs.cost(tasks))
