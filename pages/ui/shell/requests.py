"""What a scene asks for: requests, players, the reference, the first predictions."""

from __future__ import annotations

from attribution_core.images import Picture
from attribution_core.references import reference_image
from attribution_core.request import ZEROS, Reason, Request, has_picture, request_or_reason
from attribution_core.scores import Contrast
from attribution_core.segmentations import (
    Grid,
    Slic,
    counted,
    rows_and_columns,
)
from pages.ui.shell.scene import Scene
from pages.ui.shell.settings import Settings, segmentation_for
from pages.ui.worker.tasks import Predict


def request_for(scene: Scene, method: str, target: int) -> Request | Reason:
    """The request for one map of a scene, or why there is none."""
    settings = scene.settings
    return request_or_reason(
        scene.classifier,
        picture=scene.picture,
        method=method,
        target=target,
        layer=settings.layer,
        reference=settings.reference,
        score=score_for(settings),
        segmentation=segmentation_for(settings),
        seed=settings.seed,
        options=settings.options_of(method),
        labels=scene.labels,
    )


def score_for(settings: Settings) -> str | Contrast:
    """The score to explain."""
    return Contrast(settings.against or 0) if settings.score == "contrast" else settings.score


def players_given(settings: Settings, height: int, width: int) -> str:
    """The players that the settings give at a layer's resolution, in words."""
    segmentation = segmentation_for(settings)
    too_many = f"More than the picture's {height}×{width} pixels allow: choose fewer."
    if isinstance(segmentation, Slic):
        if settings.count > height * width:
            return too_many
        return f"Gives {counted(settings.count, 'superpixel')}, each connected."
    if isinstance(segmentation, Grid):
        rows, columns = segmentation.rows, segmentation.columns
        if rows > height or columns > width:
            return too_many
    else:
        rows, columns = rows_and_columns(height, width, settings.count)
        if (rows, columns) == (height, width):
            return f"Gives {counted(rows * columns, 'position')}: the layer's {height}×{width}."
    cells = counted(rows * columns, "grid cell")
    return f"Gives {cells}: {rows}×{columns} over {height}×{width} positions."


def reference_of(settings: Settings, picture: Picture) -> Picture | None:
    """The reference picture; None where no picture has the reference at the settings' layer."""
    if settings.reference == ZEROS or not has_picture(settings.reference, settings.layer):
        return None
    return Picture.of(reference_image(picture.pixels, settings.reference, settings.seed))


def without_picture(settings: Settings) -> str:
    """What a reference is that `reference_of` has no picture of, in a sentence."""
    if settings.reference == ZEROS:
        return f"All activations at {settings.layer} set to zero: no picture has them."
    return (
        f"The picture’s own activations at {settings.layer}, their positions in random order: no "
        "picture has them."
    )


def predictions_for(settings: Settings, picture: Picture) -> list[Predict]:
    """The predictions needed before any map: for the picture and the reference."""
    reference = reference_of(settings, picture)
    return [
        Predict(settings.model, each, settings.layer)
        for each in (picture, reference)
        if each is not None
    ]
