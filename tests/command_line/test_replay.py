"""Saved maps made again by the command line, and files of several maps evaluated."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from attribution_core import Attribution, Classifier, Contrast, Grid, explain, load_classifier
from attribution_core.command_line.arguments import main
from attribution_core.command_line.replay import is_same, largest_difference
from attribution_core.images import Pixels
from attribution_core.saved_maps.archive import write_archive
from attribution_core.saved_maps.files import TEXT, ModelFile, load, save
from tests.conftest import tiny_network

pytestmark = pytest.mark.thorough

MADE = datetime(2026, 11, 26, tzinfo=UTC)
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ModelFile:
    folder = tmp_path_factory.mktemp("model")
    tiny_network().save(folder / "tiny.keras")
    (folder / "labels.txt").write_text("ant\nbee\ncat\ndog\neel")
    return ModelFile(str(folder / "tiny.keras"), str(folder / "labels.txt"), "minus_one_to_one")


@pytest.fixture(scope="module")
def classifier(model: ModelFile) -> Classifier:
    return load_classifier(model.path, labels=model.labels, preprocessing="minus_one_to_one")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command; its exit code, and what it said on standard output and error."""

    def run(*arguments: object) -> tuple[int, str, str]:
        code = main([str(each) for each in arguments])
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return code, said.out, said.err

    return run


def arguments_of(model: ModelFile) -> tuple[str, ...]:
    return (
        "--model",
        model.path,
        "--labels",
        str(model.labels),
        "--preprocessing",
        "minus_one_to_one",
    )


def test_maps_of_explain_are_the_same_bit_for_bit(
    run: Run, model: ModelFile, tmp_path: Path
) -> None:
    pictures = []
    for seed in range(3):
        pictures.append(tmp_path / f"{seed}.png")
        pixels = np.random.default_rng(seed).integers(0, 256, (16, 16, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(pictures[-1])
    code, _, _ = run(
        "explain", *pictures, "--out", tmp_path / "out", "--layer", "input", "top", "--method",
        "gradient", "integrated_gradients", "lime", "kernel_shap", "occlusion", "--class", "bee",
        "--reference", "noise", "--superpixels", "5", "--seed", "3", *arguments_of(model),
        "--option", "lime.samples=20", "kernel_shap.budget=20",
    )  # fmt: skip
    assert code == 0
    # The last picture's: by then the same functions have been called often.
    paths = sorted((tmp_path / "out").glob("2-*.npz"))
    assert len(paths) == 10
    for path in paths:
        code, said, _ = run("replay", path)
        assert (code, said.count("the same, bit for bit")) == (0, 1), said


def test_what_a_network_leaves_open_is_kept_with_the_map(run: Run, tmp_path: Path) -> None:
    entry = keras.Input((None, None, 3))
    flow = keras.layers.Conv2D(4, 3, 2, activation="relu")(entry)
    output = keras.layers.Dense(1)(keras.layers.GlobalAveragePooling2D()(flow))
    keras.Model(entry, output).save(tmp_path / "open.keras")
    pixels = np.random.default_rng(2).integers(0, 256, (20, 20, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    asked = ["explain", tmp_path / "a.png", "--out", tmp_path / "out", "--class", "1", "--score"]
    asked += ["probability", "--model", tmp_path / "open.keras", "--size", "24x32", "--link"]
    assert run(*asked, "softmax")[0] == 2, "of one output, softmax is always 1"
    assert run(*asked, "sigmoid")[0] == 0
    (path,) = (tmp_path / "out").glob("*.npz")
    saved = load(path)
    assert saved.model_file is not None
    assert saved.model_file.link == "sigmoid"
    assert saved.attributions[0].request.picture.pixels.shape == (24, 32, 3)
    assert "the same, bit for bit" in run("replay", path)[1]


def maps_of(classifier: Classifier, image: Pixels) -> list[Attribution]:
    diagonal = np.eye(16, dtype=int)
    return [
        explain(classifier, image, "gradient", 0, layer="top"),
        explain(classifier, image, "lime", 3, superpixels=Grid(2, 3), samples=20),
        explain(
            classifier, image, "kernel_shap", 3, score=Contrast(1), superpixels=diagonal, budget=8
        ),
    ]


@pytest.fixture
def saved(classifier: Classifier, tiny_image: Pixels, tmp_path: Path) -> Path:
    """A file of three maps, as the app would save them: it does not say where the model is."""
    path = tmp_path / "page.npz"
    save(path, maps_of(classifier, tiny_image), made=MADE)
    return path


def test_a_grid_made_again_and_written(
    run: Run, model: ModelFile, saved: Path, tmp_path: Path
) -> None:
    out = tmp_path / "again.npz"
    code, said, _ = run("replay", saved, "--out", out, *arguments_of(model))
    assert code == 0, said
    assert said.splitlines()[1].startswith("2/3 LIME, dog, at input: the same")
    before, after = load(saved).attributions, load(out).attributions
    assert len(after) == 3
    for one, other in zip(before, after, strict=True):
        assert one.request == other.request
        assert largest_difference(one, other) < 1e-4
    assert load(out).made > load(saved).made


def test_a_map_that_is_none_of_the_model_s(run: Run, model: ModelFile, saved: Path) -> None:
    found = load(saved)
    first, *others = found.attributions
    nudged = first.values * np.float32(1 + 1e-6)
    doubled = first.values * np.float32(2)
    for values, code, words in (
        (nudged, 0, "the same to rounding; differs by at most"),
        (doubled, 1, "differs by up to 0.5 of the largest value"),
    ):
        heatmap = values.sum(axis=2)
        save(saved, [replace(first, values=values, heatmap=heatmap), *others], made=MADE)
        found_code, said, _ = run("replay", saved, *arguments_of(model))
        assert found_code == code
        assert words in said.splitlines()[0]


def test_bit_for_bit_means_every_bit(classifier: Classifier, tiny_image: Pixels) -> None:
    first, *_ = maps_of(classifier, tiny_image)
    assert is_same(first, replace(first, seconds=99.0))
    assert not is_same(first, replace(first, score=float(np.nextafter(first.score, 9))))
    changed = first.values.copy()
    changed[0, 0, 0] = np.nextafter(changed[0, 0, 0], np.float32(9))
    assert not is_same(first, replace(first, values=changed))
    assert not is_same(first, replace(first, evaluations=2))


def test_what_is_missing(
    run: Run, model: ModelFile, saved: Path, tmp_path: Path, classifier: Classifier
) -> None:
    code, said, _ = run("replay", saved)
    assert code == 2
    assert said.count("does not say where that is; name it with --model") == 3
    code, said, _ = run("replay", saved, "--model", tmp_path / "gone.keras")
    assert code == 2
    assert "There is no model file" in said
    other = tmp_path / "tiny.keras"
    tiny_network(seed=2).save(other)
    code, said, _ = run("replay", saved, "--model", other)
    assert code == 2
    assert "another one than the map was made with" in said
    # The right network, but looked at in another way.
    code, said, _ = run("replay", saved, "--model", model.path)
    assert code == 2
    assert "another preprocessing" in said
    code, _, said = run("replay", tmp_path / "nothing.npz")
    assert code == 2
    assert "cannot be read (No such file or directory)" in said


def test_a_setting_that_this_version_does_not_know(run: Run, saved: Path) -> None:
    with np.load(saved) as archive:
        text = json.loads(archive[TEXT])
        arrays = {name: archive[name] for name in archive.files if name != TEXT}
    text["maps"][1]["request"]["method"] = "hindsight"
    write_archive(saved, TEXT, text, arrays)
    code, _, said = run("replay", saved)
    assert code == 2
    assert "does not know how to make: The method 'hindsight' is not known" in said


def test_one_map_that_cannot_be_made_does_not_stop_the_rest(
    run: Run, model: ModelFile, saved: Path
) -> None:
    first, second, third = load(saved).attributions
    beyond = replace(first, request=replace(first.request, target=99))
    save(saved, [beyond, second, third], made=MADE)
    code, said, _ = run("replay", saved, *arguments_of(model))
    assert code == 1
    assert "There is no class 99" in said.splitlines()[0]
    assert said.count("the same") == 2


def test_evaluate_reads_files_of_several_maps(
    run: Run, model: ModelFile, saved: Path, tmp_path: Path
) -> None:
    code, _, said = run("evaluate", tmp_path, "--steps", "3", "--random", "2", *arguments_of(model))
    assert code == 0, said
    with (tmp_path / "deletion.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["method"], row["class"], row["score"]) for row in rows] == [
        ("gradient", "0", "logit"),
        ("lime", "3", "logit"),
        ("kernel_shap", "3", "against:1"),
    ]
    code, _, said = run("evaluate", tmp_path, "--steps", "3", "--random", "2")
    assert code == 1
    assert said.count("name it with --model") == 3
