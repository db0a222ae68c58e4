"""A disk that fails: full, or with something in the way."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from attribution_core.models.keras_weights import DownloadError
from tests.models.keras_weights.server import Origin, fetch


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
