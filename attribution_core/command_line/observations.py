"""``observations``: do the thesis's three observations hold for a network?"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from attribution_core.assets import ASSETS
from attribution_core.command_line.exit_codes import DONE, SOME_FAILED, sentence
from attribution_core.command_line.files import prepared, write
from attribution_core.command_line.named_classes import class_named
from attribution_core.command_line.observations_table import lines_of
from attribution_core.command_line.progress import ProgressBar, printable
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
from attribution_core.models.loading import load_classifier
from attribution_core.network.classifier import Classifier
from attribution_core.network.randomisation import Randomisation
from attribution_core.registry import method_named, methods_named

Part = Literal["classes", "parameters", "cost"]
PARTS: tuple[Part, ...] = ("classes", "parameters", "cost")


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

    classifier: Classifier
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


def observe(arguments: argparse.Namespace) -> int:
    """Print tables and verdicts, and write the file asked for; return the exit code."""
    if arguments.out is not None:
        prepared(arguments.out.parent)
    named = arguments.methods or FEW
    names = dict.fromkeys(name for words in named for name in methods_named(words))
    options = {name: _options(arguments, name) for name in names}
    classifier = load_classifier(
        arguments.model,
        labels=arguments.labels,
        preprocessing=arguments.preprocessing,
        link=arguments.link,
        input_size=arguments.size,
        # So that the printed numbers are the same in every run.
        reproducible=True,
    )
    if classifier.classes < 2:
        raise ValueError(
            f"The network {classifier.name} has one output; it takes two to compare their maps."
        )
    settings = Settings(options, arguments.reference, arguments.superpixels, arguments.seed)
    parts = tuple(part for part in PARTS if part in (arguments.only or PARTS))
    asked = _Asked(classifier, settings, _layers(classifier, arguments), parts, arguments.stages)
    observed, whole = _observed(asked, _compared(classifier, arguments), arguments)
    for line in lines_of(observed):
        print(printable(line))
    if arguments.out is not None:
        content = json_of if arguments.out.suffix.lower() == ".json" else csv_of
        write(arguments.out, content(observed).encode())
    return DONE if whole else SOME_FAILED


def _observed(
    asked: _Asked, compared: Sequence[_Compared], arguments: argparse.Namespace
) -> tuple[Observed, bool]:
    """All observations, and whether none has failed."""
    planned = len(compared) * asked.steps_each
    costs_asked = len(asked.layers) if "cost" in asked.parts else 0
    say = _Say(ProgressBar(planned + costs_asked))
    shown = [each for one in compared if (each := _read(asked, one, say)) is not None]
    found: dict[Kind, tuple[Observation, ...]] = {}
    for kind in asked.methods:
        measure = _measure(asked, kind, say) if shown else None
        if measure is not None:
            found[kind] = tuple(
                each for one in shown for each in _of_picture(asked, kind, measure, one, say)
            )
    costs = tuple(_costs(asked, shown[0], say)) if costs_asked and shown else ()
    say.bar.close()
    observed = Observed(
        model=asked.classifier.name,
        fingerprint=asked.classifier.fingerprint,
        made=datetime.now(UTC).date().isoformat(),
        command=f"attributions {arguments.typed}",
        labels=labels_of(asked.classifier.labels, found),
        layers=asked.layers,
        settings=_settings(asked, arguments, compared),
        observations=found,
        costs=costs,
    )
    return observed, sum(map(len, found.values())) == planned and len(costs) == 2 * costs_asked


class _Say:
    """The bar, and what has been complained of: what fails on one picture fails on all."""

    def __init__(self, bar: ProgressBar) -> None:
        self.bar = bar
        self._said: set[str] = set()

    def once(self, picture: str, complaint: str) -> None:
        if complaint not in self._said:
            self.bar.say(f"{picture}: {complaint}")
        self._said.add(complaint)


def _read(asked: _Asked, compared: _Compared, say: _Say) -> _Shown | None:
    """The picture of a file; where it cannot be read, that is said."""
    try:
        decoded = decode(compared.file, asked.classifier.input_size)
        picture = Picture.of(decoded.pixels)
        classes = compared.classes or likeliest(asked.classifier, picture)
    except (ValueError, OSError) as error:
        say.bar.say(f"{compared.file}: {sentence(error)}")
        say.bar.step(compared.name, asked.steps_each)
        return None
    if decoded.assumed:
        say.bar.say(f"{compared.file}: {decoded.assumed}")
    return _Shown(compared.name, picture, classes)


Measure = Callable[[_Shown, str, str], Correlations]


def _measure(asked: _Asked, kind: Kind, say: _Say) -> Measure | None:
    """From picture, method and layer to the correlations; None where there are none, which is
    said."""
    if kind == "classes":
        return lambda shown, method, layer: of_two_classes(
            asked.classifier, shown.picture, shown.classes, method, layer, asked.settings
        )
    try:
        randomisation = Randomisation(asked.classifier)
    except ValueError as error:
        say.bar.say(sentence(error))
        return None
    return lambda shown, method, layer: of_random_parameters(
        asked.classifier,
        randomisation,
        shown.picture,
        shown.classes[0],
        method,
        layer,
        asked.settings,
        asked.stages,
    )


def _of_picture(
    asked: _Asked, kind: Kind, measure: Measure, shown: _Shown, say: _Say
) -> Iterator[Observation]:
    """The observations on one picture; what fails is said, once, and left out."""
    first, second = (asked.classifier.labels[number] for number in shown.classes)
    beside = second if kind == "classes" else "new parameters"
    for method in asked.methods[kind]:
        for layer in asked.layers:
            try:
                correlations = measure(shown, method, layer)
                yield Observation(shown.name, shown.classes, method, layer, correlations)
            except Exception as error:
                # One map that fails does not stop the others; what a method cannot do at a layer
                # it cannot do on any picture.
                say.once(shown.name, f"{method} at {layer}: {sentence(error)}")
            say.bar.step(f"{shown.name}: {method} at {layer}, {first} and {beside}")


def _costs(asked: _Asked, shown: _Shown, say: _Say) -> Iterator[Cost]:
    classifier, target = asked.classifier, shown.classes[0]
    for layer in asked.layers:
        try:
            yield from costs_of(classifier, shown.picture, target, layer, asked.settings)
        except Exception as error:
            say.once(shown.name, f"Shapley values at {layer}: {sentence(error)}")
        say.bar.step(f"{shown.name}: what Shapley values cost at {layer}")


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
        return [_Compared(Path(name), name, classes) for name in dict.fromkeys(arguments.files)][
            : arguments.most
        ]
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
