"""Interactions of pairs as files: a table, arrays with their settings, and a figure for print."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.figures.style import FigureStyle
from attribution_core.measures.csv_tables import csv_text
from attribution_core.measures.pair_interactions import PairInteractions
from attribution_core.saved_maps.archive import write_archive
from attribution_core.saved_maps.files import described_request
from attribution_core.scores import Contrast
from attribution_core.version import PROGRAM

FORMAT, VERSION = "interactions", 1
TEXT = "interactions.json"
COLUMNS = ("player", "other", "interaction", "standard_error")
LINES = 12
"""Pairs drawn on a figure's picture, at most."""


def pairs_csv(values: FloatArray, standard_error: FloatArray | None = None) -> str:
    """A row for each pair of players, the strongest first, with the columns `COLUMNS`."""
    first, second = np.triu_indices(len(values), 1)
    sizes = np.abs(values[first, second])
    rows = [
        (
            int(one),
            int(other),
            float(values[one, other]),
            None if standard_error is None else float(standard_error[one, other]),
        )
        for one, other in (
            (first[each], second[each]) for each in np.argsort(-sizes, kind="stable").tolist()
        )
    ]
    return csv_text(COLUMNS, rows)


def save_pairs(target: Path | BinaryIO, found: PairInteractions, *, made: datetime) -> None:
    """Write the interactions to one NPZ file.

    `numpy.load` reads it: ``values`` (players, players), ``segments`` (h, w), ``picture``, for
    sampled values ``standard_error`` too; ``interactions.json`` is the rest.

    Parameters
    ----------
    target : path or binary file
    found : PairInteractions
    made : datetime
        With a time zone.
    """
    arrays: dict[str, Any] = {
        "picture": np.asarray(found.request.picture.pixels, np.float32),
        "segments": np.asarray(found.segments, np.int64),
        "values": np.asarray(found.values, np.float32),
    }
    if found.standard_error is not None:
        arrays["standard_error"] = np.asarray(found.standard_error, np.float32)
    request = {
        name: value
        for name, value in described_request(found.request).items()
        if name not in ("method", "options")
    }
    described = {
        "format": FORMAT,
        "version": VERSION,
        "made": made.astimezone(UTC).isoformat(timespec="seconds"),
        "program": PROGRAM,
        "model": found.model,
        "model_fingerprint": found.model_fingerprint,
        "label": found.label,
        "request": request,
        "exact": found.exact,
        "contexts": found.contexts,
        "evaluations": found.evaluations,
    }
    write_archive(target, TEXT, described, arrays)


def caption_of(found: PairInteractions, drawn: int, dated: date | None) -> str:
    """What a figure says below: all that is needed to make it again."""
    from attribution_core.figures.words import model_title

    request = found.request
    reference = "a reference of zeros" if request.reference == "zeros" else request.reference
    how = f"exact, {found.evaluations} coalitions"
    if not found.exact:
        how = f"around {found.contexts} random coalitions, seed {request.seed}"
    score = "lead" if isinstance(request.score, Contrast) else request.score
    sentences = [
        f"{model_title(found.model)}, layer {request.layer}, against {reference}; "
        f"Shapley interactions for the {score} of {found.label}, {how}",
        f"Lines: the {drawn} strongest of {found.pairs} pairs"
        if drawn
        else f"None of {found.pairs} pairs is told apart from nothing",
    ]
    if dated is not None:
        sentences.append(f"{dated.day} {dated:%B %Y}")
    return " ".join(f"{sentence}." for sentence in sentences)


def pairs_drawn(
    found: PairInteractions, style: FigureStyle, suffix: str, dpi: float | None = None
) -> bytes:
    """Lines on the picture and the matrix as a figure's file: ``suffix`` png, pdf or svg."""
    from attribution_core.figures.pairs import pairs_figure
    from attribution_core.figures.printed import DPI

    lines = found.strongest(LINES)
    made = pairs_figure(
        found.values,
        found.segments,
        found.request.picture.pixels,
        lines,
        style=style,
        caption=caption_of(found, len(lines), style.dated),
    )
    return made.rendered(suffix, dpi or DPI)
