"""A network that fails: offline, silent, refusing, redirecting."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from attribution_core.models.keras_weights import DownloadError, download_weights
from tests.models.keras_weights.server import (
    CONTENT,
    PATIENT,
    VGG16,
    Origin,
    assert_complete,
    fetch,
    md5,
)


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


@pytest.mark.parametrize("url", ["ftp://host/file.h5", "file:///etc/passwd", "host/file", "http:"])
def test_other_addresses_are_refused_at_once(target: Path, url: str) -> None:
    with pytest.raises(ValueError, match="use http:// or https://"):
        download_weights(VGG16, url, target, md5(CONTENT))
