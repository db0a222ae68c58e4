"""The maps of all methods, each with what it took and what holds of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from attribution_core.attribution import Attribution
from attribution_core.measures.class_correlation import class_correlation
from attribution_core.measures.csv_tables import csv_text
from attribution_core.methods.badges import badges_of
from attribution_core.methods.method import QUESTIONS, Question
from attribution_core.running.pace import TimeLeft
from attribution_core.segmentations import counted
from pages.ui.components.heatmap_grid import MapCell
from pages.ui.components.heatmap_wall import render_heatmap_wall
from pages.ui.maps.drawing import in_seconds, limits
from pages.ui.maps.grid import attribution_in, map_cell
from pages.ui.methods.asked import Asked, times_before
from pages.ui.shell.progress import Snapshots
from pages.ui.shell.scene import Scene
from pages.ui.worker.cost import readable
from pages.ui.worker.engine import Engine
from pages.ui.worker.tasks import Explain

Groups = Mapping[Question, tuple[Asked, ...]]


@dataclass(frozen=True)
class Wall:
    """All maps of a class, and the name of the class with which they are compared, if any."""

    groups: Groups
    other: str = ""

    @property
    def asked(self) -> list[Asked]:
        """What is asked of all methods, group by group."""
        return [each for group in self.groups.values() for each in group]


def draw_wall(
    engine: Engine,
    scene: Scene,
    wall: Wall,
    snapshots: Snapshots,
    on_choose: Callable[[str], None],
) -> None:
    """Draw the maps as far as they are; ``on_choose`` is told the name of a clicked method."""
    settings = scene.settings
    groups = list(wall.groups.values())
    places = {(row, at): each for row, group in enumerate(groups) for at, each in enumerate(group)}
    made = {
        at: estimate
        for at, each in places.items()
        if each.task is not None and (estimate := attribution_in(snapshots[each.task])) is not None
    }
    saturate = limits(made, settings)
    before = times_before(engine, wall.asked, snapshots)
    cells = [
        _cell(engine, scene, at, each, snapshots, saturate.get(at, 1.0), wall, before)
        for at, each in places.items()
    ]
    render_heatmap_wall(
        groups=[QUESTIONS[question] for question in wall.groups],
        cells=cells,
        picture=scene.picture.pixels.astype(np.uint8),
        overlay=settings.view == "overlay",
        opacity=settings.opacity,
        smooth=settings.smooth,
        colours=settings.colours,
        key="methods_wall",
        on_choose=lambda row, at: on_choose(places[row, at].method.name),
    )


def _cell(
    engine: Engine,
    scene: Scene,
    at: tuple[int, int],
    asked: Asked,
    snapshots: Snapshots,
    limit: float,
    wall: Wall,
    before: Mapping[str, TimeLeft],
) -> MapCell:
    options = scene.settings.options_of(asked.method.name)
    badges = badges_of(asked.method, options)
    told = " · ".join(badge.title for badge in badges)
    explained = [f"{badge.title[:1].upper()}{badge.title[1:]}: {badge.help}" for badge in badges]
    words = "\n".join([asked.method.help, *explained, "A click opens its page."])
    if asked.task is None:
        cell = MapCell(*at, status="unavailable", message="Not here")
        lines: tuple[str, ...] = (asked.reason, told)
    else:
        snapshot = snapshots[asked.task]
        cell = map_cell(engine, scene, *at, snapshot, limit)
        made = attribution_in(snapshot)
        done = snapshot.state == "done" and made is not None
        cost = _taken(made) if done and made is not None else _to_take(asked, before)
        lines = (cost, told, *_compared(asked, snapshots, wall.other))
    return replace(cell, title=asked.method.title, help=words, caption=lines)


def _taken(made: Attribution) -> str:
    """What a map took here."""
    passes = counted(made.evaluations, "evaluation")
    return f"{in_seconds(made.seconds)} · {passes}"


def _to_take(asked: Asked, before: Mapping[str, TimeLeft]) -> str:
    """What a map will take, in seconds where anything was measured."""
    left = before.get(asked.method.name)
    if left is None:
        return counted(asked.passes, "evaluation")
    if left.seconds < 1:
        return "under a second"
    return f"{'at most' if left.at_most else 'about'} {readable(left.seconds)}"


def _compared(asked: Asked, snapshots: Snapshots, other: str) -> Iterator[str]:
    alike = likeness(asked, snapshots)
    if alike is not None:
        yield f"r = {alike:.2f} with {other}".replace("r = -", "r = −")


def likeness(asked: Asked, snapshots: Snapshots) -> float | None:
    """The correlation of a method's maps of both classes; None where there is none yet."""
    maps = [_finished(task, snapshots) for task in (asked.task, asked.other)]
    if maps[0] is None or maps[1] is None:
        return None
    alike = class_correlation(maps[0].heatmap, maps[1].heatmap)
    return alike if np.isfinite(alike) else None


def _finished(task: Explain | None, snapshots: Snapshots) -> Attribution | None:
    if task is None or snapshots[task].state != "done":
        return None
    return attribution_in(snapshots[task])


def wall_csv(wall: Wall, snapshots: Snapshots) -> str:
    """A table of what the wall says, a line a method."""
    header = ("method", "title", "question", "badges", "seconds", "evaluations", "correlation")
    lines: list[tuple[object, ...]] = []
    for question, group in wall.groups.items():
        for each in group:
            made = _finished(each.task, snapshots)
            alike = likeness(each, snapshots) if made is not None else None
            lines.append(
                (
                    each.method.name,
                    each.method.title,
                    QUESTIONS[question],
                    ", ".join(badge.title for badge in badges_of(each.method)),
                    "" if made is None else f"{made.seconds:.4g}",
                    "" if made is None else made.evaluations,
                    "" if alike is None else f"{alike:.4f}",
                )
            )
    return csv_text(header, lines)
