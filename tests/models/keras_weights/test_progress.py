"""A download that nothing disturbs: its progress and its end."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from attribution_core.models.keras_weights import DownloadProgress, download_weights
from tests.models.keras_weights.server import CONTENT, VGG16, Origin, assert_complete, fetch, md5


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


def test_an_answer_without_a_length_is_accepted(origin: Origin, target: Path) -> None:
    origin.sends_length = False
    steps = fetch(origin.url, target)
    assert {step.total_bytes for step in steps[:-1]} >= {None}
    assert_complete(target)


def test_a_file_already_in_place_needs_no_network(target: Path) -> None:
    target.parent.mkdir(parents=True)
    target.write_bytes(CONTENT)
    steps = fetch("http://127.0.0.1:9/none.h5", target)
    assert steps[-1] == DownloadProgress(len(CONTENT), len(CONTENT))
    assert_complete(target)
