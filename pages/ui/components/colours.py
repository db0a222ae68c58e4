"""A colour scale as the browser gets it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from attribution_core.painting import COLOUR_SCALES, Colours


def browser_colours(colours: Colours) -> dict[str, Any]:
    """The palettes of both themes, by the names of their fields, and whether signs are shown.

    Returns
    -------
    dict
        Ready for JSON.
    """
    scale = COLOUR_SCALES[colours]
    themes: dict[str, Any] = {
        str(theme): asdict(palette) for theme, palette in scale.themes.items()
    }
    return {"name": colours, "signed": scale.signed, **themes}
