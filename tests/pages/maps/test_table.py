"""Tables of maps: a row a class, a column a method."""

from __future__ import annotations

from attribution_core import Contrast
from attribution_core.images import Pixels
from pages.ui.maps.table import cells_for
from tests.pages.maps.scenes import LABELS, scene_of


def test_cells_are_a_row_a_class_and_a_column_a_method(tiny_image: Pixels) -> None:
    scene = scene_of(tiny_image, (3, 1))
    asked = cells_for(scene, scene.classes)
    found = [
        (p.row, p.column, p.task.request.target, p.task.request.method) for p in asked if p.task
    ]
    assert found == [
        (0, 0, 3, "gradient"),
        (0, 1, 3, "kernel_shap"),
        (1, 0, 1, "gradient"),
        (1, 1, 1, "kernel_shap"),
    ]


def test_an_impossible_map_has_a_reason_and_no_task(tiny_image: Pixels) -> None:
    scene = scene_of(tiny_image, (1, 3), score="contrast", against=3, methods=("gradient",))
    possible, impossible = cells_for(scene, scene.classes)
    assert possible.task is not None
    assert possible.task.request.score == Contrast(3)
    assert not possible.reason
    assert impossible.task is None
    assert LABELS[3] in impossible.reason
