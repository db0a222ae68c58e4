"""What speaks where as files: a table of places, arrays with their settings, and a caption."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from attribution_core.figures.style import FigureStyle
from attribution_core.measures.class_values import ClassValues
from attribution_core.measures.csv_tables import csv_text
from attribution_core.measures.strongest_classes import StrongestClasses
from attribution_core.saved_maps.archive import write_archive
from attribution_core.saved_maps.files import described_request
from attribution_core.version import PROGRAM

FORMAT, VERSION = "regions", 1
TEXT = "regions.json"
COLUMNS = (
    "player",
    "row",
    "column",
    "class",
    "label",
    "value",
    "standard_error",
    "runner_up",
    "runner_up_label",
    "runner_up_value",
    "runner_up_standard_error",
    "region",
)
"""The table's columns; ``row`` and ``column`` are a player's centre in positions of the layer, from
0, and ``region`` the number of its region, the largest first, empty where it is in none."""


def regions_csv(found: StrongestClasses, labels: Sequence[str]) -> str:
    """A line for each player, with the columns `COLUMNS`."""
    lines = []
    errors = found.standard_error
    numbers = found.region_map
    for player, (first, second) in enumerate(found.classes.tolist()):
        rows, columns = np.nonzero(found.segments == player)
        region = int(numbers[rows[0], columns[0]])
        off = ["", ""] if errors is None else [f"{each:.6g}" for each in errors[player]]
        value, other = (f"{each:.6g}" for each in found.values[player])
        lines.append(
            [
                player,
                f"{rows.mean():g}",
                f"{columns.mean():g}",
                first,
                labels[first],
                value,
                off[0],
                second,
                labels[second],
                other,
                off[1],
                "" if region < 0 else region,
            ]
        )
    return csv_text(COLUMNS, lines)


def save_regions(
    target: Path | BinaryIO,
    values: ClassValues,
    among: Sequence[int] | None = None,
    *,
    made: datetime,
) -> None:
    """Write values of all classes, and the strongest at each place, to one NPZ file.

    `numpy.load` reads it: ``values`` (players, classes), ``classes`` and ``strongest`` (players, 2)
    with the two strongest classes and their values, ``segments`` (h, w), ``picture``, ``logits``
    and ``reference_logits``, for estimates ``standard_error`` too; ``regions.json`` is the rest.

    Parameters
    ----------
    target : path or binary file
    values : ClassValues
    among : sequence of int, optional
        As in `strongest_classes`.
    made : datetime
        With a time zone.
    """
    found = values.strongest(among)
    arrays: dict[str, Any] = {
        "picture": np.asarray(values.request.picture.pixels, np.float32),
        "segments": np.asarray(values.segments, np.int64),
        "values": values.values,
        "classes": np.asarray(found.classes, np.int64),
        "strongest": np.asarray(found.values, np.float32),
        "logits": np.asarray(values.logits, np.float32),
        "reference_logits": np.asarray(values.reference_logits, np.float32),
    }
    if values.standard_error is not None:
        arrays["standard_error"] = values.standard_error
    write_archive(target, TEXT, described(values, among, made=made), arrays)


def described(
    values: ClassValues, among: Sequence[int] | None = None, *, made: datetime
) -> dict[str, Any]:
    """Settings and regions as JSON can hold them; parameters as in `save_regions`."""
    found = values.strongest(among)
    request = {
        name: value for name, value in described_request(values.request).items() if name != "target"
    }
    return {
        "format": FORMAT,
        "version": VERSION,
        "made": made.astimezone(UTC).isoformat(timespec="seconds"),
        "program": PROGRAM,
        "model": values.model,
        "model_fingerprint": values.model_fingerprint,
        "request": request,
        "among": None if among is None else list(among),
        "exact": values.exact,
        "evaluations": values.evaluations,
        "labels": list(values.labels),
        "regions": [
            {
                "class": each.target,
                "label": values.labels[each.target],
                "value": each.value,
                "players": list(each.players),
                "strongest": each.strongest,
                "rank": values.rank(each.target),
            }
            for each in found.regions
        ],
    }


def caption_of(values: ClassValues, among: Sequence[int] | None, dated: date | None) -> str:
    """What a figure says below: all that is needed to make it again."""
    from attribution_core.figures.words import model_title

    request = values.request
    compared = f"all {len(values.labels)}" if among is None else f"{len(among)}"
    how = f"exact Shapley values, {values.evaluations} coalitions"
    if values.linear:
        how = "the class activation map, which is exact"
    elif not values.exact:
        how = f"KernelSHAP, {values.evaluations} coalitions, seed {request.seed}"
    reference = "a reference of zeros" if request.reference == "zeros" else request.reference
    sentences = [
        f"{model_title(values.model)}, layer {request.layer}, against {reference}; of {compared} "
        f"classes, the one to whose {request.score} each place gives most",
        f"{how[0].upper()}{how[1:]}",
        "Opacity: the value, as a share of the largest; weak places name anything",
        "Behind a class: at how many places it is the strongest",
    ]
    if dated is not None:
        sentences.append(f"{dated.day} {dated:%B %Y}")
    return " ".join(f"{sentence}." for sentence in sentences)


def regions_drawn(
    values: ClassValues,
    among: Sequence[int] | None,
    style: FigureStyle,
    suffix: str,
    dpi: float | None = None,
) -> bytes:
    """The regions as a figure's file: ``suffix`` png, pdf or svg."""
    from attribution_core.figures.printed import DPI
    from attribution_core.figures.regions import regions_figure

    made = regions_figure(
        values.strongest(among),
        values.request.picture.pixels,
        values.labels,
        style=style,
        caption=caption_of(values, among, style.dated),
    )
    return made.rendered(suffix, dpi or DPI)
