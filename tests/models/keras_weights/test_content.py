"""Only the right file is put in place: by checksum, size, layout and parameters."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import h5py
import numpy as np
import pytest

from attribution_core.known_networks import KERAS_APPLICATIONS
from attribution_core.models.keras_weights import (
    DownloadError,
    check_structure,
    check_weights,
    download_weights,
    expected_checksum,
)
from tests.models.keras_weights.layout import write_layout
from tests.models.keras_weights.server import (
    CONTENT,
    MOBILENET_V2,
    OTHER,
    VGG16,
    Origin,
    assert_complete,
    fetch,
    md5,
)

CONVNEXT = KERAS_APPLICATIONS["convnext_tiny"]


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


def test_a_checksum_that_is_none_is_refused_at_once(target: Path) -> None:
    with pytest.raises(ValueError, match="32 hexadecimal digits"):
        download_weights(VGG16, "http://host/file.h5", target, "abc")


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


def test_the_layout_of_keras_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "right.h5"
    write_layout(path, VGG16.parameters)
    check_structure(VGG16, path)
    check_weights(VGG16, path, {"ATTRIBUTION_VGG16_MD5": md5(path.read_bytes())})
    with pytest.raises(ValueError, match="its MD5 is"):
        check_weights(VGG16, path, {})


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
