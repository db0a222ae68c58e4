"""Films of a scene's maps: over layers, classes, superpixel counts, and KernelSHAP's budget."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from attribution_core.attribution import Attribution
from attribution_core.images import INPUT
from attribution_core.registry import METHODS
from pages.ui.components.heatmap_grid import MapCell, Shot
from pages.ui.maps.drawing import drawn_map, no_error_bars
from pages.ui.maps.grid import attribution_in
from pages.ui.maps.table import cell_for
from pages.ui.motion.film import Film, Still, film_of_maps, map_of
from pages.ui.shell.game_methods import LEADING
from pages.ui.shell.requests import request_for
from pages.ui.shell.scene import Scene
from pages.ui.worker.engine import MOST_TASKS
from pages.ui.worker.tasks import Task

COUNTS = (2, 4, 8, 12, 16, 24, 32, 48)
BUDGETS = (32, 64, 128, 256, 512, 1024)
MOST_CLASSES = 8
MOST_MAPS = MOST_TASKS - 8
"""Of one film; a few more tasks are asked for beside it."""
MOST_BARS = 12
"""Players whose values are drawn as bars: those with the largest values in the end."""


def over_layers(
    scene: Scene, method: str, classes: Sequence[int], layers: Sequence[str], common: str
) -> Film:
    """A method's maps from the pixels to the top, of as many classes as may be waited for."""
    stills = []
    classes = classes[: max(1, MOST_MAPS // max(1, len(layers)))]
    for layer in layers:
        there = replace(scene, settings=scene.settings.at(layer))
        cells = (
            # Where they can, all classes share passes through the network.
            cell_for(
                there,
                row,
                0,
                request_for(there, method, target),
                beside=tuple(other for other in classes if other != target),
            )
            for row, target in enumerate(classes)
        )
        stills.append(Still(layer, tuple(cells)))
    title = f"{METHODS[method].title} from the pixels to the top · {common}"
    return film_of_maps("layers", title, _labels(scene, classes), ("",), stills, scene.settings)


def over_classes(scene: Scene, method: str, common: str) -> Film:
    """A method's maps of the target classes and the most probable ones, most probable first."""
    prediction = scene.prediction
    classes = list(scene.classes)
    if prediction is not None:
        classes += [each for each in prediction.top(MOST_CLASSES) if each not in classes]
        classes = sorted(classes[:MOST_CLASSES], key=lambda each: -prediction.logits[each])
    stills = [
        Still(
            f"{scene.labels[target]}{_probability(scene, target)}",
            (cell_for(scene, 0, 0, request_for(scene, method, target)),),
        )
        for target in classes
    ]
    title = f"{METHODS[method].title} for class after class · {common}"
    return film_of_maps("classes", title, ("",), ("",), stills, scene.settings)


def over_counts(scene: Scene, method: str, classes: Sequence[int], common: str) -> Film:
    """A coalition method's maps with ever more players."""
    if not METHODS[method].of_players:
        method = LEADING
    most = _positions(scene)
    counts = [count for count in COUNTS if count < most] + ([most] if most <= COUNTS[-1] else [])
    stills = []
    for count in counts:
        there = replace(scene, settings=replace(scene.settings, count=count))
        cells = (
            cell_for(there, row, 0, request_for(there, method, target))
            for row, target in enumerate(classes)
        )
        noun = "superpixels" if scene.settings.layer == INPUT else "parts of the layer's plane"
        stills.append(Still(f"{count} {noun}", tuple(cells)))
    title = f"{METHODS[method].title} with more and more parts · {common}"
    return film_of_maps("counts", title, _labels(scene, classes), ("",), stills, scene.settings)


def over_budgets(scene: Scene, target: int, common: str) -> Film:
    """KernelSHAP's map and its values' error bars as the budget grows."""
    names: dict[Task, str] = {}
    for budget in BUDGETS:
        options = {**scene.settings.options, (LEADING, "budget"): budget}
        options[LEADING, "tolerance"] = 0.0
        there = replace(scene, settings=replace(scene.settings, options=options))
        cell = cell_for(there, 0, 0, request_for(there, LEADING, target))
        if cell.task is not None:
            names[cell.task] = f"{METHODS[LEADING].title} with {budget} coalitions"
    tasks = tuple(names)
    return Film(
        f"budget {hash(tasks)}",
        f"{METHODS[LEADING].title} for {scene.labels[target]} as its budget grows · {common}",
        ("",),
        ("the map", "the largest values with 95 % intervals"),
        names,
        len(tasks),
        lambda snapshots: _budget_shots(
            [
                found
                for task in tasks
                if snapshots[task].state == "done"
                and (found := attribution_in(snapshots[task])) is not None
            ],
            scene.settings.clip,
        ),
        seconds=1.2,
    )


def _budget_shots(found: Sequence[Attribution], clip: float) -> list[Shot]:
    """One scale for all: the best estimate's."""
    if not found:
        return []
    best = max(found, key=lambda each: each.evaluations)
    values = best.player_values
    assert values is not None
    shown = np.argsort(-np.abs(values), kind="stable")[:MOST_BARS]
    shown = shown[np.argsort(-values[shown], kind="stable")]
    limit = drawn_map(best).limit(clip)
    longest = float(np.abs(values).max()) * 1.4 or 1.0
    return [
        Shot(
            _budget_label(each),
            (
                map_of((0, 0), each, limit),
                MapCell(0, 1, limit=longest, bars=_bars(each, shown.tolist())),
            ),
        )
        for each in found
    ]


def _budget_label(attribution: Attribution) -> str:
    error, values = attribution.standard_error, attribution.player_values
    label = f"{attribution.evaluations} coalitions"
    if error is None or values is None:
        return f"{label} · {no_error_bars(attribution) or 'too few for error bars'}"
    share = 100 * float(error.max()) / (float(np.ptp(values)) or 1.0)
    return f"{label} · largest standard error {share:.1f} % of the values' range"


def _bars(
    attribution: Attribution, players: Sequence[int]
) -> tuple[tuple[str, float, float | None], ...]:
    values, error = attribution.player_values, attribution.standard_error
    assert values is not None
    kind = attribution.kind_of_player
    return tuple(
        (f"{kind} {player}", float(values[player]), None if error is None else float(error[player]))
        for player in players
    )


def _labels(scene: Scene, classes: Sequence[int]) -> tuple[str, ...]:
    return tuple(scene.labels[number] for number in classes)


def _probability(scene: Scene, target: int) -> str:
    if scene.prediction is None:
        return ""
    return f" · {scene.prediction.said(target)}"


def _positions(scene: Scene) -> int:
    """How many players there can be at the scene's layer."""
    if scene.classifier is None:
        return COUNTS[-1]
    height, width, _ = scene.classifier.layer(scene.settings.layer).shape
    return height * width
