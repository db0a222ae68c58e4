"""Can weights be kept, and what visitors send, and is there room on the disk?"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping

from attribution_core.command_line.doctor.finding import Finding
from attribution_core.known_networks import KERAS_APPLICATIONS
from attribution_core.models.keras_weights import weights_destination

_VGG16 = KERAS_APPLICATIONS["vgg16"]


def look_at_disk(environment: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """The folder of temporary files, and that of weights."""
    try:
        yield Finding("Temporary files", "fine", tempfile.gettempdir())
    except OSError:
        yield Finding(
            "Temporary files",
            "wrong",
            "No folder for them can be written; set TMPDIR to one that can.",
        )
    folder = weights_destination(_VGG16, environment).parent
    if environment.get("ATTRIBUTION_DOWNLOADS", "").strip().lower() == "off":
        yield Finding("Folder of weights", "fine", f"{folder}, and nothing is downloaded here")
        return
    there = next(each for each in (folder, *folder.parents) if each.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        yield Finding(
            "Folder of weights",
            "note",
            f"{there} cannot be written, so that no network can be downloaded; set KERAS_HOME to a "
            "folder that can.",
        )
        return
    free = shutil.disk_usage(there).free / 1e6
    if free < _VGG16.megabytes:
        yield Finding(
            "Folder of weights",
            "note",
            f"{there} has {free:.0f} MB left, and VGG16 takes {_VGG16.megabytes}; make room, or "
            "set KERAS_HOME to a folder elsewhere.",
        )
        return
    yield Finding("Folder of weights", "fine", f"{folder}, {free / 1e3:.1f} GB free")
