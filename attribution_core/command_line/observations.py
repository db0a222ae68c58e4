"""``observations``: do the thesis's three observations hold for a network?"""

from __future__ import annotations

import argparse
import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Literal

from attribution_core.assets import ASSETS
from attribution_core.command_line.asked_model import AskedModel
from attribution_core.command_line.crews import crew_for, model_of
from attribution_core.command_line.exit_codes import DONE, SOME_FAILED, sentence
from attribution_core.command_line.files import prepared, write
from attribution_core.command_line.named_classes import class_named
from attribution_core.command_line.observations_table import lines_of
from attribution_core.command_line.progress import Line, ProgressBar, Step, printable
from attribution_core.images import INPUT, Picture, decode
from attribution_core.measures.class_observations import Correlations, Observation
from attribution_core.measures.observed import Observed, csv_of, json_of, labels_of
from attribution_core.measures.observing import (
    FEW,
    Cost,
    Kind,
    Settings,
    costs_of,
    is_quick,
    likeliest,
    of_random_parameters,
    of_two_classes,
)
from attribution_core.methods.options import OptionValue
from attribution_core.models.labels import imagenet_labels
from attribution_core.network.classifier import Classifier
from attribution_core.network.randomisation import Randomisation
from attribution_core.registry import method_named, methods_named
from attribution_core.running.cluster.crew import Crew, GivenUp

Part = Literal["classes", "parameters", "cost"]
PARTS: tuple[Part, ...] = ("classes", "parameters", "cost")
_TOLD = ("files", "most", "classes", "layers")
"""The arguments that only the model can check."""


@dataclass(frozen=True)
class _Compared:
    """A picture's file, what it is called, and the two classes to compare; None: the likeliest."""

    file: Path
    name: str
    classes: tuple[int, int] | None


@dataclass(frozen=True)
class _Shown:
    """A picture that could be read, and the two classes to compare on it."""

    name: str
    picture: Picture
    classes: tuple[int, int]


@dataclass(frozen=True)
class _Asked:
    """What is asked of every picture; ``quick`` are the methods of new parameters."""

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
class _Network:
    """What is told of the network beside the numbers."""

    name: str
    fingerprint: str
    labels: tuple[str, ...]


@dataclass(frozen=True)
class _Found:
    """An observation of a kind on a picture."""

    kind: Kind
    observation: Observation


@dataclass(frozen=True)
class _Complaint:
    """What is said once, though it may be so of every picture."""

    picture: str
    text: str


def observe(arguments: argparse.Namespace) -> int:
    """Print tables and verdicts, and write the file asked for; return the exit code."""
    if arguments.out is not None:
        prepared(arguments.out.parent)
    named = arguments.methods or FEW
    names = dict.fromkeys(name for words in named for name in methods_named(words))
    options = {name: _options(arguments, name) for name in names}
    settings = Settings(options, arguments.reference, arguments.superpixels, arguments.seed)
    parts = tuple(part for part in PARTS if part in (arguments.only or PARTS))
    asked = _Asked(model_of(arguments), settings, (), parts, arguments.stages)
    # How the command goes on is no worker's business.
    told = argparse.Namespace(**{key: vars(arguments)[key] for key in _TOLD})
    with crew_for(arguments) as crew:
        asked, network, compared = crew.answer(_checked, asked, told)
        observed, whole = _observed(crew, asked, network, compared, arguments)
    for line in lines_of(observed):
        print(printable(line))
    if arguments.out is not None:
        content = json_of if arguments.out.suffix.lower() == ".json" else csv_of
        write(arguments.out, content(observed).encode())
    return DONE if whole else SOME_FAILED


def _checked(
    asked: _Asked, told: argparse.Namespace
) -> tuple[_Asked, _Network, tuple[_Compared, ...]]:
    """What is asked with its layers, the network, and the pictures with their classes.

    ValueError or OSError where there is no such model, or it has no such layers or classes.
    """
    classifier = asked.model.classifier()
    if classifier.classes < 2:
        raise ValueError(
            f"The network {classifier.name} has one output; it takes two to compare their maps."
        )
    network = _Network(classifier.name, classifier.fingerprint, tuple(classifier.labels))
    asked = replace(asked, layers=_layers(classifier, told))
    return asked, network, tuple(_compared(classifier, told))


def _observed(
    crew: Crew,
    asked: _Asked,
    network: _Network,
    compared: Sequence[_Compared],
    arguments: argparse.Namespace,
) -> tuple[Observed, bool]:
    """All observations, and whether none has failed."""
    planned = len(compared) * asked.steps_each
    costs_asked = len(asked.layers) if "cost" in asked.parts else 0
    say = _Say(ProgressBar(planned + costs_asked))
    if crew.described:
        say.bar.say(crew.described)
    of_pictures: dict[_Compared, list[_Found]] = {one: [] for one in compared}
    for one, event in crew.each(partial(_of_picture, asked), compared):
        if isinstance(event, _Found):
            of_pictures[one].append(event)
        else:
            say.of(one.name, event, asked.steps_each)
    found: dict[Kind, tuple[Observation, ...]] = {}
    for kind in asked.methods:
        of_kind = [each for events in of_pictures.values() for each in events if each.kind == kind]
        if of_kind:
            found[kind] = tuple(each.observation for each in of_kind)
    costs: list[Cost] = []
    if costs_asked:
        # After all others, so that nothing else takes the processors.
        for _, told in crew.each(partial(_costs, asked), [tuple(compared)]):
            if isinstance(told, Cost):
                costs.append(told)
            else:
                say.of("Costs", told, costs_asked)
    say.bar.close()
    observed = Observed(
        model=network.name,
        fingerprint=network.fingerprint,
        made=datetime.now(UTC).date().isoformat(),
        command=f"attributions {arguments.typed}",
        labels=labels_of(network.labels, found),
        layers=asked.layers,
        settings=_settings(asked, arguments, compared),
        observations=found,
        costs=tuple(costs),
    )
    return observed, sum(map(len, found.values())) == planned and len(costs) == 2 * costs_asked


class _Say:
    """The bar, and what has been complained of: what fails on one picture fails on all."""

    def __init__(self, bar: ProgressBar) -> None:
        self.bar = bar
        self._said: set[str] = set()

    def of(self, name: str, event: Step | Line | _Complaint | GivenUp, steps: int) -> None:
        """Say what an event says, and count what it does."""
        if isinstance(event, GivenUp):
            self.bar.say(f"{name}: given up: {sentence(event.error)}")
            self.bar.step(name, steps)
        elif isinstance(event, _Complaint):
            if event.text not in self._said:
                self.bar.say(f"{event.picture}: {event.text}")
            self._said.add(event.text)
        else:
            self.bar.show(event)


def _of_picture(asked: _Asked, compared: _Compared) -> Iterator[Step | Line | _Complaint | _Found]:
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
            yield _Complaint(shown.name, sentence(error))
            continue
        yield from _of_kind(asked, kind, measure, shown)


def _read(asked: _Asked, compared: _Compared) -> tuple[_Shown, str]:
    """The picture of a file, and what is assumed of it; ValueError or OSError where there is
    none."""
    classifier = asked.model.classifier()
    decoded = decode(compared.file, classifier.input_size)
    picture = Picture.of(decoded.pixels)
    classes = compared.classes or likeliest(classifier, picture)
    return _Shown(compared.name, picture, classes), decoded.assumed


Measure = Callable[[_Shown, str, str], Correlations]


def _measure(asked: _Asked, kind: Kind) -> Measure:
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
    asked: _Asked, kind: Kind, measure: Measure, shown: _Shown
) -> Iterator[Step | _Complaint | _Found]:
    labels = asked.model.classifier().labels
    first, second = (labels[number] for number in shown.classes)
    beside = second if kind == "classes" else "new parameters"
    for method in asked.methods[kind]:
        for layer in asked.layers:
            try:
                correlations = measure(shown, method, layer)
                observation = Observation(shown.name, shown.classes, method, layer, correlations)
                yield _Found(kind, observation)
            except Exception as error:
                # One map that fails does not stop the others; what a method cannot do at a layer
                # it cannot do on any picture.
                yield _Complaint(shown.name, f"{method} at {layer}: {sentence(error)}")
            yield Step(f"{shown.name}: {method} at {layer}, {first} and {beside}")


def _costs(asked: _Asked, compared: Sequence[_Compared]) -> Iterator[Step | _Complaint | Cost]:
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
            yield _Complaint(shown.name, f"Shapley values at {layer}: {sentence(error)}")
        yield Step(f"{shown.name}: what Shapley values cost at {layer}")


def _layers(classifier: Classifier, arguments: argparse.Namespace) -> tuple[str, ...]:
    """The pixels, the layers asked for and the last one, from below."""
    named = {INPUT, classifier.layers[-1], *(arguments.layers or ())}
    for name in named:
        classifier.layer(name)
    return tuple(name for name in classifier.layers if name in named)


def _compared(classifier: Classifier, arguments: argparse.Namespace) -> list[_Compared]:
    """The pictures with their classes, as many as are asked for."""
    classes = None
    if arguments.classes is not None:
        first, second = (class_named(classifier, text) for text in arguments.classes)
        if first == second:
            raise ValueError(
                f"Both classes are “{classifier.labels[first]}”; name two different ones."
            )
        classes = first, second
    if arguments.files:
        return [
            _Compared(Path(name).absolute(), name, classes)
            for name in dict.fromkeys(arguments.files)
        ][: arguments.most]
    folder = ASSETS / "gallery"
    pairs = {
        each["file"]: (each["classes"][0], each["classes"][1])
        for each in json.loads((folder / "gallery.json").read_text("utf-8"))
        if len(each.get("classes", ())) > 1
    }
    known = tuple(classifier.labels) == imagenet_labels()
    return [
        _Compared(folder / name, name, classes or (pair if known else None))
        for name, pair in pairs.items()
    ][: arguments.most]


def _options(arguments: argparse.Namespace, method: str) -> dict[str, OptionValue]:
    """The method's own options; those that take little time where nothing else is said."""
    method_named(method)
    asked = {name: value for owner, name, value in arguments.option if owner == method}
    return {**FEW.get(method, {}), **asked}


def _settings(
    asked: _Asked, arguments: argparse.Namespace, compared: Sequence[_Compared]
) -> dict[str, OptionValue]:
    """What the numbers depend on, beside pictures and network."""
    classes = "as named" if arguments.classes else "the gallery's"
    if any(each.classes is None for each in compared):
        classes = "each picture's two likeliest"
    settings: dict[str, OptionValue] = {
        "classes": classes,
        "reference": arguments.reference,
        "seed": arguments.seed,
    }
    if arguments.superpixels is not None:
        settings["superpixels"] = arguments.superpixels
    if "parameters" in asked.parts:
        settings["stages"] = asked.stages
    for method, options in asked.settings.options.items():
        settings |= {f"{method}.{name}": value for name, value in options.items()}
    return settings
