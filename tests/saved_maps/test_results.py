"""Finished maps in a folder: found by others, bounded, and never taken where they are damaged."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from attribution_core import Attribution, Classifier, explain
from attribution_core.images import Pixels
from attribution_core.saved_maps.results import Results

ROOM = 2**20


@pytest.fixture
def results(tmp_path: Path) -> Results:
    return Results(tmp_path / "results", ROOM)


@pytest.fixture(params=["grad_cam", "gradient_times_input", "kernel_shap"])
def made(
    request: pytest.FixtureRequest, tiny_classifier: Classifier, tiny_image: Pixels
) -> Attribution:
    return explain(tiny_classifier, tiny_image, request.param, 1, layer="top")


def find(results: Results, made: Attribution) -> Attribution | None:
    return results.find(made.model_fingerprint, made.model, made.label, made.request)


def files(results: Results) -> list[Path]:
    return sorted(results._folder.iterdir())


def test_another_finds_the_same_map(results: Results, made: Attribution) -> None:
    assert find(results, made) is None
    results.keep(made)
    found = find(Results(results._folder, ROOM), made)
    assert found is not None
    for name in ("values", "heatmap", "segments", "player_values", "standard_error"):
        kept, given = getattr(found, name), getattr(made, name)
        assert (kept is None) == (given is None)
        if given is not None:
            np.testing.assert_array_equal(kept, given)
    arrays = {"values", "heatmap", "segments", "player_values", "standard_error"}
    for name in made.__dataclass_fields__.keys() - arrays:
        assert getattr(found, name) == getattr(made, name), name


def test_nothing_else_is_found(results: Results, made: Attribution) -> None:
    results.keep(made)
    request = made.request
    of = made.model_fingerprint, made.model, made.label
    assert results.find(*of, replace(request, target=2)) is None
    assert results.find(*of, replace(request, seed=1)) is None
    assert results.find("0" * 64, *of[1:], request) is None
    assert results.find(of[0], made.model, "another name", request) is None


def test_no_picture_is_in_the_folder(results: Results, made: Attribution) -> None:
    results.keep(made)
    (kept,) = files(results)
    pixels = made.request.picture.pixels
    assert pixels.tobytes() not in kept.read_bytes()
    assert pixels.astype(np.uint8).tobytes() not in kept.read_bytes()
    with np.load(kept.rename(kept.with_suffix(".npz"))) as arrays:
        assert not [name for name in arrays if "picture" in name]


def test_what_is_damaged_is_left_out_and_logged(
    results: Results, made: Attribution, caplog: pytest.LogCaptureFixture
) -> None:
    results.keep(made)
    (kept,) = files(results)
    whole = kept.read_bytes()
    for damaged in (b"", whole[: len(whole) // 2], whole[:200] + b"?" + whole[201:], b"x" * 1000):
        kept.write_bytes(damaged)
        caplog.clear()
        assert find(results, made) is None
        assert "is not used" in caplog.text
    kept.unlink()
    results.keep(replace(made, label="another"))
    (other,) = files(results)
    other.rename(kept)
    assert find(results, made) is None
    assert "of another map than its name says" in caplog.text


def test_the_least_recently_used_leave_first(tmp_path: Path, made: Attribution) -> None:
    everything = Results(tmp_path / "all", ROOM)
    several = [replace(made, request=replace(made.request, seed=seed)) for seed in range(4)]
    everything.keep(made)
    size = files(everything)[0].stat().st_size
    results = Results(tmp_path / "few", 3 * size + size // 2)
    for age, each in enumerate(several[:3]):
        results.keep(each)
        (newest,) = (path for path in files(results) if path.stat().st_mtime > time.time() - 60)
        os.utime(newest, times=(1000 + age, 1000 + age))
    assert find(results, several[0]) is not None  # and is used
    results.keep(several[3])
    assert [find(results, each) is not None for each in several] == [True, False, True, True]


def test_what_a_killed_process_left_goes(results: Results, made: Attribution) -> None:
    left, young = (results._folder / f"{name}-1-1.unfinished" for name in ("old", "young"))
    for path in (left, young):
        path.write_bytes(b"half")
    os.utime(left, times=(1000, 1000))
    results.keep(made)
    assert young.exists()
    assert not left.exists()


def test_a_map_larger_than_a_file_may_be_is_not_kept(
    results: Results, made: Attribution, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attribution_core.saved_maps.results.MOST_BYTES_OF_ONE", 100)
    results.keep(made)
    assert not files(results)


def test_a_folder_that_cannot_be_written_is_said_and_nothing_fails(
    results: Results, made: Attribution, caplog: pytest.LogCaptureFixture
) -> None:
    results._folder.rmdir()
    results.keep(made)
    assert "is not kept" in caplog.text
