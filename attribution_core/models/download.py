"""Download one large file, resumably, without ever leaving half of it in place.

Only the standard library is used. A download is an iterator of steps: its caller can show progress,
and stops it by closing it between two steps.
"""

from __future__ import annotations

import errno
import hashlib
import http.client
import json
import os
import queue
import re
import shutil
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

STEP_BYTES = 1 << 20
STEP_SECONDS = 0.2
"""A step ends after this many bytes or this long, whichever comes first."""

HASH_BYTES = 16 << 20
"""How much of a file is read at once when its checksum is computed."""


class DownloadError(Exception):
    """A download did not succeed; the message is a plain sentence for the user."""


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
    task = _Task(
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


@dataclass(frozen=True)
class _Task:
    url: str
    host: str
    destination: Path
    checksum: str
    wrong_with: Callable[[Path], str]
    maximum_bytes: int
    connect_seconds: float
    stall_seconds: float

    def beside(self, suffix: str) -> Path:
        return self.destination.with_name(self.destination.name + suffix)

    @property
    def part(self) -> Path:
        return self.beside(".part")

    @property
    def note(self) -> Path:
        return self.beside(".part.json")


@dataclass(frozen=True)
class _Note:
    """What a part is a part of."""

    url: str
    checksum: str
    version: str
    total: int | None


@dataclass(frozen=True)
class _Source:
    """An answer of the server from which bytes are about to be read."""

    response: http.client.HTTPResponse
    offset: int
    total: int | None


def _plainly(task: _Task) -> Generator[DownloadProgress]:
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


def _steps(task: _Task) -> Iterator[DownloadProgress]:
    if task.destination.is_dir():
        raise DownloadError(
            f"The file cannot be written to {task.destination}, which is a folder; name a file, or "
            "move the folder away."
        )
    task.destination.parent.mkdir(parents=True, exist_ok=True)
    with _only_process(task.beside(".lock")):
        if task.destination.is_file():
            wrong = yield from _examined(task, task.destination)
            if not wrong:
                return
        yield from _fetch(task)
        wrong = yield from _examined(task, task.part)
        if wrong:
            _discard(task)
            raise DownloadError(
                f"What {task.host} sent is not the expected file: {wrong}. It was removed; try "
                "again, or name another source."
            )
        task.part.replace(task.destination)
        task.note.unlink(missing_ok=True)


def _examined(task: _Task, path: Path) -> Generator[DownloadProgress, None, str]:
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


def _fetch(task: _Task) -> Iterator[DownloadProgress]:
    note = _resumable(task)
    if note is not None and note.total == task.part.stat().st_size:
        return
    source = None if note is None else _resume(task, note)
    if source is None:
        source = _start(task)
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
                _discard(task)
                raise DownloadError(_too_large(task))
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


def _resumable(task: _Task) -> _Note | None:
    """Return the note of a part that this task can go on with."""
    try:
        size = task.part.stat().st_size
        note = _Note(**json.loads(task.note.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    same = note.url == task.url and note.checksum == task.checksum
    fits = isinstance(note.total, int) and 0 < size <= note.total
    return note if same and fits else None


def _resume(task: _Task, note: _Note) -> _Source | None:
    """Ask for the rest of a part; None where only a fresh start can help."""
    offset = task.part.stat().st_size
    headers = {"Range": f"bytes={offset}-"}
    # Weak validators promise no equal bytes, so HTTP forbids them here (RFC 9110, 13.1.5).
    if note.version and not note.version.startswith("W/"):
        headers["If-Range"] = note.version
    response = _ask(task, headers)
    if response is None:
        return None
    if response.status == 200:
        return _from_start(task, response)
    span = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", response.headers.get("Content-Range", ""))
    expected = (str(offset), str((note.total or 0) - 1), str(note.total))
    right_part = response.status == 206 and span is not None and span.groups() == expected
    if right_part and _version(response) == note.version:
        return _Source(response, offset, note.total)
    response.close()
    return None


def _start(task: _Task) -> _Source:
    response = _ask(task, {})
    if response is None or response.status != 200:
        raise DownloadError(
            f"{task.host} does not send the file from its beginning; try again later, "
            "or name another source."
        )
    return _from_start(task, response)


def _from_start(task: _Task, response: http.client.HTTPResponse) -> _Source:
    total = response.length
    # The old part goes first: it would count as used space, and its note would be wrong.
    _discard(task)
    try:
        if total is not None and total > task.maximum_bytes:
            raise DownloadError(_too_large(task))
        free = shutil.disk_usage(task.destination.parent).free
        if total is not None and total > free:
            raise DownloadError(
                f"The disk that holds {task.destination.parent} has {free / 1e6:.0f} MB left, "
                f"but the file needs {total / 1e6:.0f} MB; free some space and try again."
            )
        note = _Note(task.url, task.checksum, _version(response), total)
        task.note.write_text(json.dumps(asdict(note)), encoding="utf-8")
    except BaseException:
        response.close()
        raise
    return _Source(response, 0, total)


def _ask(task: _Task, headers: dict[str, str]) -> http.client.HTTPResponse | None:
    """Send the request; None where the server refuses the range asked for."""
    request = urllib.request.Request(task.url, headers={"Accept-Encoding": "identity", **headers})
    # An impossible host name or a malformed redirection raises ValueError.
    failures = (OSError, http.client.HTTPException, ValueError)
    answers: queue.SimpleQueue[http.client.HTTPResponse | Exception] = queue.SimpleQueue()

    def open_in_background() -> None:
        try:
            answers.put(_opener().open(request, timeout=task.stall_seconds))
        except failures as error:
            answers.put(error)

    # A time limit on the socket does not bound the whole: name servers have their own, and each of
    # a host's addresses gets the full time in turn.
    threading.Thread(target=open_in_background, name="download", daemon=True).start()
    try:
        answer = answers.get(timeout=task.connect_seconds)
    except queue.Empty:
        raise DownloadError(
            f"{task.host} did not answer within {task.connect_seconds:g} seconds; "
            "check the network connection and try again."
        ) from None
    if isinstance(answer, urllib.error.HTTPError):
        answer.close()
        if answer.code == 416:
            return None
        raise DownloadError(
            f"{task.host} refused the download with status {answer.code} ({answer.reason})."
        ) from answer
    if isinstance(answer, Exception):
        reason = getattr(answer, "reason", answer)
        reason = getattr(reason, "strerror", None) or reason
        raise DownloadError(
            f"{task.host} cannot be reached ({reason}); check the network connection and try again."
        ) from answer
    return answer


def _opener() -> urllib.request.OpenerDirector:
    # Not urllib's default: that one would follow a redirection to ftp.
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


def _read(response: http.client.HTTPResponse, task: _Task) -> bytes:
    try:
        return response.read1(STEP_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise DownloadError(_interrupted(task)) from error


def _version(response: http.client.HTTPResponse) -> str:
    return response.headers.get("ETag") or response.headers.get("Last-Modified") or ""


def _discard(task: _Task) -> None:
    task.note.unlink(missing_ok=True)
    task.part.unlink(missing_ok=True)


def _interrupted(task: _Task) -> str:
    return (
        f"The connection to {task.host} was lost before the file was complete; "
        "try again, and the download goes on from where it stopped."
    )


def _too_large(task: _Task) -> str:
    return (
        f"{task.host} offers a file of more than {task.maximum_bytes / 1e6:.0f} MB, which is not "
        "the expected one; name another source."
    )


@contextmanager
def _only_process(path: Path) -> Iterator[None]:
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
