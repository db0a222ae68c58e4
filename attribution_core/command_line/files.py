"""The files that ``explain`` writes to its folder, and ``evaluate`` reads."""

from __future__ import annotations

import contextlib
import io
import os
import platform
import re
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from attribution_core.attribution import Attribution
from attribution_core.painting import Colours, drawn_values, grey_of, limits, tinted
from attribution_core.request import Request
from attribution_core.saved_maps.files import ModelFile, load, save
from attribution_core.version import PROGRAM

_CLIP = 99.0
_OPACITY = 0.85
_UNFINISHED = ".unfinished-"
_DAY = 24 * 3600.0
_COLOURS = "colours"
"""The PNG's text that names its colour scale."""


def prepared(folder: Path) -> Path:
    """The folder, made if need be, without what killed processes have left in it.

    ValueError where nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
        _clear_unfinished(folder)
        return folder
    except OSError as error:
        raise ValueError(
            f"Nothing can be written to {folder} ({error.strerror}); name a folder of yours."
        ) from None


def _clear_unfinished(folder: Path) -> None:
    for path in folder.glob(f"{_UNFINISHED}*"):
        with contextlib.suppress(OSError):
            if _is_left_over(path):
                path.unlink()


def _is_left_over(path: Path) -> bool:
    """Whether no process writes a file any more: its own has ended, or it is a day old."""
    if time.time() - path.stat().st_mtime > _DAY:
        return True
    host, _, process = path.name.removeprefix(_UNFINISHED).rpartition("-")[0].rpartition("-")
    # Of a process of another machine that shares the folder, nothing is known.
    if sys.platform == "win32" or host != _host() or not process.isdecimal():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        pass
    return False


def _host() -> str:
    return safe(platform.node())


def safe(text: str) -> str:
    """Letters, digits, ``-`` and ``_`` of a text, at most 60: it is part of a file's name."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", text)[:60].strip("_") or "picture"


def write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    handle, temporary = tempfile.mkstemp(
        dir=path.parent, prefix=f"{_UNFINISHED}{_host()}-{os.getpid()}-"
    )
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
    path: Path,
    attribution: Attribution,
    made: datetime,
    model_file: ModelFile | None,
    colours: Colours,
) -> None:
    """A map as NPZ at the path, and as PNG beside it."""
    content = io.BytesIO()
    save(content, [attribution], made=made, model_file=model_file)
    write(path.with_suffix(".png"), _png(attribution, colours))
    write(path, content.getvalue())


def paint_again(path: Path, colours: Colours) -> None:
    """The PNG beside a map's NPZ in other colours, where it has others."""
    painted = path.with_suffix(".png")
    known = None
    with contextlib.suppress(OSError), Image.open(painted) as image:
        known = image.info.get(_COLOURS)
    if known != colours:
        (attribution,) = load(path).attributions
        write(painted, _png(attribution, colours))


def _png(attribution: Attribution, colours: Colours) -> bytes:
    """The map over the grey picture, as the page shows it in its light theme."""
    pixels = attribution.request.picture.pixels
    drawn = drawn_values(attribution)
    (limit,) = limits({(0, 0): drawn}, _CLIP, shared=False).values()
    height, width = pixels.shape[:2]
    rows = np.arange(height) * drawn.shape[0] // height
    columns = np.arange(width) * drawn.shape[1] // width
    shown = tinted(
        drawn[rows[:, None], columns],
        limit,
        "light",
        colours=colours,
        opacity=_OPACITY,
        grey=grey_of(pixels),
    )
    said = PngInfo()
    said.add_text(_COLOURS, colours)
    said.add_text("Software", PROGRAM)
    buffer = io.BytesIO()
    Image.fromarray(shown).save(buffer, "PNG", optimize=True, pnginfo=said)
    return buffer.getvalue()
