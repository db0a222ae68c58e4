"""A download that was interrupted: it goes on, or starts again where its part is of no use."""

from __future__ import annotations

from pathlib import Path

import pytest

from attribution_core.models.keras_weights import DownloadError, DownloadProgress, download_weights
from tests.models.keras_weights.server import (
    CONTENT,
    OTHER,
    VGG16,
    Origin,
    assert_complete,
    fetch,
    interrupt,
    md5,
    part_of,
)


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


def test_a_stalled_transfer_is_given_up_on_and_resumed(origin: Origin, target: Path) -> None:
    origin.pause_after = 1_500_000
    with pytest.raises(DownloadError, match="goes on from where it stopped"):
        list(download_weights(VGG16, origin.url, target, md5(CONTENT), stall_seconds=1.0))
    origin.pause_after = None
    size = part_of(target).stat().st_size
    assert 0 < size <= 1_500_000
    assert fetch(origin.url, target)[0].done_bytes == size
    assert_complete(target)
