"""Maps in rows and columns, and the titles that tell them apart."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from attribution_core.figures.words import (
    model_title,
    option_title,
    players_title,
    reference_title,
    score_title,
)
from attribution_core.painting import Cell
from attribution_core.registry import METHODS

if TYPE_CHECKING:
    from attribution_core.attribution import Attribution


@dataclass(frozen=True)
class Arrangement:
    """Maps by row and column, with a title for each line of them; a title may be empty.

    Raises
    ------
    ValueError
        When there is no map, or a title is missing.
    """

    cells: Mapping[Cell, Attribution]
    rows: tuple[str, ...]
    columns: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.cells:
            raise ValueError("There is nothing to draw; give at least one attribution.")
        for titles, axis, noun in ((self.rows, 0, "row"), (self.columns, 1, "column")):
            needed = 1 + max(cell[axis] for cell in self.cells)
            if len(titles) < needed:
                raise ValueError(
                    f"There are {needed} {noun}s of maps and {len(titles)} {noun} titles; "
                    f"give a title for each {noun}."
                )

    @property
    def attributions(self) -> tuple[Attribution, ...]:
        """The maps in reading order."""
        return tuple(self.cells[cell] for cell in sorted(self.cells))


def classes_by_methods(attributions: Sequence[Attribution]) -> dict[Cell, Attribution]:
    """A row for each class of a picture and model, a column for each method and its settings.

    Raises
    ------
    ValueError
        When two attributions have the same place.
    """
    rows: dict[Hashable, int] = {}
    columns: dict[Hashable, int] = {}
    cells: dict[Cell, Attribution] = {}
    for each in attributions:
        request = each.request
        row = (each.model_fingerprint, request.picture, request.target)
        column = (
            request.method,
            request.layer,
            request.reference,
            request.score,
            request.segmentation,
            request.seed,
            request.options,
        )
        cell = (rows.setdefault(row, len(rows)), columns.setdefault(column, len(columns)))
        if cell in cells:
            raise ValueError(
                f"{METHODS[request.method].title} for {each.label} is there twice, from the same "
                "settings; give each attribution once, or arrange them in rows yourself."
            )
        cells[cell] = each
    return cells


@dataclass(frozen=True)
class _Trait:
    """A property in which maps can differ, and how a title says it.

    ``always`` is said even where all maps agree, ``axis`` the lines that say it where both could:
    0 for rows, 1 for columns.
    """

    key: Callable[[Attribution], Hashable]
    title: Callable[[Attribution], str]
    axis: int
    always: bool = False


def titled(
    cells: Mapping[Cell, Attribution],
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    labels: Sequence[str] = (),
) -> Arrangement:
    """Give rows and columns titles: class and method, and everything else in which the maps differ.

    Parameters
    ----------
    cells : mapping of (row, column) to Attribution
    rows, columns : sequence of str or None
        The titles where they are given.
    labels : sequence of str
        Of all classes where they are known.

    Raises
    ------
    ValueError
        When maps differ in a property that is not the same throughout each row or each column, and
        no titles are given.
    """
    lines = [_lines(cells, axis) for axis in (0, 1)]
    said: list[list[list[str]]] = [[[] for _ in each] for each in lines]
    for trait in _traits(list(cells.values()), labels):
        if not trait.always and len({trait.key(each) for each in cells.values()}) < 2:
            continue
        agreeing = [
            axis
            for axis in (trait.axis, 1 - trait.axis)
            if all(len({trait.key(each) for each in line}) < 2 for line in lines[axis])
        ]
        if not agreeing:
            if rows is None and columns is None:
                raise ValueError(
                    "The maps of a row or a column have nothing in common that its title could "
                    "say; give titles for rows and columns."
                )
            continue
        for titles, line in zip(said[agreeing[0]], lines[agreeing[0]], strict=True):
            if line and (title := trait.title(line[0])):
                titles.append(title)
    of_rows, of_columns = (tuple("\n".join(titles) for titles in each) for each in said)
    return Arrangement(
        cells,
        of_rows if rows is None else tuple(rows),
        of_columns if columns is None else tuple(columns),
    )


def _lines(cells: Mapping[Cell, Attribution], axis: int) -> list[list[Attribution]]:
    """The maps of each row, or of each column."""
    count = 1 + max((cell[axis] for cell in cells), default=-1)
    lines: list[list[Attribution]] = [[] for _ in range(count)]
    for cell in sorted(cells):
        lines[cell[axis]].append(cells[cell])
    return lines


def _traits(attributions: Sequence[Attribution], labels: Sequence[str]) -> list[_Trait]:
    known = dict(enumerate(labels)) | {each.target: each.label for each in attributions}
    return [
        _Trait(lambda each: each.target, lambda each: each.label, 0, always=True),
        _Trait(lambda each: each.model_fingerprint, lambda each: model_title(each.model), 0),
        _Trait(
            lambda each: each.request.method,
            lambda each: METHODS[each.request.method].title,
            1,
            always=True,
        ),
        _Trait(
            lambda each: frozenset(_unlike(each, attributions)),
            lambda each: ", ".join(_unlike(each, attributions)),
            1,
        ),
        _Trait(lambda each: each.request.layer, lambda each: each.request.layer, 1),
        _Trait(lambda each: each.request.reference, reference_title, 1),
        _Trait(lambda each: each.request.score, lambda each: score_title(each, known), 1),
        _Trait(lambda each: each.request.segmentation, players_title, 1),
        _Trait(lambda each: each.request.seed, lambda each: f"seed {each.request.seed}", 1),
    ]


def _unlike(attribution: Attribution, others: Sequence[Attribution]) -> list[str]:
    """The options whose values differ among the maps of a method."""
    method = attribution.request.method
    options = [dict(each.request.options) for each in others if each.request.method == method]
    return [
        option_title(method, name, value)
        for name, value in attribution.request.options
        if any(each.get(name) != value for each in options)
    ]
