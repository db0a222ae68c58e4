"""Where weights are looked for, and where they come from."""

from __future__ import annotations

from pathlib import Path

import pytest

from attribution_core.models.keras_weights import (
    download_weights,
    expected_checksum,
    find_weights,
    weights_destination,
    weights_url,
)
from tests.models.keras_weights.server import (
    CONTENT,
    MOBILENET_V2,
    VGG16,
    Origin,
    assert_complete,
    md5,
)


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
