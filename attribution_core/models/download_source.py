"""Where the bytes of a download come from: the rest of a part on disk, or the whole file anew."""

from __future__ import annotations

import http.client
import json
import queue
import re
import shutil
import threading
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass

from attribution_core.models.download_task import DownloadError, DownloadTask


@dataclass(frozen=True)
class PartNote:
    """What a part is a part of."""

    url: str
    checksum: str
    version: str
    total: int | None


@dataclass(frozen=True)
class Source:
    """An answer of the server from which bytes are about to be read."""

    response: http.client.HTTPResponse
    offset: int
    total: int | None


def resumable(task: DownloadTask) -> PartNote | None:
    """Return the note of a part that this task can go on with."""
    try:
        size = task.part.stat().st_size
        note = PartNote(**json.loads(task.note.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    same = note.url == task.url and note.checksum == task.checksum
    fits = isinstance(note.total, int) and 0 < size <= note.total
    return note if same and fits else None


def resume(task: DownloadTask, note: PartNote) -> Source | None:
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
        return Source(response, offset, note.total)
    response.close()
    return None


def start(task: DownloadTask) -> Source:
    """Ask for the whole file."""
    response = _ask(task, {})
    if response is None or response.status != 200:
        raise DownloadError(
            f"{task.host} does not send the file from its beginning; try again later, "
            "or name another source."
        )
    return _from_start(task, response)


def _from_start(task: DownloadTask, response: http.client.HTTPResponse) -> Source:
    total = response.length
    # The old part goes first: it would count as used space, and its note would be wrong.
    discard(task)
    try:
        if total is not None and total > task.maximum_bytes:
            raise DownloadError(too_large(task))
        free = shutil.disk_usage(task.destination.parent).free
        if total is not None and total > free:
            raise DownloadError(
                f"The disk that holds {task.destination.parent} has {free / 1e6:.0f} MB left, "
                f"but the file needs {total / 1e6:.0f} MB; free some space and try again."
            )
        note = PartNote(task.url, task.checksum, _version(response), total)
        task.note.write_text(json.dumps(asdict(note)), encoding="utf-8")
    except BaseException:
        response.close()
        raise
    return Source(response, 0, total)


def _ask(task: DownloadTask, headers: dict[str, str]) -> http.client.HTTPResponse | None:
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


def _version(response: http.client.HTTPResponse) -> str:
    return response.headers.get("ETag") or response.headers.get("Last-Modified") or ""


def discard(task: DownloadTask) -> None:
    """Remove the part and its note."""
    task.note.unlink(missing_ok=True)
    task.part.unlink(missing_ok=True)


def too_large(task: DownloadTask) -> str:
    """What is said of a file that is larger than the task allows."""
    return (
        f"{task.host} offers a file of more than {task.maximum_bytes / 1e6:.0f} MB, which is not "
        "the expected one; name another source."
    )
