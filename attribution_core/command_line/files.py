"""The files that ``explain`` writes to its folder, and ``evaluate`` reads."""

from __future__ import annotations

import contextlib
import io
import os
import re
import tempfile
from datetime import datetime
from pathlib import Path

import numpy as np
from PIL import Image

from attribution_core.attribution import Attribution
from attribution_core.images import Pixels
from attribution_core.painting import grey_of, painted
from attribution_core.request import Request
from attribution_core.saved_maps.files import ModelFile, load, save

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


def is_there(path: Path, request: Request, fingerprint: str, model_file: ModelFile | None) -> bool:
    """Whether the map of a request is complete: the picture, and the arrays, written last."""
    if not (path.is_file() and path.with_suffix(".png").is_file()):
        return False
    try:
        saved = load(path)
    except ValueError:
        return False
    (found, *others) = saved.attributions
    return (
        not others
        and (found.request, found.model_fingerprint) == (request, fingerprint)
        and saved.model_file == model_file
    )


def write_map(
    path: Path, attribution: Attribution, made: datetime, model_file: ModelFile | None
) -> None:
    """A map as NPZ at the path, and as PNG beside it."""
    content = io.BytesIO()
    save(content, [attribution], made=made, model_file=model_file)
    write(path.with_suffix(".png"), _png(attribution, attribution.request.picture.pixels))
    write(path, content.getvalue())


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
