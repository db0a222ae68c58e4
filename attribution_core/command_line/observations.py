"""``observations``: are maps of two classes alike at the pixels, and less so above?"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from attribution_core.assets import ASSETS
from attribution_core.command_line.exit_codes import DONE, SOME_FAILED, sentence
from attribution_core.command_line.explain import class_named
from attribution_core.command_line.files import prepared, write
from attribution_core.command_line.observations_table import Observed, csv_of, json_of, lines_of
from attribution_core.command_line.progress import ProgressBar, printable
from attribution_core.explanation import explain_request
from attribution_core.images import INPUT, Picture, decode
from attribution_core.measures.class_observations import (
    Correlations,
    Observation,
    correlations_of,
)
from attribution_core.methods.options import OptionValue
from attribution_core.models.labels import imagenet_labels
from attribution_core.models.loading import load_classifier
from attribution_core.network.classifier import Classifier
from attribution_core.registry import method_named
from attribution_core.request import granted, request_or_reason

QUICK = ("gradient_times_input", "integrated_gradients")
"""The methods where none are named."""

FEW_STEPS = 16
"""Of Integrated Gradients, where no number is asked for."""


@dataclass(frozen=True)
class _Compared:
    """A picture's file, and the two classes to compare on it; None: its two likeliest."""

    file: Path
    classes: tuple[int, int] | None


@dataclass(frozen=True)
class _Asked:
    """What is asked of every picture.

    ``methods`` has each method's options, ``arguments`` reference, players and seed.
    """

    classifier: Classifier
    methods: Mapping[str, Mapping[str, OptionValue]]
    layers: tuple[str, ...]
    arguments: argparse.Namespace

    @property
    def maps_each(self) -> int:
        """Pairs of maps of a picture."""
        return len(self.methods) * len(self.layers)


def observe(arguments: argparse.Namespace) -> int:
    """Print the table and the verdicts, and write the file asked for; return the exit code."""
    if arguments.out is not None:
        prepared(arguments.out.parent)
    names = dict.fromkeys(arguments.methods or QUICK)
    methods = {name: _options(arguments, name) for name in names}
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
    asked = _Asked(classifier, methods, _layers(classifier, arguments), arguments)
    compared = _compared(classifier, arguments)
    planned = len(compared) * asked.maps_each
    bar = ProgressBar(planned)
    complaints: set[str] = set()
    found = [each for one in compared for each in _of_picture(asked, one, bar, complaints)]
    bar.close()
    observed = Observed(
        model=classifier.name,
        fingerprint=classifier.fingerprint,
        labels=classifier.labels,
        methods=tuple(methods),
        layers=asked.layers,
        settings=_settings(asked, compared),
        observations=tuple(found),
    )
    for line in lines_of(observed):
        print(printable(line))
    if arguments.out is not None:
        content = json_of if arguments.out.suffix.lower() == ".json" else csv_of
        write(arguments.out, content(observed).encode())
    return DONE if len(found) == planned else SOME_FAILED


def _of_picture(
    asked: _Asked, compared: _Compared, bar: ProgressBar, complaints: set[str]
) -> Iterator[Observation]:
    """The observations on one picture; what fails is said, once, and left out."""
    name = compared.file.name
    try:
        decoded = decode(compared.file, asked.classifier.input_size)
        picture = Picture.of(decoded.pixels)
        classes = compared.classes or _likeliest(asked.classifier, picture)
    except (ValueError, OSError) as error:
        bar.say(f"{compared.file}: {sentence(error)}")
        bar.step(name, asked.maps_each)
        return
    if decoded.assumed:
        bar.say(f"{compared.file}: {decoded.assumed}")
    first, second = (asked.classifier.labels[number] for number in classes)
    for method in asked.methods:
        for layer in asked.layers:
            try:
                correlations = _correlations(asked, picture, classes, method, layer)
                yield Observation(str(compared.file), classes, method, layer, correlations)
            except Exception as error:
                # One map that fails does not stop the others; what a method cannot do at a layer
                # it cannot do on any picture.
                complaint = f"{method} at {layer}: {sentence(error)}"
                if complaint not in complaints:
                    bar.say(f"{name}: {complaint}")
                complaints.add(complaint)
            bar.step(f"{name}: {method} at {layer}, {first} and {second}")


def _correlations(
    asked: _Asked, picture: Picture, classes: tuple[int, int], method: str, layer: str
) -> Correlations:
    """Of the maps of two classes; NaN where one has no effect beyond rounding."""
    requests = [
        request_or_reason(
            asked.classifier,
            picture=picture,
            method=method,
            target=target,
            layer=layer,
            reference=asked.arguments.reference,
            segmentation=asked.arguments.superpixels,
            seed=asked.arguments.seed,
            options=asked.methods[method],
        )
        for target in classes
    ]
    first, second = (explain_request(asked.classifier, granted(each)) for each in requests)
    if first.blank or second.blank:
        return Correlations(math.nan, math.nan)
    return correlations_of(first.heatmap, second.heatmap)


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
        return [_Compared(Path(name), classes) for name in dict.fromkeys(arguments.files)][
            : arguments.most
        ]
    folder = ASSETS / "gallery"
    pairs = {
        folder / each["file"]: (each["classes"][0], each["classes"][1])
        for each in json.loads((folder / "gallery.json").read_text("utf-8"))
        if len(each.get("classes", ())) > 1
    }
    known = tuple(classifier.labels) == imagenet_labels()
    return [_Compared(file, classes or (pair if known else None)) for file, pair in pairs.items()][
        : arguments.most
    ]


def _likeliest(classifier: Classifier, picture: Picture) -> tuple[int, int]:
    """The two classes of the largest logits."""
    first, second = np.argsort(-classifier.scores(picture.pixels), kind="stable")[:2].tolist()
    return first, second


def _options(arguments: argparse.Namespace, method: str) -> dict[str, OptionValue]:
    """The method's own options; few steps of Integrated Gradients where nothing else is said."""
    method_named(method)
    few = {"steps": FEW_STEPS} if method == "integrated_gradients" else {}
    return few | {name: value for owner, name, value in arguments.option if owner == method}


def _settings(asked: _Asked, compared: Sequence[_Compared]) -> dict[str, OptionValue]:
    """What the numbers depend on, beside pictures and network."""
    arguments = asked.arguments
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
    for method, options in asked.methods.items():
        settings |= {f"{method}.{name}": value for name, value in options.items()}
    return settings
