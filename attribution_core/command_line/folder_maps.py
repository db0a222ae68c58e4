"""A map of a folder, and mosaics of a folder's pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from attribution_core.attribution import Attribution
from attribution_core.command_line.models import fitted
from attribution_core.images import Picture
from attribution_core.measures.localisation import Mosaic
from attribution_core.network.classifier import Classifier
from attribution_core.request import Request
from attribution_core.saved_maps.files import ModelFile

TILES = 4


@dataclass(frozen=True)
class SavedMap:
    """One map of a file, which may hold several."""

    path: Path
    attribution: Attribution
    model_file: ModelFile | None

    @property
    def request(self) -> Request:
        return self.attribution.request

    @property
    def picture(self) -> str:
        """The picture's name, as ``explain`` has put it before the first dot."""
        return self.path.name.split(".", 1)[0]


@dataclass(frozen=True)
class Board:
    """A mosaic, its tiles' classes and pictures, and a map of each kind in the folder."""

    classifier: Classifier
    number: int
    made: Mosaic
    group: tuple[tuple[int, SavedMap], ...]
    kinds: Mapping[str, SavedMap]


def on_mosaic(classifier: Classifier, saved: SavedMap, made: Mosaic, target: int) -> Request:
    """A saved map's request for a class of a mosaic."""
    return fitted(classifier, replace(saved.request, target=target), Picture.of(made.pixels))
