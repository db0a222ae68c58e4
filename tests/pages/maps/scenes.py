"""Scenes on the tiny network, and their maps."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from attribution_core import Classifier, Picture
from attribution_core.attribution import Attribution
from attribution_core.explanation import explain_request
from attribution_core.images import Pixels
from pages.ui.maps.table import MapTable, classes_by_methods
from pages.ui.shell.scene import Scene
from pages.ui.shell.settings import Settings
from pages.ui.worker.model_list import Model
from pages.ui.worker.tasks import Explain

LABELS = ("ant", "bee", "cat", "dog & “wolf”", "eel")


def scene_of(image: Pixels, classes: tuple[int, ...], **changes: Any) -> Scene:
    settings = replace(
        Settings(model="tiny", layer="top", methods=("gradient", "kernel_shap")), **changes
    )
    return Scene(
        settings=settings,
        model=Model("tiny", "Tiny", "top"),
        picture=Picture.of(image),
        prediction=None,
        classes=classes,
        labels=LABELS,
    )


def table_of(scene: Scene) -> MapTable:
    return classes_by_methods(scene, scene.classes)


def explained(classifier: Classifier, scene: Scene) -> dict[tuple[int, int], Attribution]:
    return {
        (cell.row, cell.column): explain_request(classifier, cell.task.request)
        for cell in table_of(scene).cells
        if isinstance(cell.task, Explain)
    }
