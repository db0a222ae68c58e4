"""``observations``: do the thesis's three observations hold for a network?"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from attribution_core.command_line.compared_pictures import Compared, compared_pictures
from attribution_core.command_line.crews import crew_for, model_of
from attribution_core.command_line.exit_codes import DONE, SOME_FAILED, sentence
from attribution_core.command_line.files import prepared, write
from attribution_core.command_line.observations_table import lines_of
from attribution_core.command_line.observed_picture import (
    PARTS,
    Asked,
    Complaint,
    Found,
    costs_of_first,
    of_picture,
)
from attribution_core.command_line.progress import Line, ProgressBar, Step, printable
from attribution_core.images import INPUT
from attribution_core.measures.class_observations import Observation
from attribution_core.measures.observed import Observed, csv_of, json_of, labels_of
from attribution_core.measures.observing import FEW, Cost, Kind, Settings
from attribution_core.methods.options import OptionValue
from attribution_core.network.classifier import Classifier
from attribution_core.registry import method_named, methods_named
from attribution_core.running.cluster.crew import Crew, GivenUp

_TOLD = ("files", "most", "classes", "layers")
"""The arguments that only the model can check."""


@dataclass(frozen=True)
class _Network:
    """What is told of the network beside the numbers."""

    name: str
    fingerprint: str
    labels: tuple[str, ...]


def observe(arguments: argparse.Namespace) -> int:
    """Print tables and verdicts, and write the file asked for; return the exit code."""
    if arguments.out is not None:
        prepared(arguments.out.parent)
    named = arguments.methods or FEW
    names = dict.fromkeys(name for words in named for name in methods_named(words))
    options = {name: _options(arguments, name) for name in names}
    settings = Settings(options, arguments.reference, arguments.superpixels, arguments.seed)
    parts = tuple(part for part in PARTS if part in (arguments.only or PARTS))
    asked = Asked(model_of(arguments), settings, (), parts, arguments.stages)
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
    asked: Asked, told: argparse.Namespace
) -> tuple[Asked, _Network, tuple[Compared, ...]]:
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
    return asked, network, tuple(compared_pictures(classifier, told))


def _observed(
    crew: Crew,
    asked: Asked,
    network: _Network,
    compared: Sequence[Compared],
    arguments: argparse.Namespace,
) -> tuple[Observed, bool]:
    """All observations, and whether none has failed."""
    planned = len(compared) * asked.steps_each
    costs_asked = len(asked.layers) if "cost" in asked.parts else 0
    say = _Say(ProgressBar(planned + costs_asked))
    if crew.described:
        say.bar.say(crew.described)
    of_pictures: dict[Compared, list[Found]] = {one: [] for one in compared}
    for one, event in crew.each(partial(of_picture, asked), compared):
        if isinstance(event, Found):
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
        for _, told in crew.each(partial(costs_of_first, asked), [tuple(compared)]):
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

    def of(self, name: str, event: Step | Line | Complaint | GivenUp, steps: int) -> None:
        """Say what an event says, and count what it does."""
        if isinstance(event, GivenUp):
            self.bar.say(f"{name}: given up: {sentence(event.error)}")
            self.bar.step(name, steps)
        elif isinstance(event, Complaint):
            if event.text not in self._said:
                self.bar.say(f"{event.picture}: {event.text}")
            self._said.add(event.text)
        else:
            self.bar.show(event)


def _layers(classifier: Classifier, arguments: argparse.Namespace) -> tuple[str, ...]:
    """The pixels, the layers asked for and the last one, from below."""
    named = {INPUT, classifier.layers[-1], *(arguments.layers or ())}
    for name in named:
        classifier.layer(name)
    return tuple(name for name in classifier.layers if name in named)


def _options(arguments: argparse.Namespace, method: str) -> dict[str, OptionValue]:
    """The method's own options; those that take little time where nothing else is said."""
    method_named(method)
    asked = {name: value for owner, name, value in arguments.option if owner == method}
    return {**FEW.get(method, {}), **asked}


def _settings(
    asked: Asked, arguments: argparse.Namespace, compared: Sequence[Compared]
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
