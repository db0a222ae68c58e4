"""Weights of Keras: where they are looked for, and downloads under everything that goes wrong."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pytest

from attribution_core.known_networks import KERAS_APPLICATIONS
from attribution_core.models.keras_weights import (
    DownloadError,
    DownloadProgress,
    check_structure,
    check_weights,
    download_weights,
    expected_checksum,
    find_weights,
    weights_destination,
    weights_url,
)

VGG16 = KERAS_APPLICATIONS["vgg16"]
CONVNEXT = KERAS_APPLICATIONS["convnext_tiny"]
MOBILENET_V2 = KERAS_APPLICATIONS["mobilenet_v2"]
ROOT = Path(__file__).resolve().parents[2]
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


@pytest.fixture
def origin() -> Iterator[Origin]:
    server = Origin()
    yield server
    server.close()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "models" / VGG16.file


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


def test_progress_from_nothing_to_the_whole(origin: Origin, target: Path) -> None:
    steps = fetch(origin.url, target)
    assert_complete(target)
    done = [step.done_bytes for step in steps]
    assert done[0] == 0
    assert done[-1] == len(CONTENT)
    assert done == sorted(done)
    assert {step.total_bytes for step in steps} == {len(CONTENT)}
    # One megabyte a step and one read more at most: this is what bounds the wait of a Cancel.
    assert max(after - before for before, after in pairwise(done)) < 2 << 20


def test_nothing_is_in_place_before_the_end(origin: Origin, target: Path) -> None:
    for _ in download_weights(VGG16, origin.url, target, md5(CONTENT)):
        assert not target.exists()
    assert_complete(target)


def test_a_part_is_resumed(origin: Origin, target: Path) -> None:
    size = interrupt(origin, target)
    steps = fetch(origin.url, target)
    assert origin.asked == [f"bytes={size}-"]
    assert steps[0] == DownloadProgress(size, len(CONTENT))
    assert_complete(target)


def test_a_part_is_resumed_without_an_etag(origin: Origin, target: Path) -> None:
    origin.etag = None
    size = interrupt(origin, target)
    steps = fetch(origin.url, target)
    assert steps[0].done_bytes == size
    assert_complete(target)


def test_a_server_without_ranges_starts_again(origin: Origin, target: Path) -> None:
    origin.ranges = False
    interrupt(origin, target)
    steps = fetch(origin.url, target)
    assert steps[0].done_bytes == 0
    assert_complete(target)


def test_a_changed_etag_starts_again(origin: Origin, target: Path) -> None:
    interrupt(origin, target)
    origin.etag, origin.content = '"second"', OTHER
    # The expected checksum is part of the note as well; only the server's file has changed here.
    note = target.with_name(target.name + ".part.json")
    note.write_text(note.read_text().replace(md5(CONTENT), md5(OTHER)))
    steps = fetch(origin.url, target, OTHER)
    assert steps[0].done_bytes == 0
    assert origin.asked == ["bytes=2000000-"]
    assert_complete(target, OTHER)


def test_another_expected_checksum_starts_again(origin: Origin, target: Path) -> None:
    interrupt(origin, target)
    origin.content = OTHER
    assert fetch(origin.url, target, OTHER)[0].done_bytes == 0
    assert origin.asked == [None]
    assert_complete(target, OTHER)


def test_a_weak_etag_that_changed_starts_again(origin: Origin, target: Path) -> None:
    origin.etag = 'W/"first"'
    interrupt(origin, target)
    origin.etag = 'W/"second"'
    assert fetch(origin.url, target)[0].done_bytes == 0
    assert len(origin.asked) == 2
    assert_complete(target)


@pytest.mark.parametrize(
    "content_range",
    [
        "bytes 0-4999999/5000000",
        "bytes 2000000-4999999/6000000",
        "bytes */5000000",
        "nonsense",
    ],
)
def test_a_wrong_content_range_starts_again(
    origin: Origin, target: Path, content_range: str
) -> None:
    interrupt(origin, target)
    origin.content_range = content_range
    assert fetch(origin.url, target)[0].done_bytes == 0
    assert origin.asked == ["bytes=2000000-", None]
    assert_complete(target)


def test_a_refused_range_starts_again(origin: Origin, target: Path) -> None:
    interrupt(origin, target)
    origin.content = CONTENT[:1_000_000]
    note = target.with_name(target.name + ".part.json")
    note.write_text(note.read_text().replace(md5(CONTENT), md5(CONTENT[:1_000_000])))
    assert fetch(origin.url, target, CONTENT[:1_000_000])[0].done_bytes == 0
    assert origin.asked == ["bytes=2000000-", None]
    assert_complete(target, CONTENT[:1_000_000])


@pytest.mark.parametrize("note", ["", "[]", '{"url": 1}', None])
def test_a_part_without_a_readable_note_starts_again(
    origin: Origin, target: Path, note: str | None
) -> None:
    interrupt(origin, target)
    path = target.with_name(target.name + ".part.json")
    if note is None:
        path.unlink()
    else:
        path.write_text(note)
    assert fetch(origin.url, target)[0].done_bytes == 0
    assert origin.asked == [None]
    assert_complete(target)


def test_a_complete_part_needs_no_network(origin: Origin, target: Path) -> None:
    interrupt(origin, target)
    part_of(target).write_bytes(CONTENT)
    fetch(origin.url, target)
    assert origin.asked == []
    assert_complete(target)


def test_a_file_already_in_place_needs_no_network(target: Path) -> None:
    target.parent.mkdir(parents=True)
    target.write_bytes(CONTENT)
    steps = fetch("http://127.0.0.1:9/none.h5", target)
    assert steps[-1] == DownloadProgress(len(CONTENT), len(CONTENT))
    assert_complete(target)


def test_a_corrupted_file_in_place_is_replaced_only_by_a_good_one(
    origin: Origin, target: Path
) -> None:
    target.parent.mkdir(parents=True)
    target.write_bytes(OTHER)
    interrupted = download_weights(VGG16, origin.url, target, md5(CONTENT))
    for step in interrupted:
        if 0 < step.done_bytes < len(CONTENT):
            break
    interrupted.close()
    assert target.read_bytes() == OTHER
    fetch(origin.url, target)
    assert_complete(target)


def test_wrong_content_is_removed_and_named(origin: Origin, target: Path) -> None:
    origin.content = OTHER
    with pytest.raises(DownloadError, match="not the expected file") as caught:
        fetch(origin.url, target)
    assert md5(OTHER) in str(caught.value)
    assert list(target.parent.iterdir()) == []


def test_too_large_a_file_is_refused_before_it_is_read(origin: Origin, target: Path) -> None:
    steps = download_weights(VGG16, origin.url, target, md5(CONTENT), maximum_bytes=1_000_000)
    with pytest.raises(DownloadError, match="more than 1 MB"):
        next(steps)
    assert list(target.parent.iterdir()) == []


def test_an_endless_answer_is_cut_off(origin: Origin, target: Path) -> None:
    origin.sends_length = False
    with pytest.raises(DownloadError, match="more than 1 MB"):
        list(download_weights(VGG16, origin.url, target, md5(CONTENT), maximum_bytes=1_000_000))
    assert list(target.parent.iterdir()) == []


def test_an_answer_without_a_length_is_accepted(origin: Origin, target: Path) -> None:
    origin.sends_length = False
    steps = fetch(origin.url, target)
    assert {step.total_bytes for step in steps[:-1]} >= {None}
    assert_complete(target)


def test_closing_keeps_a_part_to_go_on_with(origin: Origin, target: Path) -> None:
    steps = download_weights(VGG16, origin.url, target, md5(CONTENT))
    for step in steps:
        if step.done_bytes:
            break
    steps.close()
    size = part_of(target).stat().st_size
    assert 0 < size < len(CONTENT)
    assert not target.with_name(target.name + ".lock").exists()
    assert fetch(origin.url, target)[0].done_bytes == size
    assert_complete(target)


def test_offline_is_said_quickly(target: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    began = time.monotonic()
    with pytest.raises(DownloadError, match=r"cannot be reached .*check the network"):
        fetch(f"http://127.0.0.1:{port}/file.h5", target)
    assert time.monotonic() - began < PATIENT / 2  # not because it gave up waiting
    assert list(target.parent.iterdir()) == []


def test_an_unknown_host_is_said_plainly(target: Path) -> None:
    with pytest.raises(DownloadError, match="check the network"):
        fetch("http://host.invalid/file.h5", target)


def test_a_silent_server_is_given_up_on(target: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/file.h5"
        began = time.monotonic()
        with pytest.raises(DownloadError, match=r"did not answer within 0\.3 seconds"):
            list(download_weights(VGG16, url, target, md5(CONTENT), connect_seconds=0.3))
        assert time.monotonic() - began < PATIENT / 2  # nor because the system gave up


def test_a_stalled_transfer_is_given_up_on_and_resumed(origin: Origin, target: Path) -> None:
    origin.pause_after = 1_500_000
    with pytest.raises(DownloadError, match="goes on from where it stopped"):
        list(download_weights(VGG16, origin.url, target, md5(CONTENT), stall_seconds=1.0))
    origin.pause_after = None
    size = part_of(target).stat().st_size
    assert 0 < size <= 1_500_000
    assert fetch(origin.url, target)[0].done_bytes == size
    assert_complete(target)


def test_a_refusal_names_the_status(origin: Origin, target: Path) -> None:
    origin.status = 404
    with pytest.raises(DownloadError, match="status 404"):
        fetch(origin.url, target)


def test_redirections_are_followed_to_http_only(origin: Origin, target: Path) -> None:
    origin.redirect = "ftp://127.0.0.1:9/file.h5"
    with pytest.raises(DownloadError, match="unknown url type: ftp"):
        fetch(origin.url, target)
    mirror = Origin()
    try:
        origin.redirect = mirror.url
        fetch(origin.url, target)
    finally:
        mirror.close()
    assert_complete(target)


def test_a_full_disk_is_said_before_the_transfer(
    origin: Origin, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    with pytest.raises(DownloadError, match=r"has 1 MB left, but the file needs 5 MB"):
        fetch(origin.url, target)


def test_a_disk_that_fills_up_meanwhile_is_said(
    origin: Origin, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DownloadError, match="is full; free some space"):
        fetch(origin.url, target)
    assert not target.exists()


def test_a_folder_that_cannot_be_made_is_said(origin: Origin, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DownloadError, match="cannot be written"):
        fetch(origin.url, tmp_path / "file" / "weights.h5")


def test_a_folder_in_the_files_place_is_said_before_the_transfer(
    origin: Origin, target: Path
) -> None:
    target.mkdir(parents=True)
    with pytest.raises(DownloadError, match="which is a folder"):
        fetch(origin.url, target)
    assert not origin.asked


def test_only_one_downloads_at_a_time(origin: Origin, target: Path) -> None:
    first = download_weights(VGG16, origin.url, target, md5(CONTENT))
    next(first)
    with pytest.raises(DownloadError, match="is being downloaded already"):
        fetch(origin.url, target)
    list(first)
    assert_complete(target)


def test_a_killed_process_leaves_no_lock_behind(origin: Origin, target: Path) -> None:
    origin.pause_after = 2_000_000
    code = (
        "import sys; from pathlib import Path; "
        "from attribution_core.known_networks import KERAS_APPLICATIONS\n"
        "from attribution_core.models.keras_weights import download_weights\n"
        "vgg16 = KERAS_APPLICATIONS['vgg16']\n"
        "for step in download_weights(vgg16, sys.argv[1], Path(sys.argv[2]), sys.argv[3]):\n"
        "    print(step.done_bytes, flush=True)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, origin.url, str(target), md5(CONTENT)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) > 0:
            break
    with pytest.raises(DownloadError, match="is being downloaded already"):
        fetch(origin.url, target)
    process.kill()
    process.wait()
    process.stdout.close()
    assert target.with_name(target.name + ".lock").exists()
    origin.released.set()
    assert fetch(origin.url, target)[0].done_bytes > 0
    assert_complete(target)


@pytest.mark.parametrize("url", ["ftp://host/file.h5", "file:///etc/passwd", "host/file", "http:"])
def test_other_addresses_are_refused_at_once(target: Path, url: str) -> None:
    with pytest.raises(ValueError, match="use http:// or https://"):
        download_weights(VGG16, url, target, md5(CONTENT))


def test_a_checksum_that_is_none_is_refused_at_once(target: Path) -> None:
    with pytest.raises(ValueError, match="32 hexadecimal digits"):
        download_weights(VGG16, "http://host/file.h5", target, "abc")


def test_the_environment_says_what_to_download_and_where(origin: Origin, tmp_path: Path) -> None:
    environment = {
        "ATTRIBUTION_VGG16_URL": origin.url,
        "ATTRIBUTION_VGG16_MD5": md5(CONTENT).upper(),
        "KERAS_HOME": str(tmp_path / "keras"),
    }
    assert find_weights(VGG16, environment) is None
    list(download_weights(VGG16, environment=environment))
    target = tmp_path / "keras" / "models" / VGG16.file
    assert find_weights(VGG16, environment) == target == weights_destination(VGG16, environment)
    assert_complete(target)


def test_weights_are_found_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert find_weights(VGG16, {}) is None
    cached = tmp_path / ".keras" / "models" / VGG16.file
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"weights")
    assert find_weights(VGG16, {}) == cached
    assert find_weights(VGG16, {"KERAS_HOME": str(tmp_path / "other")}) is None
    named = tmp_path / "mine.h5"
    with pytest.raises(ValueError, match=r"mine\.h5, which is not a file"):
        find_weights(VGG16, {"ATTRIBUTION_VGG16_WEIGHTS": str(named)})
    named.write_bytes(b"weights")
    assert find_weights(VGG16, {"ATTRIBUTION_VGG16_WEIGHTS": str(named)}) == named
    assert find_weights(VGG16, {"ATTRIBUTION_VGG16_WEIGHTS": ""}) == cached
    assert cached.read_bytes() == b"weights"


def test_the_defaults_are_those_of_keras() -> None:
    import keras.src.applications.vgg16 as keras_vgg16

    assert weights_url(VGG16, {}) == keras_vgg16.WEIGHTS_PATH
    assert expected_checksum(VGG16, {}) in Path(keras_vgg16.__file__).read_text(encoding="utf-8")


def test_a_mirror_has_all_files_and_one_file_another_address() -> None:
    mirror = {"ATTRIBUTION_WEIGHTS_URL": "http://mirror.example/keras/"}
    assert weights_url(VGG16, mirror) == f"http://mirror.example/keras/{VGG16.file}"
    assert weights_url(MOBILENET_V2, mirror).endswith(f"/keras/{MOBILENET_V2.file}")
    one = mirror | {"ATTRIBUTION_VGG16_URL": "http://elsewhere.example/file.h5"}
    assert weights_url(VGG16, one) == "http://elsewhere.example/file.h5"
    assert weights_url(MOBILENET_V2, one) == weights_url(MOBILENET_V2, mirror)


def test_a_checksum_in_the_environment_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="ATTRIBUTION_VGG16_MD5"):
        expected_checksum(VGG16, {"ATTRIBUTION_VGG16_MD5": "64373286"})


def test_neither_tensorflow_nor_keras_is_needed(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; "
        "from attribution_core.known_networks import KERAS_APPLICATIONS\n"
        "from attribution_core.models.keras_weights import *\n"
        "vgg16 = KERAS_APPLICATIONS['vgg16']\n"
        "find_weights(vgg16, {'KERAS_HOME': sys.argv[1]})\n"
        "steps = download_weights(vgg16, 'http://127.0.0.1:9/x.h5', Path(sys.argv[1]) / 'x.h5')\n"
        "try: list(steps)\n"
        "except DownloadError: print('offline')\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "offline\n"


def write_layout(path: Path, parameters: int) -> None:
    """Write a file in Keras's layout, of two arrays that take no space."""
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = np.array(["input_1", "layer"], "S")
        file.create_group("input_1").attrs["weight_names"] = np.array([], "S1")
        group = file.create_group("layer")
        group.attrs["weight_names"] = np.array(["layer_W:0", "layer_b:0"], "S")
        for name, length in (("layer_W:0", parameters - 1000), ("layer_b:0", 1000)):
            group.create_dataset(name, (length,), "f4", chunks=(1000,))


def test_the_layout_of_keras_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "right.h5"
    write_layout(path, VGG16.parameters)
    check_structure(VGG16, path)
    check_weights(VGG16, path, {"ATTRIBUTION_VGG16_MD5": md5(path.read_bytes())})
    with pytest.raises(ValueError, match="its MD5 is"):
        check_weights(VGG16, path, {})


def test_a_sha256_is_expected_where_keras_has_one(origin: Origin, target: Path) -> None:
    right = hashlib.sha256(CONTENT).hexdigest()
    list(download_weights(CONVNEXT, origin.url, target, right))
    assert_complete(target)
    with pytest.raises(DownloadError, match=f"its SHA-256 is {right} instead of 8ae6e78c"):
        list(download_weights(CONVNEXT, origin.url, target.with_name("other.h5")))


def test_without_a_checksum_the_number_of_parameters_decides(
    origin: Origin, target: Path, tmp_path: Path
) -> None:
    """Keras has no checksum of MobileNetV2's file."""
    assert expected_checksum(MOBILENET_V2, {}) == ""
    path = tmp_path / "served.h5"
    for content, wrong in (
        (b"<html>Please sign in</html>", "it is not a readable HDF5 file"),
        (2000, "it holds 2,000 parameters, and MobileNetV2 has 3,538,984"),
    ):
        if isinstance(content, int):
            write_layout(path, content)
        origin.content = path.read_bytes() if isinstance(content, int) else content
        with pytest.raises(DownloadError, match=f"not the expected file: {wrong}. It was removed"):
            list(download_weights(MOBILENET_V2, origin.url, target, environment={}))
        assert list(target.parent.iterdir()) == []
    write_layout(path, MOBILENET_V2.parameters)
    origin.content = path.read_bytes()
    list(download_weights(MOBILENET_V2, origin.url, target, environment={}))
    assert_complete(target, origin.content)
    check_weights(MOBILENET_V2, target, {})
    asked = len(origin.asked)
    list(download_weights(MOBILENET_V2, origin.url, target, environment={}))
    assert len(origin.asked) == asked


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "file.h5"
    with pytest.raises(ValueError, match="There is no file"):
        check_structure(VGG16, path)
    path.write_bytes(b"<html>Please sign in</html>")
    with pytest.raises(ValueError, match="not a readable HDF5 file"):
        check_structure(VGG16, path)
    write_layout(path, VGG16.parameters - 1)
    with pytest.raises(ValueError, match=r"138,357,543 parameters, and VGG16 has 138,357,544"):
        check_structure(VGG16, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="is truncated"):
        check_structure(VGG16, path)
    with h5py.File(path, "w") as file:
        file["layers"] = np.zeros(3)
    with pytest.raises(ValueError, match=re.escape("Keras's .h5 layout")):
        check_structure(VGG16, path)
