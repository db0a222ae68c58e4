"""Methods × measures: means, intervals and verdicts by hand, and the maps of a small network."""

from __future__ import annotations

import csv
import io
import math

import numpy as np
import pytest

from attribution_core import Classifier, explain
from attribution_core.images import Pixels
from attribution_core.measures.map_curves import Players
from attribution_core.measures.measure import Effort
from attribution_core.measures.measure_table import (
    Measured,
    MeasureTable,
    Row,
    lines_of,
    measured_csv,
    measured_map,
    table_csv,
)

T_OF_TWO = 4.302652729911275
"""Student's t with two degrees of freedom, 97.5 %."""


def found(
    method: str, measure: str, values: list[float], baselines: list[float], layer: str = "top"
) -> list[Measured]:
    pairs = enumerate(zip(values, baselines, strict=True))
    return [
        Measured(f"picture {number}", 1, "bee", method, layer, measure, value, baseline)
        for number, (value, baseline) in pairs
    ]


def test_means_and_intervals_over_pictures() -> None:
    table = MeasureTable((*found("gradient", "sparseness", [1, 2, 3], [0, 0, 3]),))
    cell = table.cell(Row("gradient", "top"), "sparseness")
    half = T_OF_TWO * 1 / math.sqrt(3)
    assert cell.values.mean == 2
    assert cell.interval == pytest.approx((2 - half, 2 + half))
    half = T_OF_TWO * math.sqrt(3) / math.sqrt(3)
    assert cell.baselines.mean == 1
    assert cell.baseline_interval == pytest.approx((1 - half, 1 + half))
    # Gains are 1, 2 and 0.
    assert cell.gain_interval == pytest.approx((1 - T_OF_TWO / 3**0.5, 1 + T_OF_TWO / 3**0.5))
    assert cell.verdict == "not told apart"


def test_better_is_in_the_direction_of_the_measure() -> None:
    values, baselines = [0.5, 0.6, 0.55], [0.1, 0.2, 0.16]
    for measure, verdict in (("relevance_gain", "better"), ("infidelity", "worse")):
        table = MeasureTable(tuple(found("gradient", measure, values, baselines)))
        assert table.cell(Row("gradient", "top"), measure).verdict == verdict


def test_what_has_nothing_to_measure_is_left_out() -> None:
    table = MeasureTable(
        tuple(found("gradient", "sparseness", [math.nan, 2, 4], [0, 1, 1]))
        + tuple(found("smoothgrad", "infidelity", [1], [1]))
    )
    cell = table.cell(Row("gradient", "top"), "sparseness")
    assert (cell.values.count, cell.gains.count, cell.values.mean) == (2, 2, 3)
    assert table.cell(Row("smoothgrad", "top"), "sparseness").values.count == 0
    assert table.measures == ("infidelity", "sparseness")
    alone = table.cell(Row("smoothgrad", "top"), "infidelity")
    assert alone.verdict == "not told apart"
    assert np.isnan(alone.interval).all()
    assert table.titles == ("Gradient", "SmoothGrad")


def test_layers_are_named_where_they_differ() -> None:
    both = found("gradient", "sparseness", [1], [0]) + found(
        "gradient", "sparseness", [1], [0], "input"
    )
    assert MeasureTable(tuple(both)).titles == ("Gradient, top", "Gradient, input")


def test_the_table_as_text() -> None:
    records = tuple(found("gradient", "infidelity", [0.25, 0.35, 0.3], [0.9, 1, 0.95]))
    table = MeasureTable(records)
    (row,) = csv.DictReader(io.StringIO(table_csv(table)))
    assert (row["method"], row["measure"], row["better"]) == ("gradient", "infidelity", "lower")
    assert float(row["mean"]) == pytest.approx(0.3)
    assert float(row["gain"]) == pytest.approx(0.65)
    rows = list(csv.DictReader(io.StringIO(measured_csv(records))))
    assert [float(each["random"]) for each in rows] == [0.9, 1, 0.95]
    half = T_OF_TWO * 0.05 / math.sqrt(3)
    heading, line = lines_of(table)
    assert heading.startswith("Infidelity, scaled: lower is better. It asks for sums")
    assert f"0.30 [{0.3 - half:.2f}, {0.3 + half:.2f}]" in line
    assert line.endswith("3 pictures: better")


def test_measures_of_a_map(tiny_classifier: Classifier, tiny_image: Pixels) -> None:
    attribution = explain(tiny_classifier, tiny_image, "linear", 2, layer="top")
    records = list(
        measured_map(
            tiny_classifier,
            attribution,
            ("infidelity", "pointing_game", "sparseness"),
            picture="random",
            players=Players("top"),
            effort=Effort(coalitions=16),
        )
    )
    # Without a region nothing is pointed at.
    assert [each.measure for each in records] == ["infidelity", "sparseness"]
    assert records[0].value == pytest.approx(0, abs=1e-6)
    assert records[0].label == "cat"
    assert records[0].baseline > 0.01
