"""Tables of maps: what is asked for in each row and column, or why there is no map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from attribution_core.registry import METHODS
from attribution_core.request import Reason, Request
from pages.ui.shell.requests import (
    request_for,
)
from pages.ui.shell.scene import Scene
from pages.ui.shell.settings import Settings
from pages.ui.worker.tasks import Explain, Task

MOST_TOGETHER = 4


@dataclass(frozen=True)
class TableCell:
    """One map of a table: the task that computes it, or why there is none."""

    row: int
    column: int
    task: Task | None
    reason: str = ""


@dataclass(frozen=True)
class MapTable:
    """Maps in rows and columns, as a page draws and saves them.

    Attributes
    ----------
    rows, columns : tuple of str
        Titles.
    cells : tuple of TableCell
        One for each row and column.
    row_names, column_names : tuple of str
        What rows and columns are called in files: letters, digits, ``-`` and ``_``.
    column_help : mapping of title to str
    """

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[TableCell, ...]
    row_names: tuple[str, ...]
    column_names: tuple[str, ...]
    column_help: Mapping[str, str] = field(default_factory=dict)


def classes_by_methods(scene: Scene, classes: Sequence[int]) -> MapTable:
    """A row a class, a column a method."""
    methods = [METHODS[name] for name in scene.settings.methods]
    return MapTable(
        rows=tuple(scene.labels[number] for number in classes),
        columns=tuple(method.title for method in methods),
        cells=cells_for(scene, classes),
        row_names=tuple(str(number) for number in classes),
        column_names=scene.settings.methods,
        column_help={method.title: method.help for method in methods},
    )


def cells_for(scene: Scene, classes: Sequence[int]) -> tuple[TableCell, ...]:
    """A row a class, a column a method."""
    settings = scene.settings
    return tuple(
        cell_for(
            scene,
            row,
            column,
            request_for(scene, method, target),
            beside=asked_beside(settings, classes, target),
        )
        for row, target in enumerate(classes)
        for column, method in enumerate(settings.methods)
    )


def cell_for(
    scene: Scene, row: int, column: int, asked: Request | Reason, beside: tuple[int, ...] = ()
) -> TableCell:
    """The map that is asked for in a row and column, or why there is none."""
    if isinstance(asked, Reason):
        return TableCell(row, column, None, asked)
    return TableCell(row, column, Explain(scene.settings.model, asked, beside))


def asked_beside(settings: Settings, classes: Sequence[int], target: int) -> tuple[int, ...]:
    """The other classes of a target's few rows: gradients of all are held in memory together."""
    rival = settings.against if settings.score == "contrast" else None
    asked = [number for number in classes if number != rival]
    if target == rival:
        return ()
    start = asked.index(target) // MOST_TOGETHER * MOST_TOGETHER
    return tuple(number for number in asked[start : start + MOST_TOGETHER] if number != target)
