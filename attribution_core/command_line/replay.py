"""``replay``: the maps of a file made again, and compared with it."""

from __future__ import annotations

import argparse
import io
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution_core.attribution import Attribution
from attribution_core.command_line.exit_codes import DONE, SOME_FAILED, WRONG_USAGE, sentence
from attribution_core.command_line.files import write
from attribution_core.command_line.models import Models, fitted
from attribution_core.command_line.progress import printable
from attribution_core.explanation import explain_request
from attribution_core.registry import METHODS
from attribution_core.saved_maps.files import SavedMaps, load, save

ROUNDING = 1e-3
"""What rounding may change, as a share of the largest value. Two ways of evaluating a network in
float32 differ by about a millionth; an adaptive method amplifies that."""


def replay_file(asked: argparse.Namespace) -> int:
    """Make the maps again; the exit code is 0 where all are the same, at least to rounding."""
    saved = load(asked.file)
    whole = Models(asked, reproducible=True)
    as_in_app = Models(asked, reproducible=False)
    made: list[Attribution] = []
    same, missing = True, 0
    for number, before in enumerate(saved.attributions, 1):
        called = f"{number}/{len(saved.attributions)} {_name(before)}"
        try:
            after = _again(whole, saved, before)
            if not is_same(before, after):
                # The app's first evaluations are not traced, and differ in the last bits.
                other = _again(as_in_app, saved, before)
                after = min(after, other, key=lambda each: largest_difference(before, each))
        except Exception as error:
            # One map that fails does not stop the others.
            missing += 1
            print(printable(f"{called}: {sentence(error)}"), flush=True)
            continue
        made.append(after)
        same &= largest_difference(before, after) <= ROUNDING
        print(printable(f"{called}: {verdict(before, after)}"), flush=True)
    if asked.out is not None and made:
        content = io.BytesIO()
        save(content, made, made=datetime.now(UTC), model_file=saved.model_file)
        write(asked.out, content.getvalue())
    if not made:
        return WRONG_USAGE
    return SOME_FAILED if missing or not same else DONE


def verdict(before: Attribution, after: Attribution) -> str:
    """How a map that was made again compares, in words."""
    if is_same(before, after):
        return "the same, bit for bit"
    difference = largest_difference(before, after)
    if difference <= ROUNDING:
        return f"the same to rounding; differs by at most {difference:.1e} of the largest value"
    if not np.isfinite(difference):
        return "differs: the arrays have other shapes"
    return f"differs by up to {difference:.2g} of the largest value"


def is_same(before: Attribution, after: Attribution) -> bool:
    """Whether two attributions of one request agree in every bit, except for the time taken."""
    numbers = [
        (each.score, each.reference_score, each.completeness_gap, each.evaluations)
        for each in (before, after)
    ]
    first, second = _arrays(before), _arrays(after)
    return (
        numbers[0] == numbers[1]
        and dict(before.diagnostics) == dict(after.diagnostics)
        and first.keys() == second.keys()
        and all(
            first[name].shape == second[name].shape
            and first[name].tobytes() == second[name].tobytes()
            for name in first
        )
    )


def largest_difference(before: Attribution, after: Attribution) -> float:
    """Between the values of two maps, as a share of the largest value of the first.

    Scores are compared too, as shares of their own sizes. Infinite where shapes differ.
    """
    if before.values.shape != after.values.shape:
        return float("inf")
    scale = float(np.abs(before.values).max()) or 1.0
    parts = [float(np.abs(before.values - after.values).max()) / scale]
    size = max(abs(before.score), abs(before.reference_score)) or 1.0
    parts += [
        abs(first - second) / size
        for first, second in (
            (before.score, after.score),
            (before.reference_score, after.reference_score),
        )
    ]
    return max(parts)


def _again(models: Models, saved: SavedMaps, before: Attribution) -> Attribution:
    classifier = models.of(before, saved.model_file)
    return explain_request(classifier, fitted(classifier, before.request))


def _arrays(attribution: Attribution) -> Mapping[str, npt.NDArray[Any]]:
    found = {
        name: getattr(attribution, name)
        for name in ("values", "heatmap", "segments", "player_values", "standard_error")
    }
    return {name: array for name, array in found.items() if array is not None}


def _name(attribution: Attribution) -> str:
    request = attribution.request
    return f"{METHODS[request.method].title}, {attribution.label}, at {request.layer}"
