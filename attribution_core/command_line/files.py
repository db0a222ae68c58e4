"""Files that are written whole or not at all, and names for them."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import sys
import tempfile
import time
from pathlib import Path

_UNFINISHED = ".unfinished-"
_DAY = 24 * 3600.0


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
