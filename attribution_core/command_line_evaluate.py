"""``evaluate``: deletion, insertion and localisation of the maps in a folder, as CSV."""

from __future__ import annotations

import argparse
import csv
import io
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from attribution_core.classifier import Classifier
from attribution_core.command_line import DONE, PLAYERS, SOME_FAILED, sentence
from attribution_core.command_line_files import SavedMap, prepared, read, write
from attribution_core.command_line_measurements import Measurements, Rows
from attribution_core.command_line_progress import ProgressBar
from attribution_core.explanation import explain_request
from attribution_core.faithfulness import (
    FaithfulnessCurve,
    curves_of,
    pose_curve,
    random_curves,
    values_on,
)
from attribution_core.images import Picture, Pixels, digest
from attribution_core.loading import load_classifier
from attribution_core.localisation import Mosaic, grid_pointing, mosaic
from attribution_core.request import Request, granted, request_or_reason
from attribution_core.scores import Contrast, Score

TILES = 4
_MAP = ("picture", "class", "label", "method", "layer", "reference", "score", "seed")
_AREA = ("area", "normalised_area", "random_mean", "random_deviation", "random_orders")
_SHARE = ("mosaic", "tile", "probability", "share_inside", "uniform")


def evaluate_folder(asked: argparse.Namespace) -> int:
    """Write the three tables; the exit code."""
    if not asked.folder.is_dir():
        raise ValueError(f"There is no folder {asked.folder}; name one that explain has filled.")
    paths = sorted(asked.folder.glob("*.npz"))
    if not paths:
        raise ValueError(f"The folder {asked.folder} has no maps; fill it with explain.")
    prepared(asked.folder)
    bar = ProgressBar(len(paths))
    maps = [found for path in paths if (found := _read(path, bar)) is not None]
    failed = len(paths) - len(maps)
    classifiers: dict[str, Classifier | None] = {}
    randoms: dict[Any, tuple[list[FaithfulnessCurve], list[FaithfulnessCurve]]] = {}
    known = Measurements(asked.folder / "measurements.jsonl")
    tables: dict[str, Rows] = {"deletion": [], "insertion": []}
    usable: list[tuple[Classifier, SavedMap]] = []
    for saved in maps:
        try:
            classifier = _classifier(saved, classifiers)
            request = _request(classifier, saved, saved.picture, saved.settings["target"])
            for direction, *row in known.of(
                (
                    saved.path.name,
                    saved.settings,
                    digest(saved.heatmap),
                    *(asked.players, asked.steps, asked.random),
                ),
                partial(_measure, classifier, saved, request, asked, randoms),
            ):
                tables[str(direction)].append(row)
            usable.append((classifier, saved))
            bar.step(saved.path.name)
        except Exception as error:
            # Whatever is wrong with one map, the others are still wanted.
            failed += 1
            bar.say(f"{saved.path.name}: {sentence(error)}")
            bar.step(saved.path.name)
    localised, unlocalised = _localise(usable, bar, known)
    bar.close()
    how = ("players", "steps", *_AREA)
    for name, rows in tables.items():
        write(asked.folder / f"{name}.csv", _csv([*_MAP, *how], rows))
    write(asked.folder / "localisation.csv", _csv([*_MAP, *_SHARE], localised))
    return SOME_FAILED if failed or unlocalised else DONE


def _read(path: Path, bar: ProgressBar) -> SavedMap | None:
    try:
        return read(path)
    except ValueError as error:
        bar.say(sentence(error))
        bar.step(path.name)
        return None


def _classifier(saved: SavedMap, known: dict[str, Classifier | None]) -> Classifier:
    """The classifier of a map, loaded once; ValueError where it has changed since."""
    settings = saved.settings
    key = f"{settings['model']} {settings['model_labels']} {settings['preprocessing']}"
    if key not in known:
        known[key] = None
        known[key] = load_classifier(
            settings["model"],
            labels=settings["model_labels"],
            preprocessing=settings["preprocessing"],
        )
    classifier = known[key]
    if classifier is None:
        raise ValueError(f"The model {settings['model']} could not be loaded, as said above.")
    if classifier.fingerprint != settings["fingerprint"]:
        raise ValueError(
            f"The model {settings['model']} is another one than the map was made with; make the "
            "map again with explain."
        )
    return classifier


def _request(classifier: Classifier, saved: SavedMap, picture: Pixels, target: int) -> Request:
    """The request that made a map, for another picture and class if need be."""
    settings = saved.settings
    return granted(
        request_or_reason(
            classifier,
            picture=Picture.of(picture),
            method=settings["method"],
            target=target,
            layer=settings["layer"],
            reference=settings["reference"],
            score=_score(settings["score"]),
            segmentation=settings["superpixels"],
            seed=settings["seed"],
            options=settings["options"],
        )
    )


def _score(text: str) -> str | Contrast:
    kind, _, against = text.partition(":")
    return Contrast(int(against)) if kind == "against" else text


def _measure(
    classifier: Classifier,
    saved: SavedMap,
    request: Request,
    asked: argparse.Namespace,
    randoms: dict[Any, tuple[list[FaithfulnessCurve], list[FaithfulnessCurve]]],
) -> Rows:
    """The map's rows in both tables, each after the table's name.

    Its areas stand beside those of random orders on the same game.
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
    score = Score.of(request.score, request.target, classifier.classes)
    curves = curves_of(classifier, request, saved.heatmap, players, steps=asked.steps)
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
    settings = saved.settings
    return [
        saved.path.name.split(".", 1)[0],
        settings["target"] if target is None else target,
        settings["label"] if label is None else label,
        *(settings[name] for name in ("method", "layer", "reference", "score", "seed")),
    ]


def _localise(
    usable: Sequence[tuple[Classifier, SavedMap]], bar: ProgressBar, known: Measurements
) -> tuple[Rows, int]:
    """Rows of the localisation table, and how many of them failed.

    A picture stands for its model's top class; of pictures of one class, the one of which the model
    is surest is taken.
    """
    rows: Rows = []
    failed = 0
    for classifier in dict.fromkeys(each for each, _ in usable):
        maps = [saved for each, saved in usable if each is classifier]
        tiles = _tiles(classifier, maps)
        if len(tiles) < TILES:
            bar.say(
                f"Localisation of {classifier.name} needs pictures of {TILES} classes, and there "
                f"are {len(tiles)}."
            )
            continue
        kinds = {repr(_kind(saved)): saved for saved in maps}
        for start in range(0, len(tiles), TILES):
            group = [tiles[(start + offset) % len(tiles)] for offset in range(TILES)]
            made = mosaic([saved.picture for _, saved in group], size=classifier.input_size)
            try:
                probabilities = classifier.probabilities(made.pixels)
            except ValueError as error:
                failed += 1
                bar.say(f"Mosaic {start // TILES + 1}: {sentence(error)}")
                continue
            for kind, saved in kinds.items():
                for tile, (target, of_tile) in enumerate(group):
                    try:
                        ((inside,),) = known.of(
                            (classifier.fingerprint, kind, digest(made.pixels), target, tile),
                            partial(_share, classifier, saved, made, target, tile),
                        )
                    except Exception as error:
                        failed += 1
                        bar.say(f"Mosaic {start // TILES + 1}: {sentence(error)}")
                        continue
                    described = _described(saved, target, classifier.labels[target])
                    rows.append(
                        [
                            of_tile.path.name.split(".", 1)[0],
                            *described[1:],
                            start // TILES + 1,
                            tile,
                            float(probabilities[target]),
                            inside,
                            1 / TILES,
                        ]
                    )
    return rows, failed


def _share(classifier: Classifier, saved: SavedMap, made: Mosaic, target: int, tile: int) -> Rows:
    """How much of a class's map on a mosaic lies on its own tile."""
    request = _request(classifier, saved, made.pixels, target)
    heatmap = explain_request(classifier, request).heatmap
    return [[grid_pointing(heatmap, made.tiles, tile)]]


def _kind(saved: SavedMap) -> list[Any]:
    """What two maps of different pictures and classes have in common."""
    apart = ("picture_sha256", "target", "label")
    return sorted((name, str(value)) for name, value in saved.settings.items() if name not in apart)


def _tiles(classifier: Classifier, maps: Iterable[SavedMap]) -> list[tuple[int, SavedMap]]:
    """A picture for each class that is the top class of one, in the order of the files' names."""
    surest: dict[int, tuple[float, SavedMap]] = {}
    for saved in {each.settings["picture_sha256"]: each for each in maps}.values():
        probabilities = classifier.probabilities(saved.picture)
        top = int(np.argmax(probabilities))
        if top not in surest or surest[top][0] < probabilities[top]:
            surest[top] = float(probabilities[top]), saved
    found = [(target, saved) for target, (_, saved) in surest.items()]
    return sorted(found, key=lambda pair: pair[1].path.name)


def _csv(heading: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(heading)
    writer.writerows(
        [f"{cell:.6g}" if isinstance(cell, float) else cell for cell in row] for row in rows
    )
    return text.getvalue().encode()
