"""Saved maps: what is written is what is read, whatever it is, and nothing else is read."""

from __future__ import annotations

import io
import itertools
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attribution_core import METHODS, Attribution, Classifier, Contrast, Grid, Slic, explain
from attribution_core.images import Pixels
from attribution_core.saved_maps.archive import write_archive
from attribution_core.saved_maps.files import TEXT, VERSION, ModelFile, load, save
from attribution_core.segmentations import Given
from tests.conftest import OF_CHANNELS

MADE = datetime(2026, 11, 26, 18, 40, 57, tzinfo=UTC)
CHEAP: dict[str, dict[str, Any]] = {
    "lime": {"samples": 12},
    "kernel_shap": {"budget": 12},
    "integrated_gradients": {"steps": 4},
    "smoothgrad": {"samples": 4},
    "shapley_values": {"superpixels": 4},
    "banzhaf_values": {"superpixels": 4},
    "occlusion": {"window": 8, "stride": 8},
}
Explain = Callable[..., Attribution]


@pytest.fixture(scope="module")
def explained(tiny_classifier: Classifier, tiny_image: Pixels) -> Explain:
    """Explains the tiny picture, with as little work as a method can do."""

    def explained(method: str, target: int = 3, **settings: Any) -> Attribution:
        options = CHEAP.get(method, {})
        return explain(tiny_classifier, tiny_image, method, target, **{**options, **settings})

    return explained


def bytes_of(*attributions: Attribution, **settings: Any) -> bytes:
    content = io.BytesIO()
    save(content, attributions, **{"made": MADE, **settings})
    return content.getvalue()


def assert_same(found: Attribution, expected: Attribution) -> None:
    """Every field, arrays to the last bit and with their types."""
    assert found.request == expected.request
    for name in Attribution.__dataclass_fields__:
        one, other = getattr(found, name), getattr(expected, name)
        if isinstance(other, np.ndarray):
            assert one.dtype == other.dtype, name
            assert one.shape == other.shape, name
            assert one.tobytes() == other.tobytes(), name
        else:
            assert one == other, name


# --- a round trip ---------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("layer", ["input", "top"])
def test_every_method_at_every_kind_of_layer(explained: Explain, method: str, layer: str) -> None:
    above_all_rectifiers = method in ("guided_backpropagation", "deconvnet") and layer == "top"
    if above_all_rectifiers or (layer == "input" and method in OF_CHANNELS):
        layer = "joined"
    made = explained(method, layer=layer)
    assert_same(load(bytes_of(made)).attributions[0], made)


@pytest.mark.parametrize(
    ("segmentation", "layer"),
    [
        (None, "input"),
        (None, "top"),
        (5, "input"),
        (5, "top"),
        (Slic(6, 3.5), "input"),
        (Grid(2, 3), "input"),
        (Grid(2, 2), "top"),
        (np.arange(16 * 16).reshape(16, 16) % 3, "input"),
    ],
)
def test_every_kind_of_players(explained: Explain, segmentation: Any, layer: str) -> None:
    made = explained("kernel_shap", layer=layer, superpixels=segmentation)
    (found,) = load(bytes_of(made)).attributions
    assert_same(found, made)
    if isinstance(segmentation, np.ndarray):
        assert isinstance(found.request.segmentation, Given)
        np.testing.assert_array_equal(found.request.segmentation.labels, segmentation)


@pytest.mark.parametrize(
    "score", ["logit", "probability", "finer", Contrast(1), Contrast(1, also=(2, 0), weight=0.6)]
)
@pytest.mark.parametrize("reference", ["mean", "noise", "shuffled", "zeros"])
def test_every_score_and_reference(explained: Explain, score: Any, reference: str) -> None:
    made = explained("linear", layer="top", score=score, reference=reference, seed=7)
    assert_same(load(bytes_of(made)).attributions[0], made)


def test_a_grid_of_several_pictures_and_classes(
    explained: Explain, tiny_classifier: Classifier, tiny_image: Pixels
) -> None:
    other = explain(tiny_classifier, tiny_image * np.float32(0.37), "gradient", 0, layer="top")
    made = [explained(method, target) for method in ("gradient", "lime") for target in (0, 3)]
    content = bytes_of(*made, other)
    found = load(content).attributions
    assert len(found) == 5
    for one, expected in zip(found, [*made, other], strict=True):
        assert_same(one, expected)
    # One picture of whole numbers or not, each stored once.
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        assert sum(name.startswith("picture_") for name in archive.files) == 2
    assert found[0].request.picture is found[3].request.picture


def test_numpy_and_unzip_read_it_too(explained: Explain) -> None:
    made = explained("lime", layer="top")
    with np.load(io.BytesIO(bytes_of(made)), allow_pickle=False) as archive:
        text = json.loads(archive[TEXT])
        np.testing.assert_array_equal(archive["heatmap_0"], made.heatmap)
        np.testing.assert_array_equal(archive["player_values_0"], made.player_values)
        np.testing.assert_array_equal(archive["picture_0"], made.request.picture.pixels)
    assert text["maps"][0]["label"] == "dog"
    assert text["maps"][0]["request"]["method"] == "lime"
    assert text["made"] == "2026-11-26T18:40:57+00:00"


def test_what_stands_beside_the_maps(explained: Explain, tmp_path: Path) -> None:
    prepared = "mean=0.485,0.456,0.406 std=0.229,0.224,0.225 of=255"
    file = ModelFile("somewhere/tiny.keras", "labels.txt", prepared, "sigmoid")
    path = tmp_path / "maps.npz"
    elsewhere = MADE.astimezone(timezone(timedelta(hours=5)))
    save(path, [explained("gradient")], made=elsewhere, model_file=file)
    found = load(path)
    assert (found.made, found.model_file) == (MADE, file)
    assert found.program.startswith("attribution-explorer")
    assert load(bytes_of(explained("gradient"))).model_file is None


def test_equal_content_gives_equal_bytes(explained: Explain) -> None:
    made = [explained("lime"), explained("gradient")]
    content = bytes_of(*made)
    assert content == bytes_of(*made)
    assert content == bytes_of(*load(content).attributions)
    assert content != bytes_of(*reversed(made))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_what_cannot_be_saved(explained: Explain) -> None:
    made = explained("gradient")
    with pytest.raises(ValueError, match="at least 1"):
        bytes_of()
    with pytest.raises(ValueError, match="no time zone"):
        bytes_of(made, made=datetime(2026, 1, 1))
    with pytest.raises(ValueError, match="not all finite"):
        bytes_of(replace(made, values=np.full_like(made.values, np.nan)))
    with pytest.raises(ValueError, match="JSON compliant"):
        bytes_of(replace(made, score=float("inf")))


# --- files from anyone ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def content(explained: Explain) -> bytes:
    """A file of two maps, one with players."""
    return bytes_of(explained("gradient", layer="top"), explained("lime", superpixels=Grid(2, 2)))


def parts_of(content: bytes) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    with np.load(io.BytesIO(content), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files if name != TEXT}
        return json.loads(archive[TEXT]), arrays


def changed(content: bytes, change: Callable[[dict[str, Any], dict[str, Any]], object]) -> bytes:
    text, arrays = parts_of(content)
    change(text, arrays)
    written = io.BytesIO()
    write_archive(written, TEXT, text, arrays)
    return written.getvalue()


def set_in(text: Any, path: str, value: object) -> None:
    *way, last = path.split(".")
    for step in way:
        text = text[int(step)] if step.isdigit() else text[step]
    text[last] = value


def test_a_map_made_before_there_were_local_windows_is_of_least_squares(explained: Explain) -> None:
    made = explained("kernel_shap", superpixels=Grid(2, 2))
    assert dict(made.request.options)["estimator"] == "local windows"

    def forget(text: dict[str, Any], arrays: dict[str, Any]) -> None:
        del text["maps"][0]["request"]["options"]["estimator"]

    (read,) = load(changed(bytes_of(made), forget)).attributions
    assert dict(read.request.options)["estimator"] == "least squares"


@pytest.mark.parametrize("prior", [True, False])
def test_a_map_made_when_the_prior_was_a_switch_opens(explained: Explain, prior: bool) -> None:
    made = explained("kernel_shap", superpixels=Grid(2, 2))

    def switch(text: dict[str, Any], arrays: dict[str, Any]) -> None:
        text["maps"][0]["request"]["options"]["prior"] = prior

    (read,) = load(changed(bytes_of(made), switch)).attributions
    assert read.request == made.request
    np.testing.assert_array_equal(read.values, made.values)


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        ("format", "pictures", "has 'pictures' for the file’s format"),
        ("version", 3, f"is of version 3; this program reads version {VERSION}"),
        ("version", "2", "has '2' for the file’s version"),
        ("maps", [], "has no maps"),
        ("maps", {}, "for the file’s maps"),
        ("made", "yesterday", "“yesterday” for a date"),
        ("program", None, "has None for the file’s program"),
        ("model_file", [], "says nothing usable of the file’s model_file"),
        ("model_file", {"path": "a", "preprocessing": "none", "link": "tanh"}, "has “tanh” for"),
        ("maps.0.request.method", "magic", "The method 'magic' is not known"),
        ("maps.0.request.reference", "pink", "The reference 'pink' is not known"),
        ("maps.0.request.target", -1, "has -1 for"),
        ("maps.0.request.target", 10**30, "for the file’s maps’s request’s target"),
        ("maps.0.request.target", True, "has True for"),
        ("maps.0.request.score", "fame", "The score 'fame' is not known"),
        ("maps.0.request.score", {"with": 3}, "has nothing for"),
        ("maps.0.request.options", {"colour": 3}, "has no option colour"),
        ("maps.1.request.options", {"samples": 10**9}, "cannot be 1000000000"),
        ("maps.0.request.segmentation", {"voronoi": 3}, "segmentation voronoi"),
        ("maps.0.request.segmentation", {"given_sha256": "0"}, "segmentation given_sha256"),
        ("maps.0.request.segmentation", {"two\nlines": 3}, "segmentation two lines that"),
        ("maps.0.request.weather", "fine", "a setting weather that this version does not know"),
        ("maps.0.request.picture_sha256", "0" * 64, "another picture than the one"),
        ("maps.0.request.layer", "input", "of the pixels of a picture"),
        ("maps.0.arrays.values", "values_7", "lacks the array values_7"),
        ("maps.0.arrays.values", "heatmap_1", "beside a heatmap"),
        ("maps.0.arrays.values", None, "without values"),
        ("maps.0.arrays.picture", None, "without its picture"),
        ("maps.1.arrays.player_values", None, "players without values"),
        ("maps.1.arrays.segments", "values_0", "has an array values_0 of float32"),
        ("maps.1.arrays.standard_error", "heatmap_1", "standard errors of shape"),
        ("maps.0.result.score", "high", "has 'high' for"),
        ("maps.0.result.score", 10**400, "for the file’s maps’s result’s score"),
        ("maps.0.result.finished", 1, "has 1 for"),
        ("maps.0.result.diagnostics", {"r2": "good"}, "has 'good' for"),
        ("maps.0.result.diagnostics", {str(n): 1.0 for n in range(200)}, "says too much"),
        ("maps.0.label", "x" * 5000, "for the file’s maps’s label"),
    ],
)
def test_a_text_that_says_what_cannot_be(
    content: bytes, path: str, value: object, sentence: str
) -> None:
    bad = changed(content, lambda text, arrays: set_in(text, path, value))
    assert sentence in refusal(bad)
    assert_read_or_refused(bad)


@pytest.mark.parametrize(
    ("name", "change", "sentence"),
    [
        ("values_0", lambda array: array[:, :2], "beside a heatmap"),
        ("values_0", lambda array: array * np.nan, "not finite"),
        ("values_0", lambda array: array[..., 0] + 1, "contradicts the rest"),
        ("heatmap_0", lambda array: -array, "a heatmap that contradicts"),
        ("heatmap_0", lambda array: array.astype(np.int64), "of int64"),
        ("heatmap_0", lambda array: array[:0], "empty"),
        ("picture_0", lambda array: array[..., :1], "should have shape"),
        ("picture_0", lambda array: array.astype(np.float32) * 100, "outside 0..255"),
        ("picture_0", lambda array: array.astype(np.int64), "of int64"),
        ("segments_1", lambda array: array * 2, "have gaps"),
        ("segments_1", lambda array: array - 5, "have gaps"),
        ("segments_1", lambda array: array * 2**60, "have gaps"),
        ("player_values_1", lambda array: array[:3], "values for 4 players"),
        ("player_values_1", lambda array: array[::-1], "values that contradicts"),
    ],
)
def test_arrays_that_contradict_one_another(
    content: bytes, name: str, change: Callable[[Any], Any], sentence: str
) -> None:
    def alter(text: dict[str, Any], arrays: dict[str, Any]) -> None:
        arrays[name] = change(arrays[name])

    assert sentence in refusal(changed(content, alter))


def zipped(*members: tuple[str, bytes], **settings: Any) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, **settings) as archive:
        for name, member in members:
            archive.writestr(name, member)
    return written.getvalue()


def npy(header: str, body: bytes = b"") -> bytes:
    text = header.encode() + b" " * (63 - (10 + len(header)) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + body


HEADER = "{'descr': '%s', 'fortran_order': False, 'shape': %s}"


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (b"", "not a complete NPZ file"),
        (b"PK no zip", "not a complete NPZ file"),
        (zipped(), f"has no {TEXT}"),
        (zipped((TEXT, b"\xff\xfe")), "not JSON"),
        (zipped((TEXT, b"[" * 10**5)), "not JSON"),
        (zipped((TEXT, b"NaN")), "NaN is not a number in JSON"),
        (zipped((TEXT, b"[]")), "says nothing usable"),
        (zipped((TEXT, b" " * (5 * 2**20))), "more than 4 MB of text"),
        (zipped((TEXT, b"{}"), ("x.py", b"")), "'x.py' that does not belong there"),
        (zipped((TEXT, b"{}"), ("x.npy", npy(HEADER % ("|O", "(1,)")))), "type |O"),
        (zipped((TEXT, b"{}"), ("x.npy", npy(HEADER % ("<f8", "(0,)")))), "type <f8"),
        (zipped((TEXT, b"{}"), ("x.npy", npy(HEADER % ("<f4", "(10**9,)")))), "damaged array"),
        (zipped((TEXT, b"{}"), ("x.npy", npy(HEADER % ("<f4", "(999999999,)")))), "not fit its 0"),
        (zipped((TEXT, b"{}"), ("x.npy", npy(HEADER % ("<f4", "(-1, -1)"), b"0000"))), "not fit"),
        (zipped((TEXT, b"{}"), ("x.npy", b"\x80\x04cos\nsystem\n")), "damaged array"),
        (zipped((TEXT, b"{}"), *((f"{n}.npy", b"") for n in range(5000))), "has 5001 members"),
        (zipped((TEXT, b"{}"), ("x.npy", bytes(300 * 2**20))), "would take 300 MB"),
    ],
)
def test_what_is_no_file_of_saved_maps(bad: bytes, sentence: str) -> None:
    assert sentence in refusal(bad)
    assert_read_or_refused(bad)


def test_a_member_that_is_longer_than_it_says(content: bytes) -> None:
    bad = bytearray(zipped((TEXT, b"{" + b" " * 10**6 + b"}")))
    size = (10**6 + 2).to_bytes(4, "little")
    assert bad.count(size) == 2
    with pytest.raises(ValueError, match="has a damaged attributions"):
        load(bytes(bad).replace(size, (100).to_bytes(4, "little")))


def test_more_than_the_caller_allows(content: bytes) -> None:
    with pytest.raises(ValueError, match="at most 0 MB are read"):
        load(content, most_bytes=1000)


def test_files_of_the_first_version_are_named_as_such() -> None:
    old = io.BytesIO()
    np.savez_compressed(old, heatmap=np.zeros((2, 2), np.float32), settings=np.array("{}"))
    with pytest.raises(ValueError, match="or is of an earlier version; make the maps again"):
        load(old.getvalue())


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"The file none\.npz cannot be read"):
        load(tmp_path / "none.npz")
    with pytest.raises(ValueError, match="cannot be read"):
        load(tmp_path)


def refusal(content: bytes) -> str:
    """What is said of a file that is not read; empty where it is."""
    try:
        load(content, name="x")
    except ValueError as error:
        return str(error)
    return ""


def assert_read_or_refused(content: bytes) -> None:
    """No other error than one sentence about the file."""
    said = refusal(content)
    assert not said or (said.startswith("The file x ") and said.endswith(".") and "\n" not in said)


@pytest.mark.thorough
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_changed_bytes_are_read_the_same_or_refused(content: bytes, data: st.DataObject) -> None:
    bad = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(bad) - 1))
        bad[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, 8))
    assert_read_or_refused(bytes(bad[: len(bad) - cut]))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(text: Any) -> list[tuple[Any, Any]]:
    """Every container in a text with each of its keys."""
    here = (
        list(text) if isinstance(text, dict) else range(len(text)) if isinstance(text, list) else ()
    )
    inner = itertools.chain.from_iterable(places(text[key]) for key in here)
    return [*((text, key) for key in here), *inner]


@pytest.mark.thorough
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_other_text_is_read_or_refused(content: bytes, data: st.DataObject) -> None:
    def alter(text: dict[str, Any], arrays: dict[str, Any]) -> None:
        container, key = data.draw(st.sampled_from(places(text)))
        container[key] = data.draw(JSON)

    assert_read_or_refused(changed(content, alter))
