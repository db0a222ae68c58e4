"""Finished maps in a folder, for processes that would compute the same again."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import threading
import time
from pathlib import Path
from typing import Any

import numpy.typing as npt

from attribution_core.attribution import Attribution
from attribution_core.request import Request
from attribution_core.saved_maps.archive import read_archive, write_archive
from attribution_core.saved_maps.files import described_request
from attribution_core.saved_maps.one_map import described_map, read_map
from attribution_core.saved_maps.text import Part
from attribution_core.version import PROGRAM

MOST_BYTES_OF_ONE = 32 * 2**20
"""Of a map's arrays: a larger one is not kept."""
_TEXT = "result.json"
_ENDING, _UNFINISHED = ".result", ".unfinished"
_ABANDONED_SECONDS = 3600.0
"""After which a file that is still being written is one whose writer was killed."""

_log = logging.getLogger(__name__)


class Results:
    """A folder of finished maps, the least recently used leaving first; no picture is in it.

    A file's name is the SHA-256 of all that makes its map: the network's fingerprint, name and
    label, the request with its picture's digest, and the program's version. It is written beside
    its place and then renamed, so that nobody reads half of one.

    Parameters
    ----------
    folder : path
        Made where it is missing. Whoever may write there decides what is shown.
    most_bytes : int
        Of all files together.

    Raises
    ------
    OSError
        When there is no such folder and none can be made.
    """

    def __init__(self, folder: Path, most_bytes: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._most_bytes = most_bytes

    def find(
        self, fingerprint: str, model: str, label: str, request: Request
    ) -> Attribution | None:
        """The map of a request for a network, or None; a file that is damaged is logged and left
        out.

        Parameters
        ----------
        fingerprint, model, label : str
            As in `Attribution`.
        request : Request
        """
        path = self._path(fingerprint, model, label, request)
        try:
            archive = read_archive(path, _TEXT, most_bytes=2 * MOST_BYTES_OF_ONE)
            found = read_map(Part(archive.text, "the file"), archive.arrays, request)
            of = found.model_fingerprint, found.model, found.label, found.finished
            if of != (fingerprint, model, label, True):
                raise ValueError("is of another map than its name says")
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            _log.warning("A result in %s is not used: it %s.", path.name, error)
            return None
        with contextlib.suppress(OSError):
            os.utime(path)  # what is used stays
        return found

    def keep(self, attribution: Attribution) -> None:
        """Write a finished map, unless it is there or too large; what fails is logged."""
        path = self._path(
            attribution.model_fingerprint, attribution.model, attribution.label, attribution.request
        )
        arrays: dict[str, npt.NDArray[Any]] = {}
        try:
            if path.exists():
                return
            described = described_map(attribution, 0, arrays)
            if sum(array.nbytes for array in arrays.values()) > MOST_BYTES_OF_ONE:
                return
            mine = f"{os.getpid()}-{threading.get_ident()}"
            unfinished = path.with_name(f"{path.stem}-{mine}{_UNFINISHED}")
            try:
                write_archive(unfinished, _TEXT, described, arrays, compressed=False)
                unfinished.replace(path)
            finally:
                unfinished.unlink(missing_ok=True)
            self._make_room()
        except (OSError, ValueError) as error:
            _log.warning("A result is not kept in %s: %s", self._folder.name, error)

    def _path(self, fingerprint: str, model: str, label: str, request: Request) -> Path:
        said = [PROGRAM, fingerprint, model, label, described_request(request)]
        name = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
        return self._folder / f"{name}{_ENDING}"

    def _make_room(self) -> None:
        """Remove what was used longest ago, until all that is left fits; and what nobody ends."""
        found = []
        for entry in os.scandir(self._folder):
            # Another process may be removing the same.
            with contextlib.suppress(FileNotFoundError):
                if entry.name.endswith((_ENDING, _UNFINISHED)):
                    found.append((entry.stat().st_mtime, entry.stat().st_size, entry))
        held = sum(size for _, size, _ in found)
        horizon = time.time() - _ABANDONED_SECONDS
        for used, size, entry in sorted(found, key=lambda each: each[0]):
            unfinished = entry.name.endswith(_UNFINISHED)
            if held > self._most_bytes if not unfinished else used < horizon:
                Path(entry.path).unlink(missing_ok=True)
                held -= size
