"""What a newcomer sees, computed before anybody has come."""

from __future__ import annotations

import time
import uuid

from pages.ui.attributions import places, predictions_for
from pages.ui.engine import Engine
from pages.ui.gallery import pixels_of
from pages.ui.settings import Settings
from pages.ui.sidebar import DEFAULT_SIZE, suggested_classes
from pages.ui.work import Work

_LOOK_SECONDS = 0.5


def newcomers_work(engine: Engine) -> list[Work]:
    """All that the first page asks for when it is opened without a link, in its order."""
    model = engine.default_model()
    settings = Settings(model=model.name, layer=model.default_layer)
    picture, labels = pixels_of(settings.picture, DEFAULT_SIZE), engine.labels(model.name)
    classes = suggested_classes(settings, None, labels)
    table = places(settings, picture, classes, labels)
    maps = [place.work for place in table if place.work is not None]
    return [*predictions_for(settings, picture), *maps]


def prepare_for_newcomer(engine: Engine) -> None:
    """Have a newcomer's work done, as if one waited for it; returns when it is.

    The network is loaded and traced by that, whatever the first visitor asks for, and one who comes
    meanwhile shares the work.
    """
    name = f"newcomer-{uuid.uuid4().hex}"
    engine.jobs.ask(name, newcomers_work(engine))
    while engine.jobs.standing(name).unfinished:
        time.sleep(_LOOK_SECONDS)
        engine.jobs.touch(name)
    engine.jobs.ask(name, [])
