"""How removing players changed each class's score, beside the change that attributions predicted.

The bars are HTML: every click redraws them, and a chart takes the browser longer than the network
needs for its prediction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from attribution_core.attribution import Attribution
from attribution_core.painting import BLUE, GREEN, ORANGE, PURPLE, VERMILION
from pages.ui.maps.charts import GREY
from pages.ui.shell.numbers import written

WHOLE, LEFT, TRUE = GREY, VERMILION, GREY
PREDICTED = (BLUE, ORANGE, GREEN, PURPLE)


@dataclass(frozen=True)
class Change:
    """One class before and after players were removed.

    ``true`` is the change of the explained score, ``predicted`` that of each method by its title;
    probabilities are shares of 1, and None where outputs are numbers.
    """

    label: str
    probability_whole: float | None
    probability_now: float | None
    logit_whole: float
    logit_now: float
    true: float
    predicted: Mapping[str, float]


@dataclass(frozen=True)
class Series:
    """A number for each class, with the format and the unit in which it is written."""

    name: str
    colour: str
    values: Sequence[float]
    form: str
    unit: str = ""


def predicted_change(attribution: Attribution, absent: Collection[int]) -> float:
    """The change of the score if players only added up: minus the values of the absent."""
    if attribution.player_values is None:
        return 0.0
    return 0.0 - float(sum(float(attribution.player_values[player]) for player in absent))


def probabilities(changes: Sequence[Change]) -> tuple[Series, ...]:
    """Each class's probability in percent: the whole picture's, and that of what is left."""
    whole = [100 * (change.probability_whole or 0.0) for change in changes]
    left = [100 * (change.probability_now or 0.0) for change in changes]
    return (
        Series("whole picture", WHOLE, whole, ".1f", " %"),
        Series("what is left", LEFT, left, ".1f", " %"),
    )


def score_changes(changes: Sequence[Change]) -> tuple[Series, ...]:
    """Each class's true change of score, and the change that each method predicted."""
    titles = list(dict.fromkeys(title for change in changes for title in change.predicted))
    true = Series("true", TRUE, [change.true for change in changes], "+.2f")
    predicted = (
        Series(
            f"{title} predicted",
            colour,
            [change.predicted.get(title, 0.0) for change in changes],
            "+.2f",
        )
        for title, colour in zip(titles, PREDICTED, strict=False)
    )
    return true, *predicted


def bars(labels: Sequence[str], series: Sequence[Series], *, most: float | None = None) -> str:
    """HTML of bars from a common zero: a block for each class, in it a bar for each series.

    Parameters
    ----------
    labels : sequence of str
        The classes.
    series : sequence of Series
    most : float, optional
        What the longest possible bar stands for; by default the largest number there is.
    """
    values = [value for each in series for value in each.values]
    low, high = min(0.0, *values), max(0.0, *values) if most is None else most
    length = (high - low) or 1.0
    legend = "".join(f"<span>{_swatch(each.colour)}{escape(each.name)}</span>" for each in series)
    blocks = []
    for row, label in enumerate(labels):
        lines = []
        for each in series:
            value = each.values[row] + 0.0
            number = f"{written(value, each.form)}{each.unit}"
            start, width = (min(value, 0.0) - low) / length, abs(value) / length
            lines.append(
                f'<div class="line" title="{escape(f"{label}, {each.name}: {number}")}">'
                f'<i style="--zero:{-low / length:.4f}">'
                f'<b style="left:{start:.2%};width:{width:.2%};background:{each.colour}"></b></i>'
                f"<span>{number}</span></div>"
            )
        blocks.append(f'<div class="label">{escape(label)}</div><div>{"".join(lines)}</div>')
    return (
        f'<div class="bars"><div class="legend">{legend}</div>'
        f'<div class="classes">{"".join(blocks)}</div></div>'
    )


def _swatch(colour: str) -> str:
    return f'<b style="background:{colour}"></b>'
