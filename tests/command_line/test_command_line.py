"""The command line on a model file, called in-process."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from attribution_core import Attribution, explain, load_classifier
from attribution_core.command_line.arguments import main
from attribution_core.command_line.measurements import Measurements
from attribution_core.command_line.progress import ProgressBar
from attribution_core.saved_maps.files import load, save
from tests.conftest import tiny_network

LABELS = ("ant", "bee", "cat", "dog", "eel")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Arguments that name the tiny model and its labels."""
    folder = tmp_path_factory.mktemp("model")
    tiny_network().save(folder / "tiny.keras")
    (folder / "labels.txt").write_text("\n".join(LABELS))
    return [
        "--model",
        str(folder / "tiny.keras"),
        "--labels",
        str(folder / "labels.txt"),
        "--preprocessing",
        "minus_one_to_one",
    ]


def save_picture(path: Path, seed: int) -> Path:
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 4, 3))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.kron(coarse, np.ones((4, 4, 1))).astype(np.uint8)).save(path)
    return path


@pytest.fixture
def run(model: list[str], capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Runs a command; its exit code, and what it said."""

    def run(command: str, *arguments: object) -> tuple[int, str]:
        of_model = model if command == "explain" else []
        code = main([command, *map(str, arguments), *of_model])
        said = capsys.readouterr().err
        assert "Traceback" not in said
        return code, said

    return run


def map_in(path: Path) -> Attribution:
    (attribution,) = load(path).attributions
    return attribution


Run = Callable[..., tuple[int, str]]


def test_explain_says_what_it_assumes_of_a_picture(
    run: Run, model: list[str], tmp_path: Path
) -> None:
    values = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16)
    Image.fromarray(values).save(tmp_path / "float.tif")
    code, said = run(
        "explain", tmp_path / "float.tif", "--out", tmp_path / "out", "--method", "gradient"
    )
    assert code == 0
    assert "float.tif: Its values are taken to be from 0 to 1." in said


def test_explain_writes_what_explain_computes(run: Run, model: list[str], tmp_path: Path) -> None:
    picture = save_picture(tmp_path / "one.png", 1)
    out = tmp_path / "out"
    code, said = run(
        "explain", picture, "--out", out, "--method", "linear", "kernel_shap", "--class", "bee",
        "3", "--layer", "input", "top", "--superpixels", "4", "--option", "kernel_shap.budget=16",
        "--reference", "mean", "--score", "against:eel",
    )  # fmt: skip
    assert code == 0, said
    assert "8/8" in said
    files = sorted(path.name for path in out.iterdir())
    assert len(files) == 16
    assert len({name.split(".")[0] for name in files}) == 1
    classifier = load_classifier(model[1], labels=LABELS, preprocessing="minus_one_to_one")
    pixels = np.asarray(Image.open(picture), np.float32)
    from attribution_core import Contrast

    expected = explain(
        classifier, pixels, "kernel_shap", 3, layer="top", reference="mean",
        score=Contrast(4), superpixels=4, budget=16,
    )  # fmt: skip
    (path,) = out.glob("one-*.kernel_shap.3.top.npz")
    found = map_in(path)
    np.testing.assert_allclose(found.heatmap, expected.heatmap, rtol=1e-4, atol=1e-6)
    assert found.request == expected.request
    assert found.label == "dog"
    assert dict(found.request.options) == {
        "budget": 16,
        "estimator": "local windows",
        "tolerance": 0.0,
        "bfloat16": False,
    }


def test_the_png_is_red_for_and_blue_against(run: Run, tmp_path: Path) -> None:
    picture = save_picture(tmp_path / "one.png", 1)
    run("explain", picture, "--out", tmp_path / "out", "--method", "linear", "--layer", "top")
    (png,) = (tmp_path / "out").glob("*.png")
    (npz,) = (tmp_path / "out").glob("*.npz")
    heatmap = map_in(npz).heatmap
    colours = np.asarray(Image.open(png)).astype(int)
    assert colours.shape == (16, 16, 3)
    best = np.kron(heatmap == heatmap.max(), np.ones((4, 4), bool))
    worst = np.kron(heatmap == heatmap.min(), np.ones((4, 4), bool))
    assert (colours[best][:, 0] > colours[best][:, 2] + 50).all()
    assert (colours[worst][:, 2] > colours[worst][:, 0]).all()


def test_the_colours_of_png_and_figure_can_be_chosen(run: Run, tmp_path: Path) -> None:
    picture, out, file = save_picture(tmp_path / "one.png", 1), tmp_path / "out", tmp_path / "a.svg"
    asked = ["explain", picture, "--out", out, "--method", "linear", "--layer", "top"]
    assert run(*asked)[0] == 0
    (png,), (npz,) = out.glob("*.png"), out.glob("*.npz")
    red, made = np.asarray(Image.open(png)).astype(int), npz.stat().st_mtime_ns
    code, said = run(*asked, "--colours", "orange-blue", "--figure", file)
    assert code == 0
    assert "already there" in said  # drawn again, not computed again
    assert npz.stat().st_mtime_ns == made
    orange = np.asarray(Image.open(png)).astype(int)
    best = np.kron(map_in(npz).heatmap == map_in(npz).heatmap.max(), np.ones((4, 4), bool))
    assert (orange[best][:, 1] > red[best][:, 1] + 25).all()
    assert "Orange" in file.read_text()
    assert run(*asked, "--colours", "jet")[0] == 2


def test_the_default_class_is_the_top_class(run: Run, model: list[str], tmp_path: Path) -> None:
    picture = save_picture(tmp_path / "one.png", 5)
    run("explain", picture, "--out", tmp_path / "out")
    (path,) = (tmp_path / "out").glob("*.npz")
    classifier = load_classifier(model[1], labels=LABELS, preprocessing="minus_one_to_one")
    scores = classifier.scores(np.asarray(Image.open(picture), np.float32))
    assert map_in(path).target == int(scores.argmax())


def test_a_second_run_makes_only_what_is_missing(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    pictures = [save_picture(tmp_path / f"{number}.png", number) for number in range(2)]
    run("explain", *pictures, "--out", out, "--class", "1")
    before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    damaged, unpainted = sorted(out.glob("*.npz"))
    damaged.write_bytes(damaged.read_bytes()[:100])
    code, said = run("explain", *pictures, "--out", out, "--class", "1")
    assert code == 0
    assert said.count("already there") == 1
    assert map_in(damaged).target == 1
    assert unpainted.stat().st_mtime_ns == before[unpainted.name]
    unpainted.with_suffix(".png").unlink()
    _, said = run("explain", *pictures, "--out", out, "--class", "1")
    assert said.count("already there") == 1
    assert unpainted.with_suffix(".png").is_file()
    _, said = run("explain", *pictures, "--out", out, "--class", "1", "--reference", "white")
    assert "already there" not in said
    assert map_in(damaged).request.reference == "white"
    assert {path.name for path in out.iterdir()} == set(before)


def test_stopped_in_between_it_goes_on_from_there(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from attribution_core.command_line import picture_maps

    pictures = [save_picture(tmp_path / f"{number}.png", number) for number in range(3)]
    out = tmp_path / "out"
    calls = 0
    compute = picture_maps.explain_request

    def interrupted(*arguments: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        return compute(*arguments)

    monkeypatch.setattr(picture_maps, "explain_request", interrupted)
    code, said = run("explain", *pictures, "--out", out)
    assert code == 1
    assert "stopped; the same command goes on from here" in said
    assert len(list(out.iterdir())) == 4
    code, said = run("explain", *pictures, "--out", out)
    assert code == 0
    assert said.count("already there") == 2
    assert len(list(out.glob("*.npz"))) == 3


def test_one_bad_picture_does_not_stop_the_rest(run: Run, tmp_path: Path) -> None:
    good = save_picture(tmp_path / "good.png", 1)
    text = tmp_path / "no picture\n\x1b[31m.png"
    text.write_text("not a picture")
    folder = tmp_path / "folder.png"
    folder.mkdir()
    out = tmp_path / "out"
    code, said = run("explain", text, folder, tmp_path / "missing.png", good, "--out", out)
    assert code == 1
    assert "\x1b" not in said
    assert "not a picture that can be read" in said
    assert said.count("cannot be read") == 2
    assert "4/4" in said
    assert len(list(out.glob("good-*.npz"))) == 1
    assert len(list(out.iterdir())) == 2


def test_pictures_of_one_name_and_odd_names(run: Run, tmp_path: Path) -> None:
    pictures = [
        save_picture(tmp_path / "a" / "same.png", 1),
        save_picture(tmp_path / "b" / "same.png", 2),
        save_picture(tmp_path / "…/../c" / "...sp ace [x] é \n.png", 3),
    ]
    out = tmp_path / "out"
    code, said = run("explain", *pictures, "--out", out)
    assert code == 0, said
    names = sorted(path.name for path in out.iterdir())
    assert len(names) == 6
    assert sum(name.startswith("same-") for name in names) == 4
    assert all(name.isascii() and name.isprintable() and " " not in name for name in names)
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b", "c", "…", "out"}


def test_a_method_that_does_not_fit_fails_alone(run: Run, tmp_path: Path) -> None:
    picture = save_picture(tmp_path / "one.png", 1)
    out = tmp_path / "out"
    code, said = run("explain", picture, "--out", out, "--method", "grad_cam", "gradient")
    assert code == 1
    assert "choose an inner layer" in said
    assert [path.name.split(".")[1] for path in out.glob("*.npz")] == ["gradient"]


def test_of_a_set_those_that_can_be_run_are(run: Run, tmp_path: Path) -> None:
    picture = save_picture(tmp_path / "one.png", 1)
    out = tmp_path / "out"
    code, said = run("explain", picture, "--out", out, "--methods", "sanity check")
    assert code == 0, said
    assert "grad_cam at input is left out: Grad-CAM weights" in said
    made = {path.name.split(".")[1] for path in out.glob("*.npz")}
    assert made == {"gradient", "guided_backpropagation", "deconvnet"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--class", "unicorn"], "No class is called 'unicorn'"),
        (["--class", "5"], "between 0 and 4"),
        (["--method", "magic"], "'magic' is not known"),
        (["--layer", "roof"], "cannot be cut at a layer 'roof'"),
        (["--score", "fame"], "against:CLASS"),
        (["--score", "against:half*bee"], "no number; give one, such as 0.6"),
        (["--score", "against:0.6*bee+unicorn"], "No class is called 'unicorn'"),
        (["--option", "lime.samples"], "METHOD.NAME=VALUE"),
        (["--option", "lime.colour=3"], "has no option colour"),
        (["--option", "lime.samples=many"], "a whole number"),
        (["--option", "lime.samples=99999999"], "cannot be 99999999;"),
        (["--superpixels", "-3"], "whole number of 0 or more"),
        (["--reference", "pink"], "invalid choice"),
        (["--model", "nothing.keras"], "no model file"),
    ],
)
def test_wrong_usage(
    model: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    picture = save_picture(tmp_path / "one.png", 1)
    code = main(["explain", str(picture), "--out", str(tmp_path / "out"), *model, *arguments])
    said = capsys.readouterr().err
    assert code == 2
    assert message in said
    assert "Traceback" not in said


@pytest.mark.thorough
@pytest.mark.parametrize("suffix", ["svg", "pdf", "png"])
def test_a_figure_of_all_maps(run: Run, tmp_path: Path, suffix: str) -> None:
    picture = save_picture(tmp_path / "dots.png", 1)
    file = tmp_path / "new" / f"all.{suffix}"
    asked = [picture, "--out", tmp_path / "maps", "--class", "bee", "dog", "--figure", file]
    asked += ["--method", "gradient", "lime", "--layer", "pooled", "top"]
    assert run("explain", *asked)[0] == 0
    content = file.read_bytes()
    assert content.startswith({"svg": b"<?xml", "pdf": b"%PDF", "png": b"\x89PNG"}[suffix])
    if suffix == "svg":
        said = re.findall(r"<text[^>]*>([^<]*)", content.decode())
        assert [said.count(each) for each in ("bee", "dog", "Gradient", "LIME")] == [1, 1, 2, 2]
        assert [said.count(each) for each in ("pooled", "top")] == [2, 2]
        # Maps that are there already are drawn like those just made.
        file.unlink()
        assert run("explain", *asked)[0] == 0
        assert file.read_bytes() == content


def test_a_figure_for_each_of_several_pictures(run: Run, tmp_path: Path) -> None:
    pictures = [save_picture(tmp_path / f"{name}.png", seed) for seed, name in enumerate("ab")]
    broken = tmp_path / "broken.png"
    broken.write_text("no picture")
    out, file = tmp_path / "maps", tmp_path / "all.svg"
    code, said = run("explain", *pictures, broken, "--out", out, "--figure", file)
    assert code == 1
    assert "broken.png" in said
    maps = {path.name.partition(".")[0] for path in out.glob("*.npz")}
    assert {path.name for path in tmp_path.glob("all*.svg")} == {f"all-{each}.svg" for each in maps}
    assert len(maps) == 2


def test_a_folder_that_cannot_be_written_to(run: Run, tmp_path: Path) -> None:
    picture = save_picture(tmp_path / "one.png", 1)
    for out in (picture, picture / "below", "/proc/nothing"):
        code, said = run("explain", picture, "--out", out)
        assert code == 2
        assert "Nothing can be written to" in said


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def explained(model: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Maps of pictures of several top classes, by two methods."""
    folder = tmp_path_factory.mktemp("many")
    pictures = [save_picture(folder / f"{seed}.png", seed) for seed in range(40)]
    classifier = load_classifier(model[1], labels=LABELS, preprocessing="minus_one_to_one")
    stack = np.stack([np.asarray(Image.open(path), np.float32) for path in pictures])
    tops = classifier.scores(stack).argmax(axis=1)
    chosen = [str(pictures[int(np.flatnonzero(tops == top)[0])]) for top in np.unique(tops)]
    assert len(chosen) >= 4, "the tiny network should see four classes in forty pictures"
    arguments = ["explain", *chosen[:4], "--out", str(folder / "out"), "--method", "gradient"]
    assert main([*arguments, "grad_cam", "--layer", "top", *model]) == 0
    return folder / "out"


@pytest.mark.parametrize("players", ["pixels", "superpixels", "positions"])
def test_evaluate_writes_three_tables(
    run: Run, explained: Path, tmp_path: Path, players: str
) -> None:
    folder = tmp_path / "out"
    shutil.copytree(explained, folder)
    code, said = run("evaluate", folder, "--players", players, "--steps", "4", "--random", "3")
    assert code == 0, said
    for name in ("deletion", "insertion"):
        rows = rows_of(folder / f"{name}.csv")
        assert len(rows) == 8
        assert {row["method"] for row in rows} == {"gradient", "grad_cam"}
        assert all(row["players"] == players and row["random_orders"] == "3" for row in rows)
        assert all(np.isfinite(float(row["area"])) for row in rows)
    shares = rows_of(folder / "localisation.csv")
    # One mosaic, two methods, four tiles.
    assert len(shares) == 8
    assert {row["tile"] for row in shares} == set("0123")
    assert len({row["class"] for row in shares}) == 4
    assert all(0 <= float(row["share_inside"]) <= 1 for row in shares)
    assert {row["uniform"] for row in shares} == {"0.25"}


def test_localisation_is_the_pointing_game_on_the_mosaic(
    run: Run, model: list[str], explained: Path, tmp_path: Path
) -> None:
    from attribution_core import grid_pointing, mosaic

    folder = tmp_path / "out"
    shutil.copytree(explained, folder)
    assert run("evaluate", folder, "--steps", "2", "--random", "1")[0] == 0
    classifier = load_classifier(model[1], labels=LABELS, preprocessing="minus_one_to_one")
    rows = [row for row in rows_of(folder / "localisation.csv") if row["method"] == "grad_cam"]
    pictures = []
    for row in rows:
        found = map_in(next(folder.glob(f"{row['picture']}.*.npz")))
        pictures.append(found.request.picture.pixels)
    made = mosaic(pictures)
    for row in rows:
        tile, target = int(row["tile"]), int(row["class"])
        assert int(classifier.scores(pictures[tile]).argmax()) == target
        heatmap = explain(classifier, made.pixels, "grad_cam", target, layer="top").heatmap
        share = grid_pointing(heatmap, made.tiles, tile)
        assert float(row["share_inside"]) == pytest.approx(share, abs=1e-4)


def test_evaluate_measures_what_the_core_does(
    run: Run, model: list[str], explained: Path, tmp_path: Path
) -> None:
    from attribution_core import faithfulness_curves

    folder = tmp_path / "out"
    folder.mkdir()
    (npz,) = list(explained.glob("*.gradient.*.npz"))[:1]
    shutil.copy(npz, folder)
    code, said = run("evaluate", folder, "--steps", "4")
    assert code == 0
    assert "needs pictures of 4 classes, and there are 1" in said
    assert rows_of(folder / "localisation.csv") == []
    classifier = load_classifier(model[1], labels=LABELS, preprocessing="minus_one_to_one")
    request = map_in(npz).request
    attribution = explain(
        classifier, request.picture.pixels, "gradient", request.target, layer="top"
    )
    curves = faithfulness_curves(classifier, attribution, steps=4)
    for curve in curves:
        (row,) = rows_of(folder / f"{curve.direction}.csv")
        assert float(row["area"]) == pytest.approx(curve.area, rel=1e-3)
        assert float(row["normalised_area"]) == pytest.approx(curve.normalised_area, rel=1e-3)


@pytest.mark.thorough
def test_a_stopped_evaluation_goes_on_from_there(
    run: Run, explained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from attribution_core.command_line import evaluate as module

    asked = ("--players", "positions", "--steps", "3", "--random", "2", "--measures", "none")
    whole, folder = tmp_path / "whole", tmp_path / "out"
    for copy in (whole, folder):
        shutil.copytree(explained, copy)
    assert run("evaluate", whole, *asked)[0] == 0

    calls: list[str] = []
    stops: dict[str, int] = {}

    def counted(name: str) -> None:
        compute = getattr(module, name)

        def call(*arguments: Any, **keywords: Any) -> Any:
            calls.append(name)
            if calls.count(name) == stops.get(name):
                raise KeyboardInterrupt
            return compute(*arguments, **keywords)

        monkeypatch.setattr(module, name, call)

    for name in ("curves_of", "explain_request"):
        counted(name)
    made = {"curves_of": 0, "explain_request": 0}
    for stops in ({"curves_of": 4}, {"explain_request": 3}, {}):
        calls.clear()
        code, said = run("evaluate", folder, *asked)
        assert code == (1 if stops else 0)
        assert ("the same command goes on from here" in said) is bool(stops)
        for name in made:
            made[name] += calls.count(name) - (name in stops)
    # Eight maps and eight shares, each measured once.
    assert made == {"curves_of": 8, "explain_request": 8}
    for name in ("deletion", "insertion", "localisation"):
        assert rows_of(folder / f"{name}.csv") == rows_of(whole / f"{name}.csv")

    calls.clear()
    kept = folder / "measurements.jsonl"
    kept.write_bytes(kept.read_bytes()[:-5])
    assert run("evaluate", folder, *asked)[0] == 0
    assert len(calls) == 1
    run("evaluate", folder, *asked[:2], "--steps", "2", "--random", "2", *asked[6:])
    assert calls.count("curves_of") == 8
    assert rows_of(folder / "deletion.csv")[0]["steps"] == "2"


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "[]",
        "[1, 2]",
        '["key", [[{}]]]',
        '["key", {"a": 1}]',
        "null",
        "\x00\xff",
        "[[1], []]",
        pytest.param("[" * 10**5, id="nested"),
    ],
)
def test_damaged_measurements_count_for_nothing(tmp_path: Path, line: str) -> None:
    path = tmp_path / "measurements.jsonl"
    path.write_text(line)
    for _ in range(2):
        assert Measurements(path).of(("a", 1), lambda: [["x", 1, 0.1]]) == [["x", 1, 0.1]]
    assert Measurements(path).of(("a", 1), list) == [["x", 1, 0.1]]
    assert Measurements(path).of(("a", 2), list) == []


def test_evaluate_of_damaged_maps_and_of_another_model(
    run: Run, explained: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    shutil.copytree(explained, folder)
    first, second, *others = sorted(folder.glob("*.npz"))
    first.write_bytes(b"PK no zip")
    saved = load(second)
    other = [replace(each, model_fingerprint="0") for each in saved.attributions]
    save(second, other, made=saved.made, model_file=saved.model_file)
    code, said = run("evaluate", folder, "--steps", "2", "--random", "1")
    assert code == 1
    assert "is not a complete NPZ file" in said
    assert "another one than the map was made with" in said
    assert len(rows_of(folder / "deletion.csv")) == len(others)


def test_random_orders_are_those_of_the_map_s_own_model(
    run: Run, model: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = save_picture(tmp_path / "one.png", 1)
    other = [*model]
    other[1] = str(tmp_path / "other.keras")
    tiny_network(seed=2).save(other[1])
    both, alone = tmp_path / "both", tmp_path / "alone"
    run("explain", picture, "--out", both, "--class", "1")
    for out in (both, alone):
        assert main(["explain", str(picture), "--out", str(out), "--class", "2", *other]) == 0
    for out in (both, alone):
        assert run("evaluate", out, "--steps", "4", "--random", "2")[0] == 0
    (expected,) = rows_of(alone / "deletion.csv")
    found = [row for row in rows_of(both / "deletion.csv") if row["class"] == "2"]
    assert [row["random_mean"] for row in found] == [expected["random_mean"]]


def test_evaluate_of_no_folder_and_of_none_that_explain_filled(run: Run, tmp_path: Path) -> None:
    assert run("evaluate", tmp_path / "nowhere")[0] == 2
    code, said = run("evaluate", tmp_path)
    assert code == 2
    assert "fill it with explain" in said
    assert list(tmp_path.iterdir()) == []


def test_the_bar_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    import io

    class Terminal(io.StringIO):
        encoding = "ascii"

        def isatty(self) -> bool:
            return True

    stream = Terminal()
    bar = ProgressBar(2, stream)
    bar.step("half\x1b[2J")
    assert stream.getvalue().startswith("\r")
    assert "1/2 half?[2J" in stream.getvalue()
    bar.step("é")
    bar.close()
    assert stream.getvalue().endswith("2/2 ?\n")


def test_help_needs_no_tensorflow() -> None:
    code = (
        "import sys; from attribution_core.command_line.arguments import main; "
        "code = main(['explain', '--help']); assert 'tensorflow' not in sys.modules; sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "--superpixels" in done.stdout
    module = subprocess.run(
        [sys.executable, "-m", "attribution_core"], capture_output=True, text=True
    )
    assert module.returncode == 2
    assert "usage: python -m attribution_core" in module.stderr
