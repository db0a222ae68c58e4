"""What the areas depend on besides the map: the players, the points of a curve, the score."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from attribution_core.images import INPUT
from attribution_core.measures.map_curves import Players
from attribution_core.request import ZEROS
from attribution_core.scores import Link, Score
from attribution_core.segmentations import Grid, Slic, counted
from pages.ui.shell.choosers import choose_one, choose_whole
from pages.ui.shell.markdown import literal
from pages.ui.shell.scene import Scene
from pages.ui.shell.settings import segmentation_for
from pages.ui.worker.engine import Engine

PLAYERS = {"superpixels": "Superpixels", "pixels": "Pixels", "positions": "Layer positions"}
SCORES = {
    "probability": "Probability",
    "logit": "Logit",
    "log-probability": "Log-probability",
    "contrast": "Contrast",
}


@dataclass(frozen=True)
class Protocol:
    """How maps are tested; ``removed`` names the players, such as "50 superpixels"."""

    players: Players
    removed: str
    points: int
    score: str


def choose_protocol(engine: Engine, scene: Scene) -> Protocol:
    """Draw the three controls."""
    kind = _choose_kind()
    score = choose_one(
        "faithfulness-score",
        "Score",
        {kind: title for kind, title in SCORES.items() if kind in scene.scores},
        "probability" if "probability" in scene.scores else scene.quantity,
        help="What the curves show. The maps explain the sidebar's score. Contrast is the lead "
        "over the sidebar's rival class, or over the strongest other class.",
    )
    points = choose_whole(
        "faithfulness-steps",
        "Steps",
        4,
        100,
        16,
        step=4,
        width=100,  # beside the others in a window of 1280 pixels
        help="Points of a curve after the first, in equal shares of the picture.",
    )
    players, removed = _players(engine, scene, kind)
    return Protocol(players, removed, points, score)


def choose_players(engine: Engine, scene: Scene) -> tuple[Players, str]:
    """Draw the control of what is removed alone; the players, and what they are called."""
    return _players(engine, scene, _choose_kind())


def _choose_kind() -> str:
    """One of `PLAYERS`."""
    return choose_one(
        "faithfulness-players",
        "What is removed",
        PLAYERS,
        "superpixels",
        help="Pixels and superpixels take the reference picture's values; positions take the "
        "reference's activations at the sidebar's layer (at the highest layer, if that is the "
        "input). A map is resampled to them: bilinearly to a finer grid, by means to a coarser "
        "one. Parts of equal value are removed together. Single pixels make a test that is hard "
        "to interpret: with scattered pixels missing, the picture is unlike any that the network "
        "was trained on, and the score falls whichever they are.",
    )


def _players(engine: Engine, scene: Scene, kind: str) -> tuple[Players, str]:
    """The players, and what they are called."""
    settings = scene.settings
    if kind == "pixels":
        return Players(), "pixels"
    if kind == "superpixels":
        if settings.layer == INPUT:
            segmentation = segmentation_for(settings)
            if isinstance(segmentation, Grid):
                cells = segmentation.rows * segmentation.columns
                return Players(INPUT, segmentation), counted(cells, "grid cell")
        superpixels = Slic(settings.count, settings.compactness)
        return Players(INPUT, superpixels), counted(settings.count, "superpixel")
    classifier = engine.loaded(settings.model)
    layer = settings.layer
    if classifier is None:
        return Players(layer), "positions"
    if layer == INPUT:
        layer = classifier.layers[-1]
    height, width, _ = classifier.layer(layer).shape
    return Players(layer), counted(height * width, "position")


def removal_in_words(scene: Scene, protocol: Protocol) -> str:
    """What the removed parts are replaced by, in Markdown."""
    settings = scene.settings
    players = protocol.players
    if players.layer != INPUT:
        return (
            f"The {protocol.removed} of **{literal(players.layer)}** take the activations of the "
            f"reference: {settings.reference}."
        )
    if settings.reference == ZEROS:
        return (
            f"The {protocol.removed} take the values of black: the reference “zeros” exists "
            "only at inner layers."
        )
    return f"The {protocol.removed} take the values of the reference picture: {settings.reference}."


def score_of(
    kind: str,
    target: int,
    classes: int,
    logits: np.ndarray,
    against: int | None,
    link: Link = "softmax",
) -> Score:
    """The score that the curves show; a contrast is with the strongest other class by default."""
    if kind != "contrast":
        return Score.of(kind, target, classes, link=link)
    if against is None or against == target or against >= classes:
        ranked = np.argsort(-logits, kind="stable")
        against = int(next(number for number in ranked if number != target))
    return Score(target, against=against, link=link)


def score_in_words(scene: Scene, score: Score) -> str:
    """The score of a curve, as plain text."""
    label = scene.labels[score.target]
    if score.against is not None:
        return f"lead of {label} over {scene.labels[score.against]}"
    return f"{'probability' if score.probability else scene.quantity} of {label}"
