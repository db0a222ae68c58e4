"""The files that ``explain`` writes for each map: its arrays, and a PNG beside them."""

from __future__ import annotations

import contextlib
import io
from datetime import datetime

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from attribution_core.attribution import Attribution
from attribution_core.command_line.folders import Folder
from attribution_core.painting import Colours, drawn_values, grey_of, limits, tinted
from attribution_core.request import Request
from attribution_core.saved_maps.files import ModelFile, load, save
from attribution_core.version import PROGRAM

_CLIP = 99.0
_OPACITY = 0.85
_COLOURS = "colours"
"""The PNG's text that names its colour scale."""


def arrays_name(name: str) -> str:
    """The file of a map's arrays."""
    return f"{name}.npz"


def _painted_name(name: str) -> str:
    return f"{name}.png"


def is_there(
    folder: Folder, name: str, request: Request, fingerprint: str, model_file: ModelFile | None
) -> bool:
    """Whether the map of a request is complete: the picture, and the arrays, written last."""
    if not (folder.has(arrays_name(name)) and folder.has(_painted_name(name))):
        return False
    try:
        saved = load(folder.read(arrays_name(name)))
    except (ValueError, OSError):
        return False
    (found, *others) = saved.attributions
    return (
        not others
        and (found.request, found.model_fingerprint) == (request, fingerprint)
        and saved.model_file == model_file
    )


def write_map(
    folder: Folder,
    name: str,
    attribution: Attribution,
    made: datetime,
    model_file: ModelFile | None,
    colours: Colours,
) -> None:
    """A map as NPZ, and as PNG beside it."""
    content = io.BytesIO()
    save(content, [attribution], made=made, model_file=model_file)
    folder.write(_painted_name(name), _png(attribution, colours))
    folder.write(arrays_name(name), content.getvalue())


def paint_again(folder: Folder, name: str, colours: Colours) -> None:
    """The PNG beside a map's NPZ in other colours, where it has others."""
    known = None
    painted = io.BytesIO(folder.read(_painted_name(name)))
    with contextlib.suppress(OSError), Image.open(painted) as image:
        known = image.info.get(_COLOURS)
    if known != colours:
        (attribution,) = load(folder.read(arrays_name(name))).attributions
        folder.write(_painted_name(name), _png(attribution, colours))


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
