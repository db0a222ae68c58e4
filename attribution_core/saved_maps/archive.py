"""NPZ files of arrays and one JSON text: reproducible bytes, and read as untrusted input."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

MOST_BYTES = 256 * 2**20
"""Of all members of an archive together, unpacked."""

MOST_TEXT_BYTES = 4 * 2**20
MOST_MEMBERS = 4096
TYPES = ("|u1", "<f4", "<i8")
"""The types of arrays: uint8, float32 and int64."""

_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Archive:
    """What an archive holds.

    Attributes
    ----------
    text : object
        The JSON, as Python's objects.
    arrays : mapping of str to array
        By name; uint8, float32 or int64, read-only.
    """

    text: Any
    arrays: Mapping[str, npt.NDArray[Any]]


def write_archive(
    target: Path | BinaryIO,
    name: str,
    text: Any,
    arrays: Mapping[str, npt.NDArray[Any]],
    *,
    compressed: bool = True,
) -> None:
    """Write an NPZ file that also holds one JSON text; equal content gives equal bytes.

    Parameters
    ----------
    target : path or binary file
    name : str
        Of the text: `numpy.load` gives its bytes under this name, and ``unzip -p`` prints it.
    text : object
        Of mappings, lists, text, finite numbers, booleans and None.
    arrays : mapping of str to array
        Of uint8, float32 or int64.
    compressed : bool
        False where time matters more than room.

    Raises
    ------
    ValueError
        When the text has a number that is not finite, or an array is of another type.
    """
    kind = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(target, "w") as archive:
        written = json.dumps(text, indent=1, ensure_ascii=False, allow_nan=False)
        archive.writestr(_member(name, kind), written.encode())
        for key, array in arrays.items():
            if array.dtype.str not in TYPES:
                raise ValueError(
                    f"The array {key} is of {array.dtype}; it should be uint8, float32 or int64."
                )
            content = io.BytesIO()
            np.lib.format.write_array(
                content, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False
            )
            archive.writestr(_member(f"{key}.npy", kind), content.getbuffer())


def read_archive(
    source: Path | bytes | BinaryIO, name: str, *, most_bytes: int = MOST_BYTES
) -> Archive:
    """Read what `write_archive` wrote; the file is not trusted.

    Nothing is unpacked before its size is known to be small enough, and nothing is run.

    Raises
    ------
    ValueError
        When it is not such an archive, or damaged, or larger than allowed; a clause that says
        which, to follow the file's name.
    OSError
        When the file cannot be opened.
    """
    with _opened(io.BytesIO(source) if isinstance(source, bytes) else source) as archive:
        members = _checked(archive, name, most_bytes)
        text = _read_json(_unpacked(archive, members.pop(name)))
        arrays = {
            key.removesuffix(".npy"): _read_array(key, _unpacked(archive, member))
            for key, member in members.items()
        }
    return Archive(text, arrays)


def _member(name: str, kind: int) -> zipfile.ZipInfo:
    """An entry without time, owner or system, which would differ between equal files."""
    member = zipfile.ZipInfo(name, _EPOCH)
    member.compress_type = kind
    member.create_system = 3
    member.external_attr = 0o644 << 16
    return member


def _opened(source: Path | BinaryIO) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(source)
    except OSError:
        raise
    except Exception as error:
        # A damaged directory can raise errors of many types.
        raise ValueError(f"is not a complete NPZ file ({_reason(error)})") from None


def _checked(archive: zipfile.ZipFile, name: str, most_bytes: int) -> dict[str, zipfile.ZipInfo]:
    """The entries by name, none of them unpacked yet."""
    entries = archive.infolist()
    if len(entries) > MOST_MEMBERS:
        raise ValueError(f"has {len(entries)} members; at most {MOST_MEMBERS} are read")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > most_bytes:
        raise ValueError(
            f"would take {unpacked / 2**20:.0f} MB unpacked; at most {most_bytes / 2**20:.0f} MB "
            "are read"
        )
    if name not in archive.namelist():
        raise ValueError(
            f"has no {name}: it does not hold saved maps, or is of an earlier version; make the "
            "maps again"
        )
    members: dict[str, zipfile.ZipInfo] = {}
    for entry in entries:
        known = entry.filename == name or entry.filename.endswith(".npy")
        if not known or entry.filename in members:
            raise ValueError(f"has a member {entry.filename[:60]!r} that does not belong there")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError(f"has a {entry.filename[:60]} compressed in a way that is not read")
        if entry.filename == name and entry.file_size > MOST_TEXT_BYTES:
            raise ValueError(f"has more than {MOST_TEXT_BYTES // 2**20} MB of text")
        members[entry.filename] = entry
    return members


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """The member's bytes: as many as its entry says, and no more."""
    try:
        with archive.open(member) as file:
            content = file.read(member.file_size)
            # At its end the checksum is compared.
            longer = file.read(1)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError) as error:
        raise ValueError(f"has a damaged {member.filename[:60]} ({_reason(error)})") from None
    if len(content) != member.file_size or longer:
        raise ValueError(f"has a {member.filename[:60]} of another size than it says")
    return content


def _read_json(content: bytes) -> Any:
    def refuse(number: str) -> None:
        raise ValueError(f"{number} is not a number in JSON")

    try:
        return json.loads(content.decode(), parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"has a text that is not JSON ({_reason(error)})") from None


def _read_array(key: str, content: bytes) -> npt.NDArray[Any]:
    """An array whose header fits its bytes."""
    stream = io.BytesIO(content)
    try:
        if np.lib.format.read_magic(stream) != (1, 0):
            raise ValueError("its format is another one")
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(stream)
    except Exception as error:
        # The header is a Python literal: damage can raise errors of many types.
        raise ValueError(f"has a damaged array {key[:60]} ({_reason(error)})") from None
    if dtype.str not in TYPES or fortran:
        raise ValueError(f"has an array {key[:60]} of type {dtype.str[:20]}, which is not read")
    left = len(content) - stream.tell()
    if any(side < 0 for side in shape) or prod(shape) * dtype.itemsize != left:
        raise ValueError(f"has an array {key[:60]} whose shape does not fit its {left} bytes")
    return np.frombuffer(content, dtype, offset=stream.tell()).reshape(shape)


def _reason(error: Exception) -> str:
    lines = str(error).splitlines()
    return (lines[0][:100] if lines else "") or type(error).__name__
