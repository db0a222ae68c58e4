"""Maps from files, sorted into grids: a row a class, a column whatever else made them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from attribution_core.attribution import Attribution
from attribution_core.images import Picture
from attribution_core.registry import METHODS
from attribution_core.request import Request
from attribution_core.scores import FINER, FINER_TITLE, Contrast
from attribution_core.segmentations import Given, Grid, Segmentation, Slic


@dataclass(frozen=True)
class OpenedMap:
    """A map from a file, with the file's name and the date of its making, in UTC."""

    attribution: Attribution
    file: str
    made: datetime


@dataclass(frozen=True)
class SavedGrid:
    """Maps of one picture by one network.

    Attributes
    ----------
    model, fingerprint : str
        As in `Attribution`.
    picture : Picture
    classes : tuple of int
        One a row.
    rows, columns : tuple of str
        Titles.
    maps : mapping of (row, column) to OpenedMap
    """

    model: str
    fingerprint: str
    picture: Picture
    classes: tuple[int, ...]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    maps: Mapping[tuple[int, int], OpenedMap]


_Column = tuple[Request, datetime | None]
"""A request without its class, and the date where several maps were made from it."""


def grids_of(opened: Sequence[OpenedMap]) -> tuple[SavedGrid, ...]:
    """Grids in the order of their first maps; a map that is there twice is shown once."""
    groups: dict[tuple[str, str, Picture], list[OpenedMap]] = {}
    for each in opened:
        attribution = each.attribution
        key = attribution.model, attribution.model_fingerprint, attribution.request.picture
        groups.setdefault(key, []).append(each)
    return tuple(_grid(*key, maps) for key, maps in groups.items())


def score_name(score: str | Contrast, labels: Sequence[str] = ()) -> str:
    """A score in words; of a contrast, the class's label where it is known."""
    if not isinstance(score, Contrast):
        return FINER_TITLE if score == FINER else score
    return score.named(dict(enumerate(labels)))


def _grid(model: str, fingerprint: str, picture: Picture, maps: list[OpenedMap]) -> SavedGrid:
    # The same map may be in two files.
    content: dict[tuple[Request, bytes], OpenedMap] = {}
    for each in maps:
        attribution = each.attribution
        content.setdefault((attribution.request, attribution.heatmap.tobytes()), each)
    distinct = list(content.values())
    often = Counter(each.attribution.request for each in distinct)
    rows: dict[tuple[int, str], int] = {}
    columns: dict[_Column, int] = {}
    placed: dict[tuple[int, int], OpenedMap] = {}
    for each in distinct:
        request = each.attribution.request
        row = rows.setdefault((request.target, each.attribution.label), len(rows))
        made = each.made if often[request] > 1 else None
        column = columns.setdefault((replace(request, target=0), made), len(columns))
        placed[row, column] = each
    return SavedGrid(
        model,
        fingerprint,
        picture,
        tuple(target for target, _ in rows),
        tuple(label for _, label in rows),
        _titles(list(columns)),
        placed,
    )


_DIFFERENCES: tuple[Callable[[Request], str], ...] = (
    lambda request: request.layer,
    lambda request: request.reference,
    lambda request: score_name(request.score),
    lambda request: f"seed {request.seed}",
)


def _titles(columns: Sequence[_Column]) -> tuple[str, ...]:
    """The method of each column, and what else sets it apart from the others."""
    requests = [request for request, _ in columns]
    telling = [name for name in _DIFFERENCES if len({name(request) for request in requests}) > 1]
    titles = []
    for request, made in columns:
        parts = [METHODS[request.method].title, *(name(request) for name in telling)]
        siblings = [each for each in requests if each.method == request.method]
        if len({each.segmentation for each in siblings}) > 1:
            parts.append(players_name(request.segmentation))
        for name, value in request.options:
            if len({dict(each.options)[name] for each in siblings}) > 1:
                parts.append(f"{name} {value}")
        if made is not None:
            parts.append(f"{made:%d %b %Y, %H:%M:%S}")
        titles.append(" · ".join(parts))
    repeated = Counter(titles)
    return tuple(
        f"{title} · {number}" if repeated[title] > 1 else title
        for number, title in enumerate(titles, 1)
    )


def players_name(segmentation: Segmentation) -> str:
    """A segmentation in words."""
    if isinstance(segmentation, Slic):
        return f"{segmentation.count} superpixels"
    if isinstance(segmentation, Grid):
        return f"a grid of {segmentation.rows} × {segmentation.columns}"
    if isinstance(segmentation, Given):
        return "segments of its own"
    return "the usual players" if segmentation is None else f"{segmentation} players"
