"""A colour scale as the browser gets it."""

from __future__ import annotations

import json
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
    palettes = {str(theme): asdict(palette) for theme, palette in scale.themes.items()}
    data = {"name": colours, "signed": scale.signed, **palettes}
    return dict(json.loads(json.dumps(data)))  # with lists, as the browser has them
