"""What a newcomer sees, computed before the first visitor comes."""

from __future__ import annotations

import contextlib
import time
import uuid

from attribution_core.running.jobs import Closed
from pages.ui.maps.table import cells_for
from pages.ui.shell.requests import predictions_for
from pages.ui.shell.scene import scene_of
from pages.ui.shell.settings import Settings
from pages.ui.worker.engine import Engine
from pages.ui.worker.tasks import Task

_LOOK_SECONDS = 0.5


def newcomers_tasks(engine: Engine, name: str) -> list[Task]:
    """All that the first page asks for when a visitor of that name opens it without a link."""
    scene = scene_of(engine, Settings(model=engine.default_model().name), name)
    maps = [cell.task for cell in cells_for(scene, scene.classes) if cell.task is not None]
    return [*predictions_for(scene.settings, scene.picture), *maps]


def prepare_for_newcomer(engine: Engine) -> None:
    """Run a newcomer's tasks, as if a visitor waited for them; returns when they have ended.

    This loads and traces the network, whatever the first visitor asks for, and a visitor who comes
    meanwhile shares the tasks.
    """
    name = f"newcomer-{uuid.uuid4().hex}"
    with contextlib.suppress(Closed):
        engine.jobs.ask(name, newcomers_tasks(engine, name))
        while engine.jobs.standing(name).unfinished:
            time.sleep(_LOOK_SECONDS)
            engine.jobs.touch(name)
        engine.jobs.ask(name, [])
