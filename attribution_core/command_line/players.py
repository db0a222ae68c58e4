"""What the evaluation of maps removes, by the name that ``--players`` gives it."""

from __future__ import annotations

from collections.abc import Callable

from attribution_core.measures.map_curves import Players

PLAYERS: dict[str, Callable[[str], Players]] = {
    "pixels": lambda layer: Players(),
    "superpixels": lambda layer: Players(segmentation=50),
    "positions": Players,
}
"""What ``--players`` names, for maps of a layer."""
