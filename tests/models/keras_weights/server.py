"""A file server that a test can make misbehave, and downloads from it."""

from __future__ import annotations

import hashlib
import random
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from attribution_core.known_networks import KERAS_APPLICATIONS
from attribution_core.models.keras_weights import DownloadError, DownloadProgress, download_weights

VGG16 = KERAS_APPLICATIONS["vgg16"]
MOBILENET_V2 = KERAS_APPLICATIONS["mobilenet_v2"]
CONTENT = random.Random(1).randbytes(5_000_000)
OTHER = random.Random(2).randbytes(5_000_000)
PATIENT = 60.0
"""Seconds without a byte that no busy machine needs."""


def md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


class Origin:
    """A file server on the loopback interface whose behaviour a test can set."""

    def __init__(self) -> None:
        self.content = CONTENT
        self.etag: str | None = '"first"'
        self.ranges = True
        self.sends_length = True
        self.cut_after: int | None = None
        self.pause_after: int | None = None
        self.content_range: str | None = None
        self.status: int | None = None
        self.redirect: str | None = None
        self.asked: list[str | None] = []
        self.sent = 0
        self.released = threading.Event()
        origin = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                origin.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(
            target=self.server.serve_forever,
            kwargs={"poll_interval": 0.01},
            daemon=True,
        )
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/{VGG16.file}"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        wanted = request.headers.get("Range")
        self.asked.append(wanted)
        if self.redirect is not None:
            request.send_response(302)
            request.send_header("Location", self.redirect)
            request.end_headers()
            return
        if self.status is not None:
            request.send_error(self.status)
            return
        offset = 0
        condition = request.headers.get("If-Range")
        if wanted and self.ranges and condition in (None, self.etag):
            offset = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if offset >= len(self.content):
                request.send_error(416)
                return
            request.send_response(206)
            last, size = len(self.content) - 1, len(self.content)
            request.send_header(
                "Content-Range", self.content_range or f"bytes {offset}-{last}/{size}"
            )
        else:
            request.send_response(200)
        if self.etag is not None:
            request.send_header("ETag", self.etag)
        if self.sends_length:
            request.send_header("Content-Length", str(len(self.content) - offset))
        request.end_headers()
        body = self.content[offset:]
        self.sent = 0
        try:
            for start in range(0, len(body), 50_000):
                if self.cut_after is not None and self.sent >= self.cut_after:
                    return
                if self.pause_after is not None and self.sent >= self.pause_after:
                    self.released.wait(20)
                request.wfile.write(body[start : start + 50_000])
                self.sent += 50_000
        except OSError:
            pass

    def close(self) -> None:
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def part_of(target: Path) -> Path:
    return target.with_name(target.name + ".part")


def fetch(url: str, target: Path, content: bytes = CONTENT) -> list[DownloadProgress]:
    return list(
        download_weights(
            VGG16, url, target, md5(content), connect_seconds=PATIENT, stall_seconds=PATIENT
        )
    )


def interrupt(origin: Origin, target: Path, at: int = 2_000_000) -> int:
    """Leave a part behind, as a lost connection does; return its size."""
    origin.cut_after = at
    with pytest.raises(DownloadError, match="goes on from where it stopped"):
        fetch(origin.url, target)
    origin.cut_after = None
    origin.asked.clear()
    assert not target.exists()
    size = part_of(target).stat().st_size
    assert size == at
    return size


def assert_complete(target: Path, content: bytes = CONTENT) -> None:
    assert target.read_bytes() == content
    assert [path.name for path in target.parent.iterdir()] == [target.name]
