"""What ``evaluate`` has workers measure ahead, so that it then finds all of it known."""

from __future__ import annotations

import argparse
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from attribution_core.command_line.exit_codes import sentence
from attribution_core.command_line.folder_maps import Board, SavedMap
from attribution_core.command_line.measurements import Measurements, NewMeasurements, Rows
from attribution_core.command_line.models import Models
from attribution_core.command_line.progress import ProgressBar
from attribution_core.measures.localisation import Mosaic
from attribution_core.network.classifier import Classifier
from attribution_core.running.cluster.crew import Crew, GivenUp

Piece = TypeVar("Piece")

_TOLD = ("players", "steps", "random", "measures", "preprocessing", "link")
_PATHS = ("folder", "regions", "model", "labels")


@dataclass(frozen=True)
class Standing:
    """What a worker keeps from one piece to the next: its models, and what was known before."""

    models: Models
    known: NewMeasurements


@dataclass(frozen=True)
class Ahead:
    """What workers are told of a run of ``evaluate``.

    Attributes
    ----------
    run : str
        Different for each run.
    asked : argparse.Namespace
        The arguments that measuring needs, with whole paths.
    """

    run: str
    asked: argparse.Namespace = field(compare=False)

    @staticmethod
    def of(asked: argparse.Namespace) -> Ahead:
        """The part of the arguments that workers need."""
        told = {name: getattr(asked, name) for name in _TOLD}
        paths = {name: getattr(asked, name) for name in _PATHS}
        whole = {
            name: None if path is None else type(path)(Path(path).absolute())
            for name, path in paths.items()
        }
        return Ahead(uuid.uuid4().hex, argparse.Namespace(**told, **whole))

    def standing(self) -> Standing:
        """Of this process, made once a run."""
        return _standing(self)


@dataclass(frozen=True)
class Tiles:
    """A mosaic without its classifier, which each process has loaded."""

    number: int
    made: Mosaic
    group: tuple[tuple[int, SavedMap], ...]
    kinds: Mapping[str, SavedMap]

    def __str__(self) -> str:
        return f"Mosaic {self.number}"

    @staticmethod
    def of(board: Board) -> Tiles:
        return Tiles(board.number, board.made, board.group, board.kinds)

    def board_of(self, classifier: Classifier) -> Board:
        """The mosaic for a classifier of this process."""
        return Board(classifier, self.number, self.made, self.group, self.kinds)


@lru_cache(maxsize=1)
def _standing(ahead: Ahead) -> Standing:
    known = NewMeasurements(ahead.asked.folder / "measurements.jsonl")
    return Standing(Models(ahead.asked, reproducible=False), known)


def by_picture(maps: Iterable[SavedMap]) -> list[tuple[Path, ...]]:
    """The files of each picture; one of several pictures is with its first."""
    pictures: dict[Path, str] = {}
    for saved in maps:
        pictures.setdefault(saved.path.absolute(), saved.request.picture.digest)
    groups: dict[str, list[Path]] = {}
    for path, picture in pictures.items():
        groups.setdefault(picture, []).append(path)
    return [tuple(paths) for paths in groups.values()]


def names_of(paths: Sequence[Path]) -> str:
    """What the files of one picture are called when they are spoken of."""
    return ", ".join(path.name for path in paths)


def keep_ahead(
    crew: Crew,
    work: Callable[[Piece], Iterator[tuple[str, Rows]]],
    pieces: Sequence[Piece],
    name: Callable[[Piece], str],
    bar: ProgressBar,
    known: Measurements,
) -> list[Piece]:
    """Have pieces measured, and keep what comes back as soon as it does.

    Returns
    -------
    list
        Of pieces that were given up, each of which is said by its name: what has ended workers is
        not tried here.
    """
    lost: list[Piece] = []
    for piece, event in crew.each(work, pieces):
        if isinstance(event, GivenUp):
            bar.say(f"{name(piece)}: given up: {sentence(event.error)}")
            lost.append(piece)
        else:
            known.keep(*event)
    return lost
