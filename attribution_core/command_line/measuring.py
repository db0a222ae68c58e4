"""The table of ``evaluate``: methods × measures, over a folder's maps and mosaics of them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, replace
from functools import partial
from pathlib import Path

import numpy as np

from attribution_core.attribution import Attribution
from attribution_core.command_line.exit_codes import sentence
from attribution_core.command_line.files import safe, write
from attribution_core.command_line.folder_maps import Board, SavedMap, on_mosaic
from attribution_core.command_line.measurements import Measurements, Rows
from attribution_core.command_line.models import fitted
from attribution_core.command_line.players import PLAYERS
from attribution_core.command_line.progress import ProgressBar
from attribution_core.explanation import explain_request
from attribution_core.figures.style import FigureStyle
from attribution_core.images import digest, load_image
from attribution_core.measures.known_measures import MEASURES, QUICK
from attribution_core.measures.measure import Effort
from attribution_core.measures.measure_table import (
    Measured,
    MeasureTable,
    lines_of,
    measured_csv,
    measured_map,
    table_csv,
    table_figure,
)
from attribution_core.measures.pointing import Region, region_of
from attribution_core.network.classifier import Classifier
from attribution_core.registry import METHODS
from attribution_core.saved_maps.files import described_request

ALL, NONE = "all", "none"


def check_regions(folder: Path | None) -> None:
    """ValueError where there is no such folder."""
    if folder is not None and not folder.is_dir():
        raise ValueError(
            f"There is no folder {folder}; name one of masks, each named as its picture."
        )


def measure_folder(
    usable: Sequence[tuple[Classifier, SavedMap]],
    boards: Sequence[Board],
    asked: argparse.Namespace,
    bar: ProgressBar,
    known: Measurements,
) -> tuple[MeasureTable, int]:
    """Every measure that was asked for of every map, and how many could not be taken."""
    measures = _measures(asked)
    found: list[Measured] = []
    effort = Effort(steps=asked.steps, randoms=asked.random)
    if not measures:
        return MeasureTable(()), 0
    of_region = [each for each in measures if MEASURES[each].needs == "region"]
    tiles = sum(len(board.kinds) * len(board.group) for board in boards) if of_region else 0
    bar.planned += len(usable) + tiles
    regions, failed = _regions(usable, asked.regions, bar)
    for classifier, name, attribution, region in _subjects(usable, boards, regions, bar, tiles):
        mosaicked = region is not None and name.startswith("mosaic ")
        for measure in of_region if mosaicked else measures:
            request = attribution.request
            dependence = (
                *(classifier.fingerprint, described_request(request), name, measure, asked.players),
                *(effort, digest(attribution.heatmap), None if region is None else digest(region)),
            )
            try:
                rows = known.of(
                    dependence,
                    partial(
                        _row, classifier, attribution, measure, name, asked.players, effort, region
                    ),
                )
            except Exception as error:
                # One map that cannot be measured does not stop the others.
                failed += 1
                bar.say(f"{name}, {MEASURES[measure].title}: {sentence(error)}")
                continue
            found += [_read(each) for each in rows]
        bar.step(f"{name}: measures of {METHODS[attribution.request.method].title}")
    return MeasureTable(tuple(found)), failed


def _measures(asked: argparse.Namespace) -> tuple[str, ...]:
    names = asked.measures or QUICK
    if NONE in names:
        return ()
    return tuple(MEASURES) if ALL in names else tuple(dict.fromkeys(names))


def _subjects(
    usable: Sequence[tuple[Classifier, SavedMap]],
    boards: Sequence[Board],
    regions: Mapping[str, Region],
    bar: ProgressBar,
    tiles: int,
) -> Iterator[tuple[Classifier, str, Attribution, Region | None]]:
    """The folder's maps, with their regions, then maps of mosaics, whose regions are the tiles."""
    for classifier, saved in usable:
        request = fitted(classifier, saved.request)
        yield (
            classifier,
            saved.picture,
            replace(saved.attribution, request=request),
            regions.get(saved.picture),
        )
    for board in boards if tiles else ():
        for saved in board.kinds.values():
            for tile, (target, _) in enumerate(board.group):
                name = f"mosaic {board.number}.{tile + 1}"
                try:
                    request = on_mosaic(board.classifier, saved, board.made, target)
                    attribution = explain_request(board.classifier, request)
                except Exception as error:
                    # The localisation table has counted it as failed.
                    bar.step(f"{name}: {sentence(error)}")
                    continue
                yield board.classifier, name, attribution, np.asarray(board.made.tiles == tile)


def _regions(
    usable: Sequence[tuple[Classifier, SavedMap]], folder: Path | None, bar: ProgressBar
) -> tuple[dict[str, Region], int]:
    """Regions by the pictures' names, of the masks of files that were explained, and how many masks
    cannot be used; a picture without a mask is left out."""
    if folder is None:
        return {}, 0
    # As `explain` names maps after a picture.
    masks = {safe(path.stem): path for path in folder.iterdir() if path.suffix.lower() == ".png"}
    regions: dict[str, Region] = {}
    failed = 0
    for name, (classifier, saved) in {one.picture: (each, one) for each, one in usable}.items():
        mask = masks.get(name.removesuffix(f"-{saved.request.picture.digest[:8]}"))
        if mask is None:
            continue
        try:
            regions[name] = region_of(load_image(mask, classifier.input_size))
        except ValueError as error:
            failed += 1
            bar.say(f"{mask}: {sentence(error)}")
    if not regions and not failed:
        bar.say(f"No PNG file in {folder} is named as one of the pictures.")
    return regions, failed


def _row(
    classifier: Classifier,
    attribution: Attribution,
    measure: str,
    name: str,
    players: str,
    effort: Effort,
    region: Region | None,
) -> Rows:
    """The one row of a measure; none where it needs a region that is not there."""
    found = measured_map(
        classifier,
        attribution,
        (measure,),
        picture=name,
        players=PLAYERS[players](attribution.request.layer),
        effort=effort,
        region=region,
    )
    return [list(astuple(each)) for each in found]


def _read(row: Sequence[str | int | float]) -> Measured:
    *names, value, baseline = row
    picture, target, label, method, layer, measure = names
    return Measured(
        *(str(picture), int(target), str(label), str(method), str(layer), str(measure)),
        *(float(value), float(baseline)),
    )


def write_table(table: MeasureTable, asked: argparse.Namespace) -> None:
    """Print the table, and write it: each map's measures, means over pictures, and the figure."""
    if not _measures(asked):
        return
    write(asked.folder / "measures.csv", measured_csv(table.found).encode())
    write(asked.folder / "methods.csv", table_csv(table).encode())
    for line in lines_of(table):
        print(line)
    if asked.figure is not None and table.found:
        style = FigureStyle(dated=None)
        write(asked.figure, table_figure(table, style).rendered(asked.figure.suffix))
