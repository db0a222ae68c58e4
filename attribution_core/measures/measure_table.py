"""Methods × measures: each measure of each method over pictures, beside its random baseline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from attribution_core.arrays import BoolArray
from attribution_core.measures.class_observations import Spread, interval_of, spread_of
from attribution_core.measures.csv_tables import csv_text
from attribution_core.measures.known_measures import MEASURES, measure_named
from attribution_core.measures.map_curves import Players
from attribution_core.measures.measure import Effort, Subject
from attribution_core.registry import METHODS
from attribution_core.segmentations import counted

if TYPE_CHECKING:
    from attribution_core.attribution import Attribution
    from attribution_core.figures.printed import MapFigure
    from attribution_core.figures.style import FigureStyle
    from attribution_core.network.classifier import Classifier

Verdict = Literal["better", "worse", "not told apart"]


@dataclass(frozen=True)
class Measured:
    """One measure of one map, and the mean of its random baseline there.

    NaN where the map has nothing to measure.
    """

    picture: str
    target: int
    label: str
    method: str
    layer: str
    measure: str
    value: float
    baseline: float


@dataclass(frozen=True, order=True)
class Row:
    """A method at a layer."""

    method: str
    layer: str

    def title(self, *, with_layer: bool) -> str:
        """The method's title, and its layer where rows differ in that."""
        title = METHODS[self.method].title
        return f"{title}, {self.layer}" if with_layer else title


@dataclass(frozen=True)
class Cell:
    """A measure of a method over pictures.

    Attributes
    ----------
    values, baselines : Spread
        Of the maps, and of maps without information in their place.
    gains : Spread
        Of how much better than its baseline each map is, in the measure's direction.
    """

    values: Spread
    baselines: Spread
    gains: Spread

    @property
    def interval(self) -> tuple[float, float]:
        """Where the mean of the values lies with 95 % confidence; NaN of fewer than two."""
        return interval_of(self.values)

    @property
    def baseline_interval(self) -> tuple[float, float]:
        """The same of the baselines."""
        return interval_of(self.baselines)

    @property
    def gain_interval(self) -> tuple[float, float]:
        """The same of the gains, picture by picture."""
        return interval_of(self.gains)

    @property
    def verdict(self) -> Verdict:
        """Whether maps are better than those without information: the gain's interval is above 0.

        Of fewer than two pictures, nothing is told apart.
        """
        low, high = self.gain_interval
        if low > 0:
            return "better"
        return "worse" if high < 0 else "not told apart"


@dataclass(frozen=True)
class MeasureTable:
    """All measures of all methods, in the order in which they were found."""

    found: tuple[Measured, ...]

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Methods at layers."""
        return tuple(dict.fromkeys(Row(each.method, each.layer) for each in self.found))

    @cached_property
    def measures(self) -> tuple[str, ...]:
        """In the order of `MEASURES`."""
        there = {each.measure for each in self.found}
        return tuple(name for name in MEASURES if name in there)

    @cached_property
    def pictures(self) -> tuple[str, ...]:
        """By name."""
        return tuple(dict.fromkeys(each.picture for each in self.found))

    @property
    def titles(self) -> tuple[str, ...]:
        """Of the rows, with layers where they differ."""
        several = len({row.layer for row in self.rows}) > 1
        return tuple(row.title(with_layer=several) for row in self.rows)

    def cell(self, row: Row, measure: str) -> Cell:
        """A row's values of a measure; of no picture where nothing was measured."""
        sign = MEASURES[measure].sign
        here = [
            each
            for each in self.found
            if (each.method, each.layer, each.measure) == (row.method, row.layer, measure)
        ]
        return Cell(
            spread_of([each.value for each in here]),
            spread_of([each.baseline for each in here]),
            spread_of([sign * (each.value - each.baseline) for each in here]),
        )


def measured_map(
    classifier: Classifier,
    attribution: Attribution,
    measures: Sequence[str],
    *,
    picture: str,
    players: Players,
    effort: Effort | None = None,
    region: BoolArray | None = None,
) -> Iterator[Measured]:
    """Measures of one map, one after another; those that need a region are left out without one.

    Parameters
    ----------
    classifier : Classifier
        Of the attribution.
    attribution : Attribution
    measures : sequence of str
        Names from `MEASURES`.
    picture : str
        Its name in the table.
    players, effort, region
        As in `Subject`.

    Raises
    ------
    ValueError
        For an unknown measure, or what a measure's maps or games raise.
    """
    subject = Subject(classifier, attribution, players, effort or Effort(), region)
    request = attribution.request
    for name in measures:
        measure = measure_named(name)
        if measure.unavailable(subject):
            continue
        found = measure.of(subject)
        yield Measured(
            picture,
            request.target,
            attribution.label,
            request.method,
            request.layer,
            name,
            found.value,
            found.baseline,
        )


_MAP = ("picture", "class", "label", "method", "layer", "measure", "value", "random")
_CELL = ("method", "layer", "measure", "better", "pictures", "mean", "low", "high")
_BASELINE = ("random_mean", "random_low", "random_high", "gain", "gain_low", "gain_high")


def measured_csv(found: Iterable[Measured]) -> str:
    """A line for each measure of each map."""
    return csv_text(
        _MAP,
        (
            [
                *(each.picture, each.target, each.label, each.method, each.layer, each.measure),
                *(_number(value) for value in (each.value, each.baseline)),
            ]
            for each in found
        ),
    )


def table_csv(table: MeasureTable) -> str:
    """A line for each method and measure: means over pictures with their 95 % intervals."""
    lines = []
    for row in table.rows:
        for name in table.measures:
            cell = table.cell(row, name)
            numbers = (
                *(cell.values.mean, *cell.interval),
                *(cell.baselines.mean, *cell.baseline_interval),
                *(cell.gains.mean, *cell.gain_interval),
            )
            lines.append(
                [
                    *(row.method, row.layer, name, MEASURES[name].better, cell.values.count),
                    *map(_number, numbers),
                ]
            )
    return csv_text((*_CELL, *_BASELINE), lines)


def table_figure(table: MeasureTable, style: FigureStyle | None = None) -> MapFigure:
    """The table for print: a panel a measure; ValueError where nothing was measured."""
    from attribution_core.figures.measures import Interval, Panel, measures_figure

    panels, most = [], 0
    for name in table.measures:
        cells = [table.cell(row, name) for row in table.rows]
        most = max(most, *(each.values.count for each in cells))
        panels.append(
            Panel(
                MEASURES[name].title,
                MEASURES[name].better,
                tuple(Interval(each.values.mean, *each.interval) for each in cells),
                tuple(Interval(each.baselines.mean, *each.baseline_interval) for each in cells),
            )
        )
    caption = (
        f"Means over {counted(most, 'picture')}, or tiles of mosaics, with the 95 % interval by "
        "Student’s t where there are two or more; ↑ higher is better, ↓ lower; grey, below each, "
        "maps without information. Intervals say how much pictures differ, not whether a measure "
        "asks for the right thing."
    )
    return measures_figure(table.titles, panels, style=style, caption=caption)


def lines_of(table: MeasureTable) -> Iterator[str]:
    """The table for a terminal: a block a measure, a line a method."""
    wide = max(map(len, ("random", *table.titles)), default=0)
    for name in table.measures:
        measure = MEASURES[name]
        yield f"{measure.title}: {measure.better} is better. {measure.cannot_say}"
        for title, row in zip(table.titles, table.rows, strict=True):
            cell = table.cell(row, name)
            if cell.values.count:
                yield (
                    f"  {title:{wide}}  {written(cell.values, cell.interval):24}  random "
                    f"{written(cell.baselines, cell.baseline_interval):24}  "
                    f"{cell.values.count:3} pictures: {cell.verdict}"
                )


def written(values: Spread, interval: tuple[float, float]) -> str:
    """A mean with its interval, such as "0.31 [0.25, 0.37]"; "none" of no picture."""
    if not values.count:
        return "none"
    mean = _short(values.mean)
    if values.count < 2:
        return mean
    return f"{mean} [{_short(interval[0])}, {_short(interval[1])}]"


def _short(value: float) -> str:
    # Adding 0 makes a rounded −0 a 0.
    return f"{round(value, 2) + 0.0:.2f}".replace("-", "−")


def _number(value: float) -> str:
    return f"{value:.6g}"
