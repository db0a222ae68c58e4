"""Attributions made up for tests of what is done with them, without a network."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from attribution_core import Attribution, Picture
from attribution_core.arrays import FloatArray
from attribution_core.request import Request, granted, request_or_reason
from attribution_core.segmentations import grid

LABELS = ("ant", "bee", "cat", "dog", "eel")


def picture(height: int = 24, width: int = 24, seed: int = 0) -> Picture:
    """Coloured noise."""
    random = np.random.default_rng(seed)
    return Picture.of(random.integers(0, 256, (height, width, 3)).astype(np.float32))


def attribution(
    method: str = "gradient_times_input",
    target: int = 1,
    *,
    label: str | None = None,
    shape: tuple[int, int] = (6, 6),
    seed: int = 0,
    of: Picture | None = None,
    model: str = "vgg16_cam",
    finished: bool = True,
    **request: Any,
) -> Attribution:
    """Random values of a shape; methods with players get the cells of a grid of 2 × 3."""
    random = np.random.default_rng((seed, target, *method.encode()))
    values = random.normal(size=shape).astype(np.float32)
    asked = granted(
        request_or_reason(
            None,
            picture=of or picture(),
            method=method,
            target=target,
            **{"layer": "top", **request},
        )
    )
    segments, players = None, None
    if method in ("kernel_shap", "lime", "shapley_values", "banzhaf_values"):
        segments = grid(*shape, 2, 3)
        players = random.normal(size=6).astype(np.float32)
        values = (players / np.bincount(segments.ravel()))[segments].astype(np.float32)
    return of_request(
        asked,
        values,
        model=model,
        model_fingerprint=model,
        label=LABELS[target] if label is None else label,
        segments=segments,
        player_values=players,
        finished=finished,
    )


def of_request(request: Request, values: FloatArray, **changes: Any) -> Attribution:
    """What a request is said to have given: one value for each place, and all of it known."""
    made = Attribution(
        request=request,
        model="vgg16_cam",
        model_fingerprint="",
        label=f"class {request.target}",
        values=values,
        heatmap=values,
        score=3.0,
        reference_score=1.0,
        completeness_gap=None,
        standard_error=None,
        evaluations=8,
        seconds=0.1,
        segments=None,
        player_values=None,
        done=8,
        planned=8,
        finished=True,
    )
    return replace(made, **changes)
