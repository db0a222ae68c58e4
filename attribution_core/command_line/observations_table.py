"""What ``observations`` found: as a table with a verdict on each method, as CSV and as JSON."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from attribution_core.images import INPUT
from attribution_core.measures.class_observations import (
    ALIKE,
    Change,
    Observation,
    Spread,
    change_of,
    spread_of,
)
from attribution_core.registry import METHODS
from attribution_core.saved_maps.files import program

FORMAT, VERSION = "observations", 1
COLUMNS = ("picture", "class", "label", "other", "other_label", "method", "layer")
MEASURES = {"absolute": "absolute values", "signed": "signed values"}
"""The correlations by their names in `Correlations`, and in words."""

_HEADINGS = {"absolute": "|values|", "signed": "signed"}

_CLAIM = (
    "Thesis, figure 3.1: maps of two classes are alike at the pixels, and less alike above. Here, "
    f"alike is a mean correlation of {ALIKE:.2f} or more, and less alike is that the fall of the "
    "correlation, picture by picture, has a mean whose 95 % interval lies above 0."
)


@dataclass(frozen=True)
class Observed:
    """All observations of one network.

    Attributes
    ----------
    model, fingerprint : str
    labels : sequence of str
    methods, layers : tuples of str
        In the order in which they are listed; the pixels are the first layer.
    settings : mapping of str to value
        Reference, seed and so on, as JSON can hold them.
    observations : tuple of Observation
    """

    model: str
    fingerprint: str
    labels: Sequence[str]
    methods: tuple[str, ...]
    layers: tuple[str, ...]
    settings: Mapping[str, Any]
    observations: tuple[Observation, ...]

    def values(self, measure: str, method: str, layer: str) -> list[float]:
        """A correlation of each picture, in the order of all; NaN where it has none."""
        found = {
            (each.picture, each.classes): float(getattr(each.correlations, measure))
            for each in self.observations
            if (each.method, each.layer) == (method, layer)
        }
        every = dict.fromkeys((each.picture, each.classes) for each in self.observations)
        return [found.get(picture, math.nan) for picture in every]

    def change(self, measure: str, method: str, layer: str) -> Change:
        """Of a correlation from the pixels to a layer."""
        return change_of(self.values(measure, method, INPUT), self.values(measure, method, layer))


def lines_of(observed: Observed) -> Iterator[str]:
    """The table, and a verdict on each method and layer above the pixels."""
    settings = "; ".join(f"{name}: {value}" for name, value in observed.settings.items())
    yield f"{observed.model}: correlation of two classes' maps, mean ± standard deviation"
    yield settings
    wide = max(map(len, ("method", *observed.methods)))
    deep = max(map(len, ("layer", *observed.layers)))
    headings = "  ".join(f"{_HEADINGS[measure]:>12}" for measure in MEASURES)
    yield f"{'method':{wide}}  {'layer':{deep}}  {headings}  pictures"
    for method in observed.methods:
        for layer in observed.layers:
            spreads = [spread_of(observed.values(each, method, layer)) for each in MEASURES]
            cells = "  ".join(f"{_written(each):>12}" for each in spreads)
            yield f"{method:{wide}}  {layer:{deep}}  {cells}  {spreads[0].count:8d}"
    yield ""
    yield _CLAIM
    for method in observed.methods:
        for layer in observed.layers[1:]:
            told = "; ".join(
                f"by {words} it {_verdict(observed.change(measure, method, layer))}"
                for measure, words in MEASURES.items()
            )
            yield f"{METHODS[method].title}, pixels → {layer}: {told}."


def _verdict(change: Change) -> str:
    """The verdict with the numbers that it rests on."""
    if not change.fall.count:
        return f"{change.verdict}: no picture has maps of both classes at both"
    why = ", as they are not alike at the pixels" if change.verdict == "holds in part" else ""
    numbers = (
        f"{_written(change.pixels)} → {_written(change.above)}, lower on {change.fallen} of "
        f"{change.fall.count} pictures, mean fall {_number(change.fall.mean)}"
    )
    if change.fall.count > 1:
        numbers += f" [{', '.join(map(_number, change.interval))}]"
    return f"{change.verdict}{why} ({numbers})"


def _written(spread: Spread) -> str:
    if not spread.count:
        return "none"
    deviation = f" ± {_number(spread.deviation)}" if spread.count > 1 else ""
    return f"{_number(spread.mean)}{deviation}"


def _number(value: float) -> str:
    # Adding 0 makes a rounded −0 a 0.
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "−")


def csv_of(observed: Observed) -> str:
    """A line for each picture, method and layer; a correlation that there is not is left empty."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([*COLUMNS, *MEASURES])
    for each in observed.observations:
        named = [cell for number in each.classes for cell in (number, observed.labels[number])]
        values = (getattr(each.correlations, measure) for measure in MEASURES)
        numbers = ["" if math.isnan(value) else f"{value:.6g}" for value in values]
        writer.writerow([each.picture, *named, each.method, each.layer, *numbers])
    return text.getvalue()


def json_of(observed: Observed) -> str:
    """All observations and verdicts, with the settings; null is a number that there is not."""
    described = {
        "format": FORMAT,
        "version": VERSION,
        "program": program(),
        "model": observed.model,
        "model_fingerprint": observed.fingerprint,
        "settings": dict(observed.settings),
        "observations": [
            {
                "picture": each.picture,
                "classes": list(each.classes),
                "labels": [observed.labels[number] for number in each.classes],
                "method": each.method,
                "layer": each.layer,
                **{measure: _or_null(getattr(each.correlations, measure)) for measure in MEASURES},
            }
            for each in observed.observations
        ],
        "changes": [
            {
                "method": method,
                "layer": layer,
                "measure": measure,
                **_described(observed.change(measure, method, layer)),
            }
            for method in observed.methods
            for layer in observed.layers[1:]
            for measure in MEASURES
        ],
    }
    return json.dumps(described, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _described(change: Change) -> dict[str, Any]:
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


def _or_null(value: float) -> float | None:
    return None if math.isnan(value) else value
