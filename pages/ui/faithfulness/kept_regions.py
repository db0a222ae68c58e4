"""Regions that a visitor drew or uploaded, kept for the picture they belong to."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from attribution_core.measures.pointing import Region, at_centres
from pages.ui.shell.scene import Scene
from pages.ui.shell.session import session
from pages.ui.shell.settings import UPLOAD

MOST = 40
"""So many are kept in a session; the one that was changed longest ago goes first."""


@dataclass(frozen=True)
class KeptRegion:
    """A region, and the name of the file that it came from, if it did."""

    region: Region
    file: str = ""


def of_this_picture(scene: Scene) -> str:
    """A name for the sidebar's picture as it is cut: the same at every size of one shape."""
    height, width = scene.picture.pixels.shape[:2]
    common = np.gcd(height, width)
    picture = scene.settings.picture
    if picture == UPLOAD:
        picture = hashlib.sha256(session().own_picture or b"").hexdigest()
    return f"{picture}-{height // common}x{width // common}"


def keep(scene: Scene, kind: str, region: Region, file: str = "") -> None:
    """Keep a region of this picture instead of the one of its kind from before."""
    regions, name = session().regions, (kind, of_this_picture(scene))
    regions.pop(name, None)
    regions[name] = KeptRegion(region, file)
    for oldest in list(regions)[:-MOST]:
        del regions[oldest]


def forget(scene: Scene, kind: str) -> None:
    """Keep none of this kind for this picture."""
    session().regions.pop((kind, of_this_picture(scene)), None)


def kept(scene: Scene, kind: str) -> KeptRegion | None:
    """The region of this picture, at its size; None where there is none."""
    found: KeptRegion | None = session().regions.get((kind, of_this_picture(scene)))
    if found is None:
        return None
    height, width = scene.picture.pixels.shape[:2]
    return KeptRegion(at_centres(found.region, (height, width)), found.file)
