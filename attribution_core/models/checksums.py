"""Checksums of files, computed in steps."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

HASH_BYTES = 16 << 20
"""How much of a file is read at once when its checksum is computed."""


def checksum_steps(path: Path, like: str) -> Iterator[str | None]:
    """Compute a file's checksum in steps.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    like : str
        A checksum of the kind that is wanted: 32 hexadecimal digits for MD5, 64 for SHA-256.

    Yields
    ------
    str or None
        None after each 16 MiB, and the checksum in lower case at the end.
    """
    kind = "md5" if len(like) == 32 else "sha256"
    checksum = hashlib.new(kind, usedforsecurity=False)
    with path.open("rb") as file:
        while piece := file.read(HASH_BYTES):
            checksum.update(piece)
            yield None
    yield checksum.hexdigest()


def checksum_name(checksum: str) -> str:
    """What a checksum of so many digits is called."""
    return "MD5" if len(checksum) == 32 else "SHA-256"
