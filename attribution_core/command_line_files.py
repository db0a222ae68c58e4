"""The files that ``explain`` leaves in its folder, and ``evaluate`` reads."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from attribution_core.attribution import Attribution
from attribution_core.images import Pixels
from attribution_core.painting import grey_of, painted

_FORMAT = 1
_CLIP = 99.0
_OPACITY = 0.85


def prepared(folder: Path) -> Path:
    """The folder, made if need be; ValueError where nothing can be written there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise ValueError(
            f"Nothing can be written to {folder} ({error.strerror}); name a folder of yours."
        ) from None


def safe(text: str) -> str:
    """Letters, digits, ``-`` and ``_`` of a text, at most 60: it is part of a file's name."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", text)[:60].strip("_") or "picture"


def write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".unfinished-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise


def is_there(path: Path, settings: dict[str, Any]) -> bool:
    """Whether a map with these settings is complete: the picture, and the arrays, written last."""
    try:
        found = read(path)
    except (OSError, ValueError):
        return False
    return path.with_suffix(".png").is_file() and found.settings == settings


def save(path: Path, attribution: Attribution, settings: dict[str, Any]) -> None:
    """A map as NPZ at the path, and as PNG beside it."""
    pixels = attribution.request.picture.pixels
    arrays: dict[str, Any] = {
        "picture": pixels.astype(np.uint8),
        "values": attribution.values,
        "heatmap": attribution.heatmap,
    }
    for name in ("segments", "player_values", "standard_error"):
        array = getattr(attribution, name)
        if array is not None:
            arrays[name] = array
    measured = {
        "players": attribution.players,
        "score_of_picture": attribution.score,
        "score_of_reference": attribution.reference_score,
        "evaluations": attribution.evaluations,
        "seconds": attribution.seconds,
        "completeness_gap": attribution.completeness_gap,
        "diagnostics": dict(attribution.diagnostics),
    }
    described = {"format": _FORMAT, "settings": settings, "measured": measured}
    arrays["settings"] = np.array(json.dumps(described, ensure_ascii=False))
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    write(path.with_suffix(".png"), _png(attribution, pixels))
    write(path, buffer.getvalue())


def _png(attribution: Attribution, pixels: Pixels) -> bytes:
    """Red for and blue against, over the grey picture; saturated at the 99th percentile."""
    drawn = attribution.heatmap
    if attribution.player_values is not None and attribution.segments is not None:
        drawn = attribution.player_values[attribution.segments]
    height, width = pixels.shape[:2]
    rows = np.arange(height) * drawn.shape[0] // height
    columns = np.arange(width) * drawn.shape[1] // width
    sizes = np.abs(drawn)
    limit = float(np.percentile(sizes, _CLIP)) or float(sizes.max())
    colours = painted(drawn[rows[:, None], columns], limit, _OPACITY, grey_of(pixels))
    buffer = io.BytesIO()
    Image.fromarray(colours).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


@dataclass(frozen=True)
class SavedMap:
    """A map as it was read: the picture ``(h, w, 3)``, its heatmap, and its settings."""

    path: Path
    picture: Pixels
    heatmap: npt.NDArray[np.float32]
    settings: dict[str, Any]


def read(path: Path) -> SavedMap:
    """A map from its file; ValueError where ``explain`` did not make it, or not to the end."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            described = json.loads(str(arrays["settings"]))
            picture = np.asarray(arrays["picture"], np.float32)
            heatmap = np.asarray(arrays["heatmap"], np.float32)
        settings = described["settings"]
        whole = described["format"] == _FORMAT and isinstance(settings, dict)
        if not whole or heatmap.ndim != 2 or not np.isfinite(heatmap).all():
            raise ValueError
    except Exception:
        # A zip, a JSON or an array can be damaged in as many ways as there are error types.
        raise ValueError(
            f"The file {path.name} holds no map of this program; make it again with explain."
        ) from None
    return SavedMap(path, picture, heatmap, settings)
