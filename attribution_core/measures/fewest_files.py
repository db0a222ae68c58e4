"""The fewest parts as files: a table, and arrays with their settings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from attribution_core.measures.csv_tables import csv_text
from attribution_core.measures.smallest_parts import SmallestParts
from attribution_core.network.classifier import Classifier
from attribution_core.request import Request
from attribution_core.saved_maps.archive import write_archive
from attribution_core.saved_maps.files import described_request
from attribution_core.segmentations import Segments
from attribution_core.version import PROGRAM

FORMAT, VERSION = "fewest", 1
TEXT = "fewest.json"
COLUMNS = ("aim", "player", "answer", "becomes", "proven", "evaluations")


def fewest_csv(found: Sequence[SmallestParts], labels: Sequence[str]) -> str:
    """A row for each player that is among the fewest, with the columns `COLUMNS`."""
    rows = [
        (
            each.aim,
            player,
            labels[each.answer],
            None if each.becomes is None else labels[each.becomes],
            "yes" if each.found.proven else "no",
            each.found.evaluations,
        )
        for each in found
        if each.found.members is not None
        for player in np.flatnonzero(each.found.members).tolist()
    ]
    return csv_text(COLUMNS, rows)


def save_fewest(
    target: Path | BinaryIO,
    found: Sequence[SmallestParts],
    segments: Segments,
    request: Request,
    classifier: Classifier,
    *,
    made: datetime,
) -> None:
    """Write what was found to one NPZ file.

    `numpy.load` reads it: ``picture``, ``segments`` (h, w), and for each aim ``keep`` or ``change``
    that was reached, 1 for the players that belong to it; ``fewest.json`` is the rest.

    Parameters
    ----------
    target : path or binary file
    found : sequence of SmallestParts
        At most one of each aim.
    segments : int array ``(h, w)``
    request : Request
    classifier : Classifier
    made : datetime
        With a time zone.
    """
    arrays: dict[str, Any] = {
        "picture": np.asarray(request.picture.pixels, np.float32),
        "segments": np.asarray(segments, np.int64),
    }
    for each in found:
        if each.found.members is not None:
            arrays[each.aim] = each.found.members.astype(np.uint8)
    described = {
        "format": FORMAT,
        "version": VERSION,
        "made": made.astimezone(UTC).isoformat(timespec="seconds"),
        "program": PROGRAM,
        "model": classifier.name,
        "model_fingerprint": classifier.fingerprint,
        "request": {
            name: value
            for name, value in described_request(request).items()
            if name in ("layer", "reference", "segmentation", "seed")
        },
        "found": {
            each.aim: {
                "answer": classifier.labels[each.answer],
                "becomes": None if each.becomes is None else classifier.labels[each.becomes],
                "proven": each.found.proven,
                "evaluations": each.found.evaluations,
            }
            for each in found
        },
    }
    write_archive(target, TEXT, described, arrays)
