"""Are the weights of networks here, whole, and those that are meant?"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from attribution_core.command_line.doctor.finding import Finding
from attribution_core.command_line.exit_codes import sentence
from attribution_core.known_networks import KERAS_APPLICATIONS
from attribution_core.models import clever_hans, efficientnet_lite0, vgg16_cam
from attribution_core.models.inspection import Limits, inspect
from attribution_core.models.keras_weights import check_weights, expected_checksum, find_weights

_SHIPPED = (vgg16_cam.WEIGHTS, efficientnet_lite0.WEIGHTS, clever_hans.WEIGHTS)


def look_at_weights(environment: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """Those that come with the project, those that were downloaded, and the operator's own."""
    yield look_at_shipped()
    absent = []
    for network in KERAS_APPLICATIONS.values():
        try:
            found = find_weights(network, environment)
            if found is None:
                absent.append(network.title)
                continue
            check_weights(network, found, environment)
            known = expected_checksum(network, environment)
            said = "its checksum is right" if known else "it has all parameters"
            yield Finding(network.title, "fine", f"{found}: {said}")
        except (ValueError, OSError) as error:
            yield Finding(network.title, "wrong", sentence(error))
    if absent:
        yield Finding(
            "To be downloaded",
            "fine",
            f"{', '.join(absent)}; with attributions download, or in the app",
        )
    own = environment.get("ATTRIBUTION_MODEL")
    if own:
        yield _look_at_own(Path(own).expanduser())


def look_at_shipped(files: tuple[Path, ...] = _SHIPPED) -> Finding:
    """Whether each file is there and can be read to its end."""
    broken = [str(file) for file in files if not _is_whole(file)]
    if broken:
        return Finding(
            "Built-in networks",
            "wrong",
            f"{', '.join(broken)} cannot be read; get the project's files again.",
        )
    return Finding("Built-in networks", "fine", f"{len(files)} files, whole")


def _is_whole(file: Path) -> bool:
    import h5py

    try:
        if file.suffix == ".npz":
            with zipfile.ZipFile(file) as archive:
                return archive.testzip() is None
        with h5py.File(file, "r") as opened:
            return len(opened) > 0
    except (OSError, zipfile.BadZipFile):
        return False


def _look_at_own(path: Path) -> Finding:
    try:
        inspect(path, path.name, Limits())
    except (ValueError, OSError) as error:
        return Finding("ATTRIBUTION_MODEL", "wrong", sentence(error))
    return Finding("ATTRIBUTION_MODEL", "fine", str(path))
