"""All observations of one network, and the files that hold them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from attribution_core.images import INPUT
from attribution_core.measures.class_observations import (
    Change,
    Correlations,
    Observation,
    Spread,
    change_of,
    spread_of,
)
from attribution_core.measures.csv_tables import csv_text
from attribution_core.measures.observing import Cost, Kind, Way
from attribution_core.version import PROGRAM

FORMAT, VERSION = "observations", 2
COLUMNS = ("compared", "picture", "class", "label", "other", "other_label", "method", "layer")
MEASURES = {"absolute": "absolute values", "signed": "signed values"}
"""The correlations by their names in `Correlations`, and in words."""

KINDS: tuple[Kind, ...] = get_args(Kind)

_YEAR = 365.25 * 24 * 3600.0


@dataclass(frozen=True)
class Observed:
    """All observations of one network.

    Attributes
    ----------
    model, fingerprint : str
    made : str
        The day, such as ``2026-11-27``.
    command : str
        What has measured it.
    labels : mapping of int to str
        Of the classes that were compared.
    layers : tuple of str
        In the order in which they are listed; the pixels are the first.
    settings : mapping of str to value
        Reference, seed and so on, as JSON can hold them.
    observations : mapping of Kind to tuple of Observation
        Of two classes' maps; and of maps of the first of them with the network's and with new
        parameters, by rank correlation.
    costs : tuple of Cost
        Of Shapley values on the first picture.
    """

    model: str
    fingerprint: str
    made: str
    command: str
    labels: Mapping[int, str]
    layers: tuple[str, ...]
    settings: Mapping[str, Any]
    observations: Mapping[Kind, tuple[Observation, ...]]
    costs: tuple[Cost, ...] = ()

    def methods(self, kind: Kind) -> tuple[str, ...]:
        """The methods that were observed, in their order."""
        return tuple(dict.fromkeys(each.method for each in self.observations.get(kind, ())))

    def pictures(self, kind: Kind) -> int:
        """How many pictures were observed."""
        every = self.observations.get(kind, ())
        return len({(each.picture, each.classes) for each in every})

    def spread(self, kind: Kind, measure: str, method: str, layer: str) -> Spread:
        """Of a correlation over the pictures."""
        return spread_of(self._values(kind, measure, method, layer))

    def change(self, kind: Kind, measure: str, method: str, layer: str) -> Change:
        """Of a correlation from the pixels to a layer."""
        pixels, above = (self._values(kind, measure, method, each) for each in (INPUT, layer))
        return change_of(pixels, above)

    def _values(self, kind: Kind, measure: str, method: str, layer: str) -> list[float]:
        """A correlation of each picture, in the order of all; NaN where it has none."""
        every = self.observations.get(kind, ())
        found = {
            (each.picture, each.classes): float(getattr(each.correlations, measure))
            for each in every
            if (each.method, each.layer) == (method, layer)
        }
        pictures = dict.fromkeys((each.picture, each.classes) for each in every)
        return [found.get(picture, math.nan) for picture in pictures]


def costs_in_words(costs: Sequence[Cost]) -> str:
    """What the numbers say of it, in sentences.

    Processors' seconds: they tell more where other programs keep the machine busy.
    """
    estimates = {each.layer: each for each in costs if each.way == "estimate"}
    exact = {each.layer: each for each in costs if each.way != "estimate"}
    last = list(estimates)[-1]
    pixels, above = estimates[INPUT], estimates[last]
    ratio = pixels.processor_seconds / above.processor_seconds
    said = (
        f"KernelSHAP’s {pixels.evaluations:.0f} evaluations take {pixels.processor_seconds:.2f} s "
        f"of processor time at the pixels and {above.processor_seconds:.2f} s at {last}: "
        f"{ratio:.{0 if ratio >= 10 else 1}f} times as long."
    )
    at_pixels, at_last = exact[INPUT], exact[last]
    if not at_pixels.was_run:
        years = at_pixels.evaluations * pixels.processor_seconds / pixels.evaluations / _YEAR
        said += (
            f" Exact values of {at_pixels.players} superpixels would take "
            f"2^{math.log2(at_pixels.evaluations):.0f} evaluations, at that pace "
            f"about {_roughly(years)} years"
        )
    else:
        said += f" Exact values take {at_pixels.processor_seconds:.2f} s at the pixels"
    return f"{said}; {_at_the_last(at_last)}."


def _roughly(years: float) -> str:
    """With two digits, as an estimate deserves."""
    return f"{float(f'{years:.2g}'):,.0f}" if years >= 10 else f"{years:.2g}"


def _at_the_last(cost: Cost) -> str:
    if not cost.was_run:
        return f"those of {cost.players} cells of {cost.layer} as many"
    why = {
        "closed form": ", in closed form, since the network is linear from there on",
        "exact by locality": ", since the head above is local",
    }.get(cost.way, "")
    return (
        f"those of {cost.players} cells of {cost.layer} took {cost.evaluations:.0f} evaluations "
        f"and {cost.processor_seconds:.2f} s{why}"
    )


def csv_of(observed: Observed) -> str:
    """A line for each picture, method and layer; a correlation that there is not is left empty."""
    lines = []
    for kind in KINDS:
        for each in observed.observations.get(kind, ()):
            # New parameters are compared on the first class alone.
            classes = each.classes if kind == "classes" else each.classes[:1]
            named = [cell for number in classes for cell in (number, observed.labels[number])]
            values = (getattr(each.correlations, measure) for measure in MEASURES)
            numbers = ["" if math.isnan(value) else f"{value:.6g}" for value in values]
            named += [""] * (4 - len(named))
            lines.append([kind, each.picture, *named, each.method, each.layer, *numbers])
    return csv_text([*COLUMNS, *MEASURES], lines)


def json_of(observed: Observed) -> str:
    """All observations and verdicts, with the settings; null is a number that there is not."""
    described = {
        "format": FORMAT,
        "version": VERSION,
        "program": PROGRAM,
        "made": observed.made,
        "command": observed.command,
        "model": observed.model,
        "model_fingerprint": observed.fingerprint,
        "labels": {str(number): label for number, label in observed.labels.items()},
        "layers": list(observed.layers),
        "settings": dict(observed.settings),
        "observations": {
            kind: [_described(each) for each in observed.observations.get(kind, ())]
            for kind in KINDS
        },
        "changes": list(_changes(observed)),
        "costs": [
            {
                "layer": each.layer,
                "players": each.players,
                "way": each.way,
                "evaluations": each.evaluations,
                "seconds": _or_null(each.seconds),
                "processor_seconds": _or_null(each.processor_seconds),
            }
            for each in observed.costs
        ],
    }
    return json.dumps(described, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def read_observed(text: str) -> Observed:
    """What `json_of` has written.

    Raises
    ------
    ValueError
        When it is of another format or version, or not whole.
    """
    try:
        described = json.loads(text)
        if (described["format"], described["version"]) != (FORMAT, VERSION):
            raise ValueError("it is of another format or version")
        return Observed(
            **{name: described[name] for name in ("model", "made", "command", "settings")},
            fingerprint=described["model_fingerprint"],
            labels={int(number): label for number, label in described["labels"].items()},
            layers=tuple(described["layers"]),
            observations={
                kind: tuple(_observation(each) for each in described["observations"][kind])
                for kind in KINDS
            },
            costs=tuple(_cost(each) for each in described["costs"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"The file holds no observations that can be read ({error}).") from None


def _described(each: Observation) -> dict[str, Any]:
    return {
        "picture": each.picture,
        "classes": list(each.classes),
        "method": each.method,
        "layer": each.layer,
        **{
            measure: _or_null(round(getattr(each.correlations, measure), 6)) for measure in MEASURES
        },
    }


def _observation(described: Mapping[str, Any]) -> Observation:
    first, second = described["classes"]
    return Observation(
        described["picture"],
        (first, second),
        described["method"],
        described["layer"],
        Correlations(**{measure: _or_nan(described[measure]) for measure in MEASURES}),
    )


def _cost(described: Mapping[str, Any]) -> Cost:
    ways: tuple[Way, ...] = get_args(Way)
    (way,) = (each for each in ways if each == described["way"])
    return Cost(
        described["layer"],
        described["players"],
        way,
        float(described["evaluations"]),
        _or_nan(described["seconds"]),
        _or_nan(described["processor_seconds"]),
    )


def _changes(observed: Observed) -> Iterator[dict[str, Any]]:
    for kind in KINDS:
        for method in observed.methods(kind):
            for layer in observed.layers[1:]:
                for measure in MEASURES:
                    change = observed.change(kind, measure, method, layer)
                    yield {
                        "compared": kind,
                        "method": method,
                        "layer": layer,
                        "measure": measure,
                        **_described_change(change),
                    }


def _described_change(change: Change) -> dict[str, Any]:
    spreads = {"pixels": change.pixels, "above": change.above, "fall": change.fall}
    return {
        "pictures": change.fall.count,
        **{
            name: {"mean": _or_null(each.mean), "deviation": _or_null(each.deviation)}
            for name, each in spreads.items()
        },
        "interval": [_or_null(end) for end in change.interval],
        "fallen": change.fallen,
        "verdict": change.verdict,
    }


def labels_of(
    labels: Sequence[str], observations: Mapping[Kind, tuple[Observation, ...]]
) -> dict[int, str]:
    """The labels of the classes that were compared."""
    every = [each for observed in observations.values() for each in observed]
    return {number: labels[number] for each in every for number in each.classes}


def _or_null(value: float) -> float | None:
    return None if math.isnan(value) else value


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else float(value)
