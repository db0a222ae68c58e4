"""A film of maps: the tasks that compute its pictures, and the pictures that are there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from attribution_core.attribution import Attribution
from attribution_core.figures.words import unit
from pages.ui.components.heatmap_grid import FilmReel, MapCell, Shot
from pages.ui.maps.drawing import drawn_map, limits
from pages.ui.maps.grid import attribution_in
from pages.ui.maps.table import TableCell
from pages.ui.shell.progress import Snapshots
from pages.ui.shell.settings import Settings
from pages.ui.worker.tasks import Task

SECONDS = 0.8
"""That a picture is seen."""


@dataclass(frozen=True)
class Film:
    """What a film shows, and what has to be computed for it.

    Attributes
    ----------
    name : str
        Changes with anything that changes its pictures.
    title : str
        What is shown and what changes.
    rows, columns : tuple of str
        Titles of its squares.
    tasks : mapping of Task to str
        With names for the progress line, in the order of the pictures.
    planned : int
        Pictures in all.
    shots : callable
        The pictures whose tasks are done.
    seconds : float
        That a picture is seen.
    """

    name: str
    title: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    tasks: Mapping[Task, str]
    planned: int
    shots: Callable[[Snapshots], Sequence[Shot]]
    seconds: float = SECONDS

    def reel(self, snapshots: Snapshots) -> FilmReel:
        """The film as far as it is computed."""
        return FilmReel(self.name, tuple(self.shots(snapshots)), self.planned, self.seconds)


@dataclass(frozen=True)
class Still:
    """A picture of a film whose squares are maps of their own tasks."""

    label: str
    cells: tuple[TableCell, ...]
    bars: Mapping[int, tuple[tuple[str, float, float | None], ...]] = field(default_factory=dict)

    @property
    def tasks(self) -> Iterable[Task]:
        return (cell.task for cell in self.cells if cell.task is not None)


def film_of_maps(
    name: str,
    title: str,
    rows: tuple[str, ...],
    columns: tuple[str, ...],
    stills: Sequence[Still],
    settings: Settings,
) -> Film:
    """A film each of whose pictures shows maps, each on its own scale or as the settings say."""
    tasks = {task: f"{title}, {still.label}" for still in stills for task in still.tasks}

    def shots(snapshots: Snapshots) -> list[Shot]:
        return [shot for still in stills if (shot := _shot(still, snapshots, settings)) is not None]

    return Film(_identity(name, tasks, settings), title, rows, columns, tasks, len(stills), shots)


def _identity(name: str, tasks: Iterable[Task], settings: Settings) -> str:
    return f"{name} {hash((tuple(tasks), settings.scale, settings.clip))}"


def _shot(still: Still, snapshots: Snapshots, settings: Settings) -> Shot | None:
    """The picture; None until all its maps have ended."""
    found: dict[tuple[int, int], Attribution] = {}
    failed: dict[tuple[int, int], str] = {}
    for cell in still.cells:
        at = (cell.row, cell.column)
        if cell.task is None:
            failed[at] = cell.reason
            continue
        snapshot = snapshots[cell.task]
        attribution = attribution_in(snapshot)
        if snapshot.state == "done" and attribution is not None:
            found[at] = attribution
        elif snapshot.state == "failed":
            failed[at] = "This could not be computed."
        else:
            return None
    saturate = limits(found, settings)
    cells = [MapCell(*at, status="unavailable", message=reason) for at, reason in failed.items()]
    cells += [map_of(at, attribution, saturate[at]) for at, attribution in found.items()]
    return Shot(still.label, tuple(sorted(cells, key=lambda cell: (cell.row, cell.column))))


def map_of(at: tuple[int, int], attribution: Attribution, limit: float) -> MapCell:
    """One square with an attribution's map."""
    drawn = drawn_map(attribution)
    return MapCell(
        *at,
        values=drawn.values,
        packed=drawn.packed,
        limit=limit,
        caption=drawn.caption,
        message=attribution.blank,
        unit=unit(attribution),
    )
