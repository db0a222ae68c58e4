"""What a story's step shows, computed without a page."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from attribution_core import Attribution, Classifier
from attribution_core.explanation import explain_request
from attribution_core.request import granted
from pages.ui.shell.gallery import gallery, pixels_of
from pages.ui.shell.requests import request_for
from pages.ui.shell.scene import Scene, scene_of
from pages.ui.shell.settings import Settings, decode
from pages.ui.stories.shelf import shelf
from pages.ui.stories.story import Step
from pages.ui.worker.engine import engine

MINUS = "−"


def step(story: str, number: int) -> Step:
    return shelf(engine()).stories[story].steps[number - 1]


def loaded(model: str) -> Classifier:
    return engine()._classifier(model)


def scene(told: Step) -> Scene:
    """The scene of a step's settings, its network in memory."""
    models = engine().names()
    pictures = tuple(entry.id for entry in gallery())
    given = {name: text for name, text in told.settings.items() if "-" not in name}
    settings, complaints = decode(given, Settings(model=models[0]), models, pictures)
    assert not complaints
    loaded(settings.model)
    return scene_of(engine(), settings, "test")


def attribution(told: Scene, method: str, target: int, layer: str) -> Attribution:
    at = replace(told, settings=told.settings.at(layer or told.settings.layer))
    classifier = loaded(told.settings.model)
    return explain_request(classifier, granted(request_for(at, method, target)))


def heatmap(told: Scene, method: str, target: int, layer: str = "") -> np.ndarray:
    return attribution(told, method, target, layer).heatmap


def probabilities(model: str, picture: str) -> np.ndarray:
    classifier = loaded(model)
    scores = classifier.scores(pixels_of(picture, classifier.input_size).pixels)
    weights = np.exp(scores - scores.max())
    return weights / weights.sum()


def red(map_: np.ndarray) -> np.ndarray:
    return np.clip(map_, 0, None)


def left(map_: np.ndarray) -> float:
    """The share of the red in the left half, in percent."""
    return 100 * red(map_)[:, : map_.shape[1] // 2].sum() / red(map_).sum()


def numbers(text: str) -> list[float]:
    """All numbers in a text, in their order; those in names of layers and of methods are none."""
    found = re.findall(rf"(?<![\w.])[{MINUS}+]?\d+(?:\.\d+)?(?![\w])", text.replace(",", ""))
    return [float(each.replace(MINUS, "-")) for each in found]
