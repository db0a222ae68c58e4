"""What a download is to bring and where to, and that no second process brings it meanwhile."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path


class DownloadError(Exception):
    """A download did not succeed; the message is a plain sentence for the user."""


@dataclass(frozen=True)
class DownloadTask:
    """What `download` was asked for; ``host`` is the address's, without a user's name."""

    url: str
    host: str
    destination: Path
    checksum: str
    wrong_with: Callable[[Path], str]
    maximum_bytes: int
    connect_seconds: float
    stall_seconds: float

    def beside(self, suffix: str) -> Path:
        """A file of that suffix at the destination."""
        return self.destination.with_name(self.destination.name + suffix)

    @property
    def part(self) -> Path:
        """What has come so far."""
        return self.beside(".part")

    @property
    def note(self) -> Path:
        """What the part is a part of."""
        return self.beside(".part.json")


@contextmanager
def only_process(path: Path) -> Iterator[None]:
    """Hold a lock file; DownloadError where another process holds it."""
    descriptor = _locked(path)
    try:
        yield
    finally:
        # Windows does not remove a file that is open; an unlocked lock file does no harm.
        with suppress(PermissionError):
            path.unlink(missing_ok=True)
        os.close(descriptor)


def _locked(path: Path) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(descriptor)
            # Whoever held the lock may have removed the file between our two calls.
            if path.exists() and os.path.samestat(os.fstat(descriptor), path.stat()):
                return descriptor
        except (BlockingIOError, PermissionError):
            os.close(descriptor)
            raise DownloadError(
                "The same file is being downloaded already; wait until that is done."
            ) from None
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
