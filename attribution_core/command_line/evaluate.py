"""``evaluate``: curves, localisation and measures of the maps in a folder, as tables."""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from attribution_core.command_line.ahead import Ahead, Tiles, by_picture, keep_ahead, names_of
from attribution_core.command_line.crews import crew_for
from attribution_core.command_line.exit_codes import DONE, SOME_FAILED, sentence
from attribution_core.command_line.files import prepared, write
from attribution_core.command_line.folder_maps import TILES, Board, SavedMap, on_mosaic
from attribution_core.command_line.measurements import Measurements, Rows
from attribution_core.command_line.measuring import check_regions, measure_folder, write_table
from attribution_core.command_line.models import Models, check_shape, fitted
from attribution_core.command_line.players import PLAYERS
from attribution_core.command_line.progress import ProgressBar
from attribution_core.explanation import explain_request, score_of
from attribution_core.images import digest
from attribution_core.measures.csv_tables import csv_text
from attribution_core.measures.curves import FaithfulnessCurve, random_curves
from attribution_core.measures.localisation import Mosaic, grid_pointing, mosaic
from attribution_core.measures.map_curves import curves_of, pose_curve, values_on
from attribution_core.network.classifier import Classifier
from attribution_core.request import Request
from attribution_core.saved_maps.files import described_request, load
from attribution_core.scores import Contrast

_MAP = ("picture", "class", "label", "method", "layer", "reference", "score", "seed")
_AREA = ("area", "normalised_area", "random_mean", "random_deviation", "random_orders")
_SHARE = ("mosaic", "tile", "probability", "share_inside", "uniform")


def evaluate_folder(asked: argparse.Namespace) -> int:
    """Write the tables, and print that of methods and measures; return the exit code."""
    if not asked.folder.is_dir():
        raise ValueError(f"There is no folder {asked.folder}; name one that explain has filled.")
    paths = sorted(asked.folder.glob("*.npz"))
    if not paths:
        raise ValueError(f"The folder {asked.folder} has no maps; fill it with explain.")
    prepared(asked.folder)
    if asked.figure is not None:
        prepared(asked.figure.parent)
    check_regions(asked.regions)
    maps, failed, bar = _read(paths)
    models = Models(asked, reproducible=False)
    known = Measurements(asked.folder / "measurements.jsonl")
    with crew_for(asked) as crew:
        ahead = Ahead.of(asked) if crew.described else None
        if ahead is not None:
            bar.say(crew.described)
            rows_of_maps = partial(_rows_of_maps, ahead)
            lost = keep_ahead(crew, rows_of_maps, by_picture(maps), names_of, bar, known)
            gone = {path for paths in lost for path in paths}
            maps = [saved for saved in maps if saved.path.absolute() not in gone]
            failed += len(lost)
        usable, tables, unusable = _curves(maps, models, asked, bar, known)
        boards = tuple(_mosaics(usable, bar))
        if ahead is not None:
            tiles = [Tiles.of(board) for board in boards]
            rows_of_tiles = partial(_rows_of_tiles, ahead)
            missing = keep_ahead(crew, rows_of_tiles, tiles, str, bar, known)
            numbers = {each.number for each in missing}
            boards = tuple(board for board in boards if board.number not in numbers)
            failed += len(missing)
    localised, unlocalised = _localise(boards, bar, known)
    table, unmeasured = measure_folder(usable, boards, asked, bar, known)
    bar.close()
    how = ("players", "steps", *_AREA)
    for name, rows in tables.items():
        write(asked.folder / f"{name}.csv", _csv([*_MAP, *how], rows))
    write(asked.folder / "localisation.csv", _csv([*_MAP, *_SHARE], localised))
    write_table(table, asked)
    return SOME_FAILED if failed or unusable or unlocalised or unmeasured else DONE


def _rows_of_maps(ahead: Ahead, paths: Sequence[Path]) -> Iterator[tuple[str, Rows]]:
    """What is not known yet of the maps of some files; what fails is told when it fails again."""
    maps, _, bar = _read(paths, io.StringIO())
    standing = ahead.standing()
    usable, _, _ = _curves(maps, standing.models, ahead.asked, bar, standing.known)
    measure_folder(usable, (), ahead.asked, bar, standing.known)
    yield from standing.known.take()


def _rows_of_tiles(ahead: Ahead, tiles: Tiles) -> Iterator[tuple[str, Rows]]:
    """What is not known yet of a mosaic's tiles."""
    standing = ahead.standing()
    (saved, *_) = tiles.kinds.values()
    classifier = standing.models.of(saved.attribution, saved.model_file)
    bar = ProgressBar(1, io.StringIO())
    _localise([tiles.board_of(classifier)], bar, standing.known)
    yield from standing.known.take()


def _curves(
    maps: Sequence[SavedMap],
    models: Models,
    asked: argparse.Namespace,
    bar: ProgressBar,
    known: Measurements,
) -> tuple[list[tuple[Classifier, SavedMap]], dict[str, Rows], int]:
    """The maps that can be measured, rows of their curves by table, and how many cannot."""
    randoms: dict[Any, tuple[list[FaithfulnessCurve], list[FaithfulnessCurve]]] = {}
    tables: dict[str, Rows] = {"deletion": [], "insertion": []}
    usable: list[tuple[Classifier, SavedMap]] = []
    failed = 0
    for saved in maps:
        try:
            classifier = models.of(saved.attribution, saved.model_file)
            request = fitted(classifier, saved.request)
            check_shape(classifier, saved.attribution)
            for direction, *row in known.of(
                (
                    saved.path.name,
                    classifier.fingerprint,
                    described_request(request),
                    digest(saved.attribution.heatmap),
                    *(asked.players, asked.steps, asked.random),
                ),
                partial(_measure, classifier, saved, request, asked, randoms),
            ):
                tables[str(direction)].append(row)
            usable.append((classifier, saved))
            bar.step(saved.path.name)
        except Exception as error:
            # One map that fails does not stop the others.
            failed += 1
            bar.say(f"{saved.path.name}: {sentence(error)}")
            bar.step(saved.path.name)
    return usable, tables, failed


def _read(
    paths: Sequence[Path], stream: TextIO | None = None
) -> tuple[list[SavedMap], int, ProgressBar]:
    """The maps of all files, how many files could not be read, and a bar for the rest."""
    maps: list[SavedMap] = []
    complaints = []
    for path in paths:
        try:
            saved = load(path)
        except ValueError as error:
            complaints.append(sentence(error))
            continue
        # Values by channel, which are not needed, of a thousand maps of pixels would fill the
        # memory.
        flat = [replace(each, values=each.heatmap) for each in saved.attributions]
        maps += [SavedMap(path, each, saved.model_file) for each in flat]
    bar = ProgressBar(len(maps), stream)
    for complaint in complaints:
        bar.say(complaint)
    return maps, len(complaints), bar


def _measure(
    classifier: Classifier,
    saved: SavedMap,
    request: Request,
    asked: argparse.Namespace,
    randoms: dict[Any, tuple[list[FaithfulnessCurve], list[FaithfulnessCurve]]],
) -> Rows:
    """The map's rows in both tables, each after the table's name.

    Its areas are listed beside those of random orders on the same game.
    """
    players = PLAYERS[asked.players](request.layer)
    key = (classifier.fingerprint, request.picture, request.reference, request.seed, players)
    if key not in randoms:
        game, segments = pose_curve(classifier, request, players)
        _, sizes = values_on(np.zeros(segments.shape), segments)
        pairs = [
            random_curves(game, request.seed + order, sizes=sizes, steps=asked.steps)
            for order in range(asked.random)
        ]
        randoms[key] = ([first for first, _ in pairs], [second for _, second in pairs])
    score = score_of(classifier, request)
    curves = curves_of(classifier, request, saved.attribution.heatmap, players, steps=asked.steps)
    rows: Rows = []
    for curve, random in zip(curves, randoms[key], strict=True):
        areas = [each.read_as(score).area for each in random]
        rows.append(
            [
                curve.direction,
                *_described(saved),
                asked.players,
                asked.steps,
                curve.area,
                curve.normalised_area,
                float(np.mean(areas)),
                float(np.std(areas, ddof=1)) if len(areas) > 1 else "",
                len(areas),
            ]
        )
    return rows


def _described(saved: SavedMap, target: int | None = None, label: str | None = None) -> list[Any]:
    request = saved.request
    score = request.score
    return [
        saved.path.name.split(".", 1)[0],
        request.target if target is None else target,
        saved.attribution.label if label is None else label,
        request.method,
        request.layer,
        request.reference,
        score.as_text() if isinstance(score, Contrast) else score,
        request.seed,
    ]


def _mosaics(usable: Sequence[tuple[Classifier, SavedMap]], bar: ProgressBar) -> Iterator[Board]:
    """Mosaics of each classifier's pictures, as many as show every picture.

    A picture stands for its model's top class; of pictures of one class, the one of which the model
    is surest is taken.
    """
    for classifier in dict.fromkeys(each for each, _ in usable):
        if classifier.link == "none":
            bar.say(f"Localisation needs classes; the outputs of {classifier.name} are numbers.")
            continue
        maps = [saved for each, saved in usable if each is classifier]
        tiles = _tiles(classifier, maps)
        if len(tiles) < TILES:
            bar.say(
                f"Localisation of {classifier.name} needs pictures of {TILES} classes, and there "
                f"are {len(tiles)}."
            )
            continue
        kinds = {repr(_kind(saved.request)): saved for saved in maps}
        for start in range(0, len(tiles), TILES):
            group = tuple(tiles[(start + offset) % len(tiles)] for offset in range(TILES))
            made = mosaic(
                [saved.request.picture.pixels for _, saved in group], size=classifier.input_size
            )
            yield Board(classifier, start // TILES + 1, made, group, kinds)


def _localise(boards: Iterable[Board], bar: ProgressBar, known: Measurements) -> tuple[Rows, int]:
    """Rows of the localisation table, and how many of them failed."""
    rows: Rows = []
    failed = 0
    for board in boards:
        try:
            probabilities = board.classifier.probabilities(board.made.pixels)
        except ValueError as error:
            failed += 1
            bar.say(f"Mosaic {board.number}: {sentence(error)}")
            continue
        for kind, saved in board.kinds.items():
            for tile, (target, of_tile) in enumerate(board.group):
                on_tile = (board.classifier, saved, board.made, target, tile)
                try:
                    ((inside,),) = known.of(
                        (
                            *(board.classifier.fingerprint, kind, digest(board.made.pixels)),
                            *(target, tile),
                        ),
                        partial(_share, *on_tile),
                    )
                except Exception as error:
                    failed += 1
                    bar.say(f"Mosaic {board.number}: {sentence(error)}")
                    continue
                described = _described(saved, target, board.classifier.labels[target])
                rows.append(
                    [
                        *(of_tile.path.name.split(".", 1)[0], *described[1:], board.number, tile),
                        *(float(probabilities[target]), inside, 1 / TILES),
                    ]
                )
    return rows, failed


def _share(classifier: Classifier, saved: SavedMap, made: Mosaic, target: int, tile: int) -> Rows:
    """How much of a class's map on a mosaic lies on its own tile."""
    heatmap = explain_request(classifier, on_mosaic(classifier, saved, made, target)).heatmap
    return [[grid_pointing(heatmap, made.tiles, tile)]]


def _kind(request: Request) -> list[Any]:
    """What two maps of different pictures and classes have in common."""
    apart = ("picture_sha256", "target")
    return [item for item in described_request(request).items() if item[0] not in apart]


def _tiles(classifier: Classifier, maps: Iterable[SavedMap]) -> list[tuple[int, SavedMap]]:
    """A picture for each class that is the top class of one, in the order of the files' names."""
    surest: dict[int, tuple[float, SavedMap]] = {}
    for saved in {each.request.picture: each for each in maps}.values():
        probabilities = classifier.probabilities(saved.request.picture.pixels)
        top = int(np.argmax(probabilities))
        if top not in surest or surest[top][0] < probabilities[top]:
            surest[top] = float(probabilities[top]), saved
    found = [(target, saved) for target, (_, saved) in surest.items()]
    return sorted(found, key=lambda pair: pair[1].path.name)


def _csv(heading: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    lines = ([f"{cell:.6g}" if isinstance(cell, float) else cell for cell in row] for row in rows)
    return csv_text(heading, lines).encode()
