"""What a newcomer sees, computed before anybody has come."""

from __future__ import annotations

import time
import uuid

from pages.ui.maps.table import places
from pages.ui.shell.requests import predictions_for
from pages.ui.shell.scene import scene_of
from pages.ui.shell.settings import Settings
from pages.ui.worker.engine import Engine
from pages.ui.worker.tasks import Work

_LOOK_SECONDS = 0.5


def newcomers_work(engine: Engine, name: str) -> list[Work]:
    """All that the first page asks for when a visitor of that name opens it without a link."""
    scene = scene_of(engine, Settings(model=engine.default_model().name), name)
    maps = [place.work for place in places(scene, scene.classes) if place.work is not None]
    return [*predictions_for(scene.settings, scene.picture), *maps]


def prepare_for_newcomer(engine: Engine) -> None:
    """Have a newcomer's work done, as if one waited for it; returns when it is.

    The network is loaded and traced by that, whatever the first visitor asks for, and one who comes
    meanwhile shares the work.
    """
    name = f"newcomer-{uuid.uuid4().hex}"
    engine.jobs.ask(name, newcomers_work(engine, name))
    while engine.jobs.standing(name).unfinished:
        time.sleep(_LOOK_SECONDS)
        engine.jobs.touch(name)
    engine.jobs.ask(name, [])
