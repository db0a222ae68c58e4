"""Download one large file, resumably, without ever leaving half of it in place.

Only the standard library is used. A download is an iterator of steps: its caller can show progress,
and stops it by closing it between two steps.
"""

from __future__ import annotations

import errno
import http.client
import os
import re
import time
import urllib.parse
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

from attribution_core.models.checksums import checksum_name, checksum_steps
from attribution_core.models.download_source import discard, resumable, resume, start, too_large
from attribution_core.models.download_task import DownloadError, DownloadTask, only_process

STEP_BYTES = 1 << 20
STEP_SECONDS = 0.2
"""A step ends after this many bytes or this long, whichever comes first."""


@dataclass(frozen=True)
class DownloadProgress:
    """The progress of a download.

    Attributes
    ----------
    done_bytes : int
        Bytes on disk, including those of an earlier attempt.
    total_bytes : int or None
        Size of the whole file; None where the server does not say.
    """

    done_bytes: int
    total_bytes: int | None


def download(
    url: str,
    destination: Path,
    checksum: str,
    *,
    wrong_with: Callable[[Path], str],
    maximum_bytes: int,
    connect_seconds: float = 5.0,
    stall_seconds: float = 15.0,
) -> Generator[DownloadProgress]:
    """Download a file in steps, and put it in place only when it is the expected one.

    Until then it is kept as ``<destination>.part``, with a note of what it is a part of in
    ``<destination>.part.json``. A later call goes on from there if the server still has the same
    file and can send the rest of it; otherwise it starts again. A file ``<destination>.lock``
    keeps a second process out while one downloads; the operating system frees it when a process
    dies. If the destination is the expected file already, nothing is downloaded.

    Parameters
    ----------
    url : str
        An http or https address.
    destination : pathlib.Path
        Where the file goes; missing folders are made.
    checksum : str
        The file's MD5, 32 hexadecimal digits, or its SHA-256, 64; empty where none is known.
    wrong_with : callable
        What is wrong with a file, as a sentence goes on after its name; empty where nothing is.
        Asked where no checksum is known.
    maximum_bytes : int
        Larger files are refused.
    connect_seconds : float
        How long to wait for the server's answer.
    stall_seconds : float
        How long to wait for more data once it flows.

    Returns
    -------
    generator of DownloadProgress
        One entry a step, of at most about a megabyte each. Closing it stops the download, and
        keeps the part. It raises `DownloadError` where the download fails.

    Raises
    ------
    ValueError
        If the address is not http or https, or ``checksum`` is none; at once, before any step.
    """
    address = urllib.parse.urlsplit(url)
    if address.scheme not in ("http", "https") or not address.hostname:
        raise ValueError(f"{url!r} is not an address to download from; use http:// or https://.")
    if re.fullmatch(r"([0-9a-fA-F]{32}){0,2}", checksum) is None:
        raise ValueError(
            f"{checksum!r} is not a checksum: an MD5 has 32 hexadecimal digits, a SHA-256 has 64."
        )
    task = DownloadTask(
        url=url,
        host=address.netloc.rpartition("@")[2],
        destination=destination,
        checksum=checksum.lower(),
        wrong_with=wrong_with,
        maximum_bytes=maximum_bytes,
        connect_seconds=connect_seconds,
        stall_seconds=stall_seconds,
    )
    return _plainly(task)


def _plainly(task: DownloadTask) -> Generator[DownloadProgress]:
    try:
        yield from _steps(task)
    except OSError as error:
        folder = task.destination.parent
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DownloadError(
                f"The disk that holds {folder} is full; free some space and try again."
            ) from error
        raise DownloadError(
            f"The file cannot be written to {folder}: {error.strerror or error}."
        ) from error


def _steps(task: DownloadTask) -> Iterator[DownloadProgress]:
    if task.destination.is_dir():
        raise DownloadError(
            f"The file cannot be written to {task.destination}, which is a folder; name a file, or "
            "move the folder away."
        )
    task.destination.parent.mkdir(parents=True, exist_ok=True)
    with only_process(task.beside(".lock")):
        if task.destination.is_file():
            wrong = yield from _examined(task, task.destination)
            if not wrong:
                return
        yield from _fetch(task)
        wrong = yield from _examined(task, task.part)
        if wrong:
            discard(task)
            raise DownloadError(
                f"What {task.host} sent is not the expected file: {wrong}. It was removed; try "
                "again, or name another source."
            )
        task.part.replace(task.destination)
        task.note.unlink(missing_ok=True)


def _examined(task: DownloadTask, path: Path) -> Generator[DownloadProgress, None, str]:
    """Compare a file with what is expected; returns what is wrong with it, empty for nothing."""
    size = path.stat().st_size
    if not task.checksum:
        yield DownloadProgress(size, size)
        wrong = task.wrong_with(path)
        return f"it {wrong}" if wrong else ""
    for step in checksum_steps(path, task.checksum):
        found = step
        yield DownloadProgress(size, size)
    if found == task.checksum:
        return ""
    return f"its {checksum_name(task.checksum)} is {found} instead of {task.checksum}"


def _fetch(task: DownloadTask) -> Iterator[DownloadProgress]:
    note = resumable(task)
    if note is not None and note.total == task.part.stat().st_size:
        return
    source = None if note is None else resume(task, note)
    if source is None:
        source = start(task)
    with (
        source.response,
        task.part.open("r+b" if source.offset else "wb", buffering=0) as part,
    ):
        part.seek(source.offset)
        done = source.offset
        yield DownloadProgress(done, source.total)
        reported, moment = done, time.monotonic()
        while piece := _read(source.response, task):
            done += len(piece)
            if done > task.maximum_bytes:
                discard(task)
                raise DownloadError(too_large(task))
            rest = memoryview(piece)
            while rest:
                rest = rest[part.write(rest) :]
            if done - reported >= STEP_BYTES or time.monotonic() - moment >= STEP_SECONDS:
                yield DownloadProgress(done, source.total)
                reported, moment = done, time.monotonic()
        if source.total is not None and done < source.total:
            raise DownloadError(_interrupted(task))
        os.fsync(part.fileno())
    yield DownloadProgress(done, source.total)


def _read(response: http.client.HTTPResponse, task: DownloadTask) -> bytes:
    try:
        return response.read1(STEP_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise DownloadError(_interrupted(task)) from error


def _interrupted(task: DownloadTask) -> str:
    return (
        f"The connection to {task.host} was lost before the file was complete; "
        "try again, and the download goes on from where it stopped."
    )
