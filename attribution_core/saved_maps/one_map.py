"""One map as JSON and arrays, without the request that it answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from attribution_core.attribution import Attribution
from attribution_core.images import INPUT
from attribution_core.request import Request
from attribution_core.saved_maps.text import Part
from attribution_core.scores import QUANTITIES, Quantity
from attribution_core.segmentations import validated_segments

_ARRAYS = ("values", "heatmap", "segments", "player_values", "standard_error")
_ROUNDING = 1e-3
"""What two float32 sums of the same values may differ by, as a share of the largest value."""


def described_map(
    attribution: Attribution, number: int, arrays: dict[str, npt.NDArray[Any]]
) -> dict[str, Any]:
    """A map as JSON can hold it, but for its request; its arrays, numbered, join the others."""
    names = {}
    for kind in _ARRAYS:
        array = getattr(attribution, kind)
        if array is not None:
            names[kind] = f"{kind}_{number}"
            arrays[names[kind]] = array
            _require_finite(array, f"The {kind.replace('_', ' ')} of map {number}")
    return {
        "model": attribution.model,
        "model_fingerprint": attribution.model_fingerprint,
        "label": attribution.label,
        "result": _result(attribution),
        "arrays": names,
    }


def read_map(part: Part, arrays: Mapping[str, npt.NDArray[Any]], request: Request) -> Attribution:
    """The map of a request, checked; ValueErrors are clauses that follow the file's name."""
    names = part.part("arrays")
    found = {kind: array_of(names, kind, arrays) for kind in _ARRAYS}
    values, heatmap = found["values"], found["heatmap"]
    if values is None or heatmap is None:
        raise ValueError("has a map without values or without a heatmap")
    result = part.part("result")
    attribution = Attribution(
        request=request,
        model=part.text("model", 200),
        model_fingerprint=part.text("model_fingerprint", 64),
        label=part.text("label", 1000),
        values=values,
        heatmap=heatmap,
        segments=found["segments"],
        player_values=found["player_values"],
        standard_error=found["standard_error"],
        score=result.number("score"),
        reference_score=result.number("reference_score"),
        completeness_gap=result.number_or_none("completeness_gap"),
        evaluations=result.whole("evaluations"),
        seconds=result.number("seconds"),
        done=result.whole("done"),
        planned=result.whole("planned"),
        finished=result.flag("finished"),
        diagnostics=result.part("diagnostics").numbers(),
        # Files of earlier versions do not say it.
        rounding=result.number_or_none("rounding") or 0.0,
        constant=result.flag_or_no("constant"),
        quantity=quantity_of(result, "quantity"),
    )
    _require_consistency(attribution)
    return attribution


def quantity_of(part: Part, name: str) -> Quantity:
    """Of a network; files of earlier versions do not say it, and are of logits."""
    said = part.text_or_none(name, 40) or "logit"
    found = next((each for each in QUANTITIES if each == said), None)
    if found is None:
        raise ValueError(f"has scores of a kind “{said}” that this version does not know")
    return found


def array_of(
    names: Part, kind: str, arrays: Mapping[str, npt.NDArray[Any]]
) -> npt.NDArray[Any] | None:
    """The array of a kind that a map names; None where it names none."""
    name = names.text_or_none(kind, 60)
    if name is None:
        return None
    if name not in arrays:
        raise ValueError(f"lacks the array {name}")
    array = arrays[name]
    whole = kind in ("segments", "segmentation")
    if kind != "picture" and array.dtype != (np.int64 if whole else np.float32):
        raise ValueError(f"has an array {name} of {array.dtype}")
    if not array.size or not np.isfinite(array).all():
        raise ValueError(f"has an array {name} that is empty or not finite")
    return array


@contextmanager
def as_clause(what: str) -> Iterator[None]:
    """Turn the core's own sentences into the end of one about the file."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{what}: {error}") from None


def _result(attribution: Attribution) -> dict[str, Any]:
    return {
        "score": attribution.score,
        "reference_score": attribution.reference_score,
        "completeness_gap": attribution.completeness_gap,
        "evaluations": attribution.evaluations,
        "seconds": attribution.seconds,
        "done": attribution.done,
        "planned": attribution.planned,
        "finished": attribution.finished,
        "diagnostics": dict(attribution.diagnostics),
        "rounding": attribution.rounding,
        "constant": attribution.constant,
        "quantity": attribution.quantity,
    }


def _require_finite(array: npt.NDArray[Any], what: str) -> None:
    if not np.isfinite(array).all():
        raise ValueError(f"{what} are not all finite; such a map cannot be saved.")


def _require_consistency(attribution: Attribution) -> None:
    """ValueError where the arrays of one map contradict one another."""
    values, heatmap, segments = attribution.values, attribution.heatmap, attribution.segments
    players, error = attribution.player_values, attribution.standard_error
    if heatmap.ndim != 2 or values.ndim not in (2, 3) or values.shape[:2] != heatmap.shape:
        raise ValueError(
            f"has values of shape {values.shape} beside a heatmap of shape {heatmap.shape}"
        )
    picture = attribution.request.picture.pixels
    if attribution.request.layer == INPUT and heatmap.shape != picture.shape[:2]:
        raise ValueError(
            f"has a map of {heatmap.shape} of the pixels of a picture of {picture.shape[:2]}"
        )
    _require_same(heatmap, values if values.ndim == 2 else values.sum(axis=2), "heatmap")
    if (segments is None) != (players is None):
        raise ValueError("has players without values, or values of players that are nowhere")
    if segments is not None and players is not None:
        with as_clause("has no players"):
            labels = validated_segments(segments, *heatmap.shape)
        sizes = np.bincount(labels.ravel())
        if players.shape != sizes.shape:
            raise ValueError(f"has {players.shape} values for {len(sizes)} players")
        _require_same(values, np.asarray(players / sizes, np.float32)[labels], "values")
    if error is not None and error.shape != (values if players is None else players).shape:
        raise ValueError(f"has standard errors of shape {error.shape} that belong to no values")


def _require_same(found: npt.NDArray[Any], expected: npt.NDArray[Any], what: str) -> None:
    largest = float(np.abs(expected).max())
    if found.shape != expected.shape or not np.allclose(
        found, expected, rtol=0, atol=_ROUNDING * largest
    ):
        raise ValueError(f"has a {what} that contradicts the rest of its map")
