"""What ``observations`` found, in lines: tables, and a verdict on each claim."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from attribution_core.images import INPUT
from attribution_core.measures.class_observations import ALIKE, Change, Spread
from attribution_core.measures.observed import MEASURES, Observed, costs_in_words
from attribution_core.measures.observing import Cost, Kind
from attribution_core.registry import METHODS

_HEADINGS = {"absolute": "|values|", "signed": "signed"}

_TITLES: dict[Kind, str] = {
    "classes": "Two classes: correlation of their maps, mean ± standard deviation",
    "parameters": "New parameters in the top {stages} stages: rank correlation of the maps with "
    "and without, mean ± standard deviation",
}
_CLAIMS: dict[Kind, str] = {
    "classes": "Thesis, figure 3.1: maps of two classes are alike at the pixels, and less alike "
    "above.",
    "parameters": "Thesis, figures 3.3 and 3.4: at the pixels a map stays as it was when the top "
    "of the network is re-initialised, and less so above.",
}
_MEANING = (
    f"Here, alike is a mean correlation of {ALIKE:.2f} or more, and less alike is that the fall of "
    "the correlation, picture by picture, has a mean whose 95 % interval lies above 0."
)


def lines_of(observed: Observed) -> Iterator[str]:
    """The tables, and a verdict on each method and layer above the pixels."""
    yield f"{observed.model}, {observed.made}"
    yield "; ".join(f"{name}: {value}" for name, value in observed.settings.items())
    for kind, title in _TITLES.items():
        if observed.methods(kind):
            yield ""
            yield title.format(stages=observed.settings.get("stages"))
            yield from _table(observed, kind)
            yield ""
            yield f"{_CLAIMS[kind]} {_MEANING}"
            yield from _verdicts(observed, kind)
    if observed.costs:
        yield ""
        yield from _costs(observed.costs)


def _table(observed: Observed, kind: Kind) -> Iterator[str]:
    methods = observed.methods(kind)
    wide = max(map(len, ("method", *methods)))
    deep = max(map(len, ("layer", *observed.layers)))
    headings = "  ".join(f"{_HEADINGS[measure]:>12}" for measure in MEASURES)
    yield f"{'method':{wide}}  {'layer':{deep}}  {headings}  pictures"
    for method in methods:
        for layer in observed.layers:
            spreads = [observed.spread(kind, each, method, layer) for each in MEASURES]
            cells = "  ".join(f"{_written(each):>12}" for each in spreads)
            yield f"{method:{wide}}  {layer:{deep}}  {cells}  {spreads[0].count:8d}"


def _verdicts(observed: Observed, kind: Kind) -> Iterator[str]:
    for method in observed.methods(kind):
        for layer in observed.layers[1:]:
            told = "; ".join(
                f"by {words} it {_verdict(observed.change(kind, measure, method, layer))}"
                for measure, words in MEASURES.items()
            )
            yield f"{METHODS[method].title}, pixels → {layer}: {told}."


def _verdict(change: Change) -> str:
    """The verdict with the numbers that it rests on."""
    if not change.fall.count:
        return f"{change.verdict}: no picture has both maps at both"
    why = ", as they are not alike at the pixels" if change.verdict == "holds in part" else ""
    numbers = (
        f"{_written(change.pixels)} → {_written(change.above)}, lower on {change.fallen} of "
        f"{change.fall.count} pictures, mean fall {_number(change.fall.mean)}"
    )
    if change.fall.count > 1:
        numbers += f" [{', '.join(map(_number, change.interval))}]"
    return f"{change.verdict}{why} ({numbers})"


def _costs(costs: Sequence[Cost]) -> Iterator[str]:
    yield "Shapley values of the first picture: evaluations of the game, and seconds from the"
    yield "picture on, by the clock and of all processors, of the second of two runs"
    deep = max(map(len, ("layer", *(each.layer for each in costs))))
    yield f"{'layer':{deep}}  {'players':>7}  {'way':17}  {'evaluations':>11}  seconds  processors"
    for each in costs:
        # A power of two, where there are too many.
        many = each.evaluations > 1e9
        count = f"2^{math.log2(each.evaluations):.0f}" if many else f"{each.evaluations:.0f}"
        took = (each.seconds, each.processor_seconds)
        seconds, processors = (f"{one:.2f}" if each.was_run else "not run" for one in took)
        yield (
            f"{each.layer:{deep}}  {each.players:7}  {each.way:17}  {count:>11}  {seconds:>7}  "
            f"{processors:>10}"
        )
    yield ""
    yield (
        "Thesis, figure 3.2: Shapley values take 19 minutes at the pixels and 16 seconds at the "
        "last layer."
    )
    if len({each.layer for each in costs}) > 1 and costs[0].layer == INPUT:
        yield costs_in_words(costs)


def _written(spread: Spread) -> str:
    if not spread.count:
        return "none"
    deviation = f" ± {_number(spread.deviation)}" if spread.count > 1 else ""
    return f"{_number(spread.mean)}{deviation}"


def _number(value: float) -> str:
    # Adding 0 makes a rounded −0 a 0.
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "−")
