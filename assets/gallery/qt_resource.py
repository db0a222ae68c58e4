"""Read the files inside a Qt resource file (``.rcc``), as GCompris packs its pictures."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

_FOLDER, _COMPRESSED = 2, 1 | 4
_ENTRY = 22
"""Bytes of an entry of the tree, from version 2 of the format on."""


def files(path: Path) -> Iterator[tuple[str, bytes]]:
    """Walk the files of a resource.

    Parameters
    ----------
    path : pathlib.Path
        An ``.rcc`` file of version 2 or 3.

    Yields
    ------
    tuple of str and bytes
        The file's path inside the resource and its content. Compressed files, which no photograph
        is, are left out.

    Raises
    ------
    ValueError
        When the file is no Qt resource.
    """
    content = path.read_bytes()
    if content[:4] != b"qres":
        raise ValueError(f"{path} is no Qt resource file; give the .rcc files of gcompris-qt-data.")
    tree, data, names = struct.unpack(">III", content[8:20])

    def name_at(offset: int) -> str:
        start = names + offset
        (length,) = struct.unpack(">H", content[start : start + 2])
        return content[start + 6 : start + 6 + 2 * length].decode("utf-16-be")

    def walk(index: int, folder: str) -> Iterator[tuple[str, bytes]]:
        entry = content[tree + index * _ENTRY : tree + (index + 1) * _ENTRY]
        offset, flags = struct.unpack(">IH", entry[:6])
        place = f"{folder}/{name_at(offset)}" if index else ""
        if flags & _FOLDER:
            count, first = struct.unpack(">II", entry[6:14])
            for child in range(first, first + count):
                yield from walk(child, place)
        elif not flags & _COMPRESSED:
            (start,) = struct.unpack(">I", entry[10:14])
            (length,) = struct.unpack(">I", content[data + start : data + start + 4])
            yield place, content[data + start + 4 : data + start + 4 + length]

    return walk(0, "")
