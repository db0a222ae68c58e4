"""Requests for maps of a picture whose class the worker finds: the sidebar's, with any class."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from attribution_core.images import Picture
from attribution_core.request import Reason, Request
from pages.ui.shell.markdown import literal
from pages.ui.shell.requests import request_for
from pages.ui.shell.scene import Scene


def templates_for(
    scene: Scene, picture: Picture, target: int | None
) -> tuple[tuple[Request, ...], tuple[Reason, ...]]:
    """Of the sidebar's methods, and why there is none of some; any class where target is None."""
    settings = scene.settings
    here = replace(scene, picture=picture)
    anyone = 1 if settings.score == "contrast" and settings.against == 0 else 0
    asked = [
        request_for(here, name, anyone if target is None else target) for name in settings.methods
    ]
    return (
        tuple(each for each in asked if not isinstance(each, Reason)),
        tuple(each for each in asked if isinstance(each, Reason)),
    )


def why_no_maps(reasons: Iterable[str]) -> str:
    """That no method has a map, and why, in Markdown."""
    return "None of the chosen methods has a map here: " + " ".join(
        dict.fromkeys(literal(each) for each in reasons)
    )


def of_other_scores(scene: Scene) -> str:
    """What is explained of a picture of the class that all others are contrasted with; in Markdown,
    empty where there is none."""
    if scene.settings.score != "contrast":
        return ""
    rival = literal(scene.labels[scene.settings.against or 0])
    return f"Where “{rival}” itself is the top class, its lead over the runner-up is explained."
