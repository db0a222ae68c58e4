"""All stories: the app's own, and those in a folder that the operator names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from attribution_core.assets import ASSETS
from pages.ui.shell.gallery import gallery
from pages.ui.shell.settings import Settings, decode
from pages.ui.stories.story import Story, read_story
from pages.ui.worker.engine import Engine

FOLDER = ASSETS / "stories"
VARIABLE = "ATTRIBUTION_STORIES"
"""Names a further folder of stories."""


@dataclass(frozen=True)
class Shelf:
    """Stories by name, and a sentence for each file that is no story."""

    stories: Mapping[str, Story]
    complaints: tuple[str, ...]


def shelf(engine: Engine) -> Shelf:
    """The stories of this server, read when they are first asked for."""
    folders = [FOLDER]
    further = os.environ.get(VARIABLE)
    if further:
        folders.append(Path(further).expanduser())
    return read_shelf(tuple(folders), engine.names())


@cache
def read_shelf(folders: tuple[Path, ...], models: tuple[str, ...]) -> Shelf:
    """Read all stories of some folders, in the order of their file names.

    A story of a later folder takes the place of one of the same name. Settings are checked against
    these models and the gallery.
    """
    pictures = tuple(entry.id for entry in gallery())

    def judge(parameters: Mapping[str, str]) -> tuple[str, ...]:
        return decode(parameters, Settings(model=models[0]), models, pictures)[1]

    stories: dict[str, Story] = {}
    complaints: list[str] = []
    for folder in folders:
        if not folder.is_dir():
            complaints.append(f"There is no folder of stories {folder}; {VARIABLE} names it.")
            continue
        for path in sorted(folder.glob("*.toml")):
            try:
                story = read_story(path, judge)
            except ValueError as error:
                complaints.append(str(error))
            else:
                stories[story.name] = story
    return Shelf(stories, tuple(complaints))
