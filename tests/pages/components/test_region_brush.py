"""What the brush and the server tell each other."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from attribution_core.arrays import BoolArray
from pages.ui.components.region_brush import region_of_runs, runs_of

regions = hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9))


@given(regions)
def test_runs_are_lengths_in_reading_order_and_lead_back(region: BoolArray) -> None:
    runs = runs_of(region)
    grouped = [(marked, len(list(same))) for marked, same in itertools.groupby(region.ravel())]
    assert runs == [0] * bool(grouped[0][0]) + [length for _, length in grouped]
    height, width = region.shape
    found = region_of_runs({"name": "it", "runs": runs}, "it", (height, width))
    assert found is not None
    np.testing.assert_array_equal(found, region)


@given(st.lists(st.integers(-3, 12), max_size=8))
def test_runs_of_another_length_are_none(runs: list[int]) -> None:
    found = region_of_runs({"name": "it", "runs": runs}, "it", (3, 4))
    assert (found is None) == (sum(runs) != 12 or min(runs) < 0)


@pytest.mark.parametrize(
    "reported",
    [
        None,
        {},
        {"name": "another", "runs": [12]},
        {"name": "it"},
        {"name": "it", "runs": "12"},
        {"name": "it", "runs": [11.5, 0.5]},
        {"name": "it", "runs": [0] * 99 + [12]},
    ],
)
def test_what_no_brush_reports_is_none(reported: dict[str, Any] | None) -> None:
    assert region_of_runs(reported, "it", (3, 4)) is None
