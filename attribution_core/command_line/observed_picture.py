"""What ``observations`` asks of one picture, and what is found on it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from attribution_core.command_line.asked_model import AskedModel
from attribution_core.command_line.compared_pictures import Compared
from attribution_core.command_line.exit_codes import sentence
from attribution_core.command_line.progress import Line, Step
from attribution_core.images import Picture, decode
from attribution_core.measures.class_observations import Correlations, Observation
from attribution_core.measures.observing import (
    Cost,
    Kind,
    Settings,
    costs_of,
    is_quick,
    likeliest,
    of_random_parameters,
    of_two_classes,
)
from attribution_core.network.randomisation import Randomisation

Part = Literal["classes", "parameters", "cost"]
PARTS: tuple[Part, ...] = ("classes", "parameters", "cost")


@dataclass(frozen=True)
class Asked:
    """What is asked of every picture, and of which network at which layers."""

    model: AskedModel
    settings: Settings
    layers: tuple[str, ...]
    parts: tuple[Part, ...]
    stages: int

    @property
    def methods(self) -> Mapping[Kind, tuple[str, ...]]:
        """Of each kind that is asked for; new parameters take a map each, and not many."""
        every = tuple(self.settings.options)
        of_kinds: dict[Kind, tuple[str, ...]] = {
            "classes": every,
            "parameters": tuple(filter(is_quick, every)),
        }
        return {kind: methods for kind, methods in of_kinds.items() if kind in self.parts}

    @property
    def steps_each(self) -> int:
        """Correlations of a picture."""
        return sum(map(len, self.methods.values())) * len(self.layers)


@dataclass(frozen=True)
class Found:
    """An observation of a kind on a picture."""

    kind: Kind
    observation: Observation


@dataclass(frozen=True)
class Complaint:
    """What is said once, though it may be so of every picture."""

    picture: str
    text: str


@dataclass(frozen=True)
class _Shown:
    """A picture that could be read, and the two classes to compare on it."""

    name: str
    picture: Picture
    classes: tuple[int, int]


def of_picture(asked: Asked, compared: Compared) -> Iterator[Step | Line | Complaint | Found]:
    """The observations on one picture; what fails is said, and left out."""
    try:
        shown, assumed = _read(asked, compared)
    except (ValueError, OSError) as error:
        yield Line(f"{compared.file}: {sentence(error)}", failed=True)
        yield Step(compared.name, asked.steps_each)
        return
    if assumed:
        yield Line(f"{compared.file}: {assumed}")
    for kind in asked.methods:
        try:
            measure = _measure(asked, kind)
        except ValueError as error:
            yield Complaint(shown.name, sentence(error))
            continue
        yield from _of_kind(asked, kind, measure, shown)


def _read(asked: Asked, compared: Compared) -> tuple[_Shown, str]:
    """The picture of a file, and what is assumed of it; ValueError or OSError where there is
    none."""
    classifier = asked.model.classifier()
    decoded = decode(compared.file, classifier.input_size)
    picture = Picture.of(decoded.pixels)
    classes = compared.classes or likeliest(classifier, picture)
    return _Shown(compared.name, picture, classes), decoded.assumed


Measure = Callable[[_Shown, str, str], Correlations]


def _measure(asked: Asked, kind: Kind) -> Measure:
    """From picture, method and layer to the correlations; ValueError where there can be none."""
    classifier = asked.model.classifier()
    if kind == "classes":
        return lambda shown, method, layer: of_two_classes(
            classifier, shown.picture, shown.classes, method, layer, asked.settings
        )
    randomisation = _randomisation(asked.model)
    return lambda shown, method, layer: of_random_parameters(
        classifier,
        randomisation,
        shown.picture,
        shown.classes[0],
        method,
        layer,
        asked.settings,
        asked.stages,
    )


@lru_cache(maxsize=1)
def _randomisation(model: AskedModel) -> Randomisation:
    """Of the process's classifier, drawn once for all pictures."""
    return Randomisation(model.classifier())


def _of_kind(
    asked: Asked, kind: Kind, measure: Measure, shown: _Shown
) -> Iterator[Step | Complaint | Found]:
    labels = asked.model.classifier().labels
    first, second = (labels[number] for number in shown.classes)
    beside = second if kind == "classes" else "new parameters"
    for method in asked.methods[kind]:
        for layer in asked.layers:
            try:
                correlations = measure(shown, method, layer)
                observation = Observation(shown.name, shown.classes, method, layer, correlations)
                yield Found(kind, observation)
            except Exception as error:
                # One map that fails does not stop the others; what a method cannot do at a layer
                # it cannot do on any picture.
                yield Complaint(shown.name, f"{method} at {layer}: {sentence(error)}")
            yield Step(f"{shown.name}: {method} at {layer}, {first} and {beside}")


def costs_of_first(asked: Asked, compared: Sequence[Compared]) -> Iterator[Step | Complaint | Cost]:
    """What Shapley values cost of the first picture that can be read."""
    classifier = asked.model.classifier()
    shown = None
    for one in compared:
        with contextlib.suppress(ValueError, OSError):
            shown, _ = _read(asked, one)
            break
    if shown is None:
        return
    for layer in asked.layers:
        try:
            yield from costs_of(classifier, shown.picture, shown.classes[0], layer, asked.settings)
        except Exception as error:
            yield Complaint(shown.name, f"Shapley values at {layer}: {sentence(error)}")
        yield Step(f"{shown.name}: what Shapley values cost at {layer}")
