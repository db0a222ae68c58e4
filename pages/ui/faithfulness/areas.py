"""Areas below deletion and insertion curves, as a table and as CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from attribution_core.measures.csv_tables import csv_text
from attribution_core.measures.curves import FaithfulnessCurve
from attribution_core.scores import Score
from attribution_core.segmentations import counted
from pages.ui.shell.numbers import written

Pair = tuple[FaithfulnessCurve, FaithfulnessCurve]
"""Deletion and insertion."""


def verdict(rows: Mapping[str, Pair], random: Sequence[Pair], score: Score) -> str:
    """Which method is ahead in each direction, beside random order: a sentence in Markdown."""
    parts = []
    for column, (direction, best) in enumerate((("deletion", min), ("insertion", max))):
        areas = {name: pair[column].read_as(score).area for name, pair in rows.items()}
        leading = best(areas.values())
        area = written(leading, ".3f")
        words = f"in {direction} {_ahead(areas, area)} with an area of **{area}**"
        orders = [pair[column].read_as(score).area for pair in random]
        words += f" ({_spread(orders)} for random orders"
        # A lead that one of a few random orders matches means nothing.
        if best(leading, *orders) != leading:
            words += ", one of which does as well"
        parts.append(words + ")")
    return f"Here, {parts[0]}; {parts[1]}."


def _ahead(areas: Mapping[str, float], area: str) -> str:
    """Those whose area is the best as far as it is written."""
    *first, last = (f"**{name}**" for name, each in areas.items() if written(each, ".3f") == area)
    if not first:
        return f"{last} is ahead"
    return f"{', '.join(first)} and {last} are ahead together"


def table_of_areas(rows: Mapping[str, Pair], random: Sequence[Pair], score: Score) -> None:
    """A row a method, and one for the random orders' mean and standard deviation."""
    listed = []
    for name, pair in rows.items():
        deletion, insertion = (curve.read_as(score) for curve in pair)
        listed.append(
            {
                "Method": name,
                "Deletion area": written(deletion.area, ".3f"),
                "normalised ↓": written(deletion.normalised_area, ".3f"),
                "Insertion area": written(insertion.area, ".3f"),
                "normalised ↑": written(insertion.normalised_area, ".3f"),
            }
        )
    if random:
        cells = {"Method": f"Random order, {counted(len(random), 'seed')}"}
        for column, (heading, ratio) in enumerate(
            (("Deletion area", "normalised ↓"), ("Insertion area", "normalised ↑"))
        ):
            read = [pair[column].read_as(score) for pair in random]
            cells[heading] = _spread([curve.area for curve in read])
            cells[ratio] = _spread([curve.normalised_area for curve in read])
        listed.append(cells)
    st.dataframe(listed, hide_index=True, width=820, key="areas")
    st.caption(
        "Normalised: the reference's score counts as 0 and the picture's as 1, so that a "
        "meaningless order has about ½ where the score is additive in the parts."
    )


def _spread(numbers: Sequence[float]) -> str:
    if len(numbers) == 1:
        return written(numbers[0], ".3f")
    return f"{written(float(np.mean(numbers)), '.3f')} ± {np.std(numbers, ddof=1):.3f}"


def csv_of_curves(rows: Mapping[str, Pair], score: Score) -> str:
    """A line for each point of each curve."""
    lines = []
    for name, pair in rows.items():
        for curve in (each.read_as(score) for each in pair):
            lines += [
                [
                    name,
                    curve.direction,
                    f"{share:.6g}",
                    f"{value:.6g}",
                    f"{curve.area:.6g}",
                    f"{curve.normalised_area:.6g}",
                ]
                for share, value in zip(curve.shares, curve.scores, strict=True)
            ]
    return csv_text(["method", "curve", "share", "score", "area", "normalised_area"], lines)
