"""What the colours of the maps mean, in words."""

from __future__ import annotations

from attribution_core.painting import COLOUR_SCALES
from pages.ui.shell.settings import Settings


def legend(settings: Settings) -> str:
    """A sentence, such as "Red speaks for the class, blue against it."."""
    return f"{COLOUR_SCALES[settings.colours].said()}."
