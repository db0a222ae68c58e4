"""The sidebar's settings that compute saved maps again, or why there are none."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from attribution_core.images import INPUT, Picture
from attribution_core.registry import METHODS
from attribution_core.request import Request
from attribution_core.scores import Contrast
from attribution_core.segmentations import MOST_POSITIONS, Grid, Slic
from pages.ui.maps.saved_grids import SavedGrid, score_name
from pages.ui.shell.gallery import gallery, pixels_of
from pages.ui.shell.session import visitor
from pages.ui.shell.settings import BOUNDS, MOST_CLASSES, UPLOAD, Settings
from pages.ui.worker.engine import Engine
from pages.ui.worker.model_list import OWN_MODEL, Model
from pages.ui.worker.own_model_names import is_own


@dataclass(frozen=True)
class Again:
    """What to set so that some columns of a grid are made again.

    Attributes
    ----------
    columns : tuple of str
        Their titles.
    settings : Settings
    own_picture : bytes or None
        The picture as a file, where it is none of the gallery's.
    """

    columns: tuple[str, ...]
    settings: Settings
    own_picture: bytes | None


def again(engine: Engine, grid: SavedGrid, now: Settings) -> tuple[Again, ...]:
    """One for each set of columns that the sidebar can ask for at once.

    Parameters
    ----------
    engine : Engine
    grid : SavedGrid
    now : Settings
        What is set now; it stays where the maps do not depend on it.

    Raises
    ------
    ValueError
        When the model is not here or another one, or the sidebar has no such settings; one sentence
        says which.
    """
    model = _model(engine, grid)
    chosen, own_picture = _picture(grid.picture)
    made = []
    for columns in _together(grid):
        requests = [request for _, request in columns]
        settings = replace(
            _with_request_of(now, requests, _plane(grid)),
            model=model.name,
            picture=chosen,
            class_choice="own",
            classes=tuple(dict.fromkeys(grid.classes))[:MOST_CLASSES],
        )
        made.append(Again(tuple(title for title, _ in columns), settings, own_picture))
    return tuple(made)


def _model(engine: Engine, grid: SavedGrid) -> Model:
    called = {
        Path(model.title).stem
        if model.name == OWN_MODEL or is_own(model.name)
        else model.name: model
        for model in reversed(engine.models(visitor()))
    }
    if grid.model not in called:
        raise ValueError(
            f"They cannot be computed again here, where there is no model “{grid.model}”."
        )
    model = called[grid.model]
    if model.missing:
        raise ValueError(f"They cannot be computed again yet: {model.title}: {model.missing}")
    loaded = engine.loaded(model.name)
    if loaded is not None and loaded.fingerprint != grid.fingerprint:
        raise ValueError(
            f"They cannot be computed again here: “{grid.model}” is another network than theirs."
        )
    return model


def _picture(picture: Picture) -> tuple[str, bytes | None]:
    """The name of the picture in the settings, and its file where it is none of the gallery's."""
    height, width = picture.pixels.shape[:2]
    for entry in gallery():
        if pixels_of(entry.id, (height, width)) == picture:
            return entry.id, None
    whole = picture.pixels.astype(np.uint8)
    if not np.array_equal(whole, picture.pixels):
        raise ValueError(
            "They cannot be computed again here: their picture has values between whole numbers, "
            "which no picture file holds. Use the command line: replay."
        )
    content = io.BytesIO()
    Image.fromarray(whole).save(content, "PNG")
    return UPLOAD, content.getvalue()


def _plane(grid: SavedGrid) -> dict[str, int]:
    """The positions of each layer."""
    attributions = [each.attribution for each in grid.maps.values()]
    return {each.request.layer: each.heatmap.size for each in attributions}


def _together(grid: SavedGrid) -> list[list[tuple[str, Request]]]:
    """The columns, those together that the sidebar can ask for at once: a method at most once."""
    groups: list[list[tuple[str, Request]]] = []
    for column, title in enumerate(grid.columns):
        request = next(
            each.attribution.request for (_, at), each in grid.maps.items() if at == column
        )
        for group in groups:
            fits = all(
                _shared(one) == _shared(request) and one.method != request.method
                for _, one in group
            )
            if (
                fits
                and len(
                    {one.segmentation for _, one in group if _plays(one)}
                    | ({request.segmentation} if _plays(request) else set())
                )
                <= 1
            ):
                group.append((title, request))
                break
        else:
            groups.append([(title, request)])
    return groups


def _shared(request: Request) -> tuple[object, ...]:
    return request.layer, request.reference, request.score, request.seed


def _plays(request: Request) -> bool:
    return METHODS[request.method].needs == "game"


def _with_request_of(now: Settings, requests: Sequence[Request], plane: dict[str, int]) -> Settings:
    first = requests[0]
    if first.seed > BOUNDS["seed"][1]:
        raise ValueError("They cannot be computed again here: the sidebar has no such seed.")
    contrast = isinstance(first.score, Contrast)
    if isinstance(first.score, Contrast) and (first.score.also or first.score.weight != 1):
        raise ValueError(
            f"They cannot be computed again here: the sidebar has no {score_name(first.score)}, "
            "but only a lead over one class, unweighted. Use the command line: replay."
        )
    changed = {
        (request.method, option.name): value
        for request in requests
        for option in METHODS[request.method].options
        if (value := dict(request.options)[option.name]) != option.default
    }
    methods = tuple(request.method for request in requests)
    kept = {option: value for option, value in now.options.items() if option[0] not in methods}
    settings = replace(
        now,
        methods=methods,
        layer=first.layer,
        reference=first.reference,
        score="contrast" if contrast else str(first.score),
        against=first.score.against if isinstance(first.score, Contrast) else now.against,
        seed=first.seed,
        options={**kept, **changed},
    )
    players = [request for request in requests if _plays(request)]
    return _with_players_of(settings, players[0], plane) if players else settings


def _with_players_of(settings: Settings, request: Request, plane: dict[str, int]) -> Settings:
    asked, at_input = request.segmentation, request.layer == INPUT
    if asked is None:
        positions = plane[request.layer]
        asked = 50 if at_input else positions if positions <= MOST_POSITIONS else 196
    if isinstance(asked, int) and at_input:
        asked = Slic(asked)
    found: Settings | None = None
    if isinstance(asked, Slic):
        found = replace(
            settings,
            segmentation="superpixels",
            count=asked.count,
            compactness=asked.compactness,
        )
    elif isinstance(asked, int):
        found = replace(settings, count=asked)
    elif isinstance(asked, Grid) and at_input:
        count = asked.rows * asked.columns
        side = max(1, round(count**0.5))
        if (side, max(1, round(count / side))) == (asked.rows, asked.columns):
            found = replace(settings, segmentation="grid", count=count)
    within = found is not None and all(
        low <= value <= high
        for value, (low, high) in (
            (found.count, BOUNDS["count"]),
            (found.compactness, BOUNDS["compactness"]),
        )
    )
    if found is None or not within:
        raise ValueError(
            "They cannot be computed again here: the sidebar has no such superpixels. Use the "
            "command line: replay."
        )
    return found
