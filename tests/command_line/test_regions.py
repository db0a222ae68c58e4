"""``regions``: what speaks where, printed and written."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from attribution_core import class_values, load_classifier, load_image
from attribution_core.command_line.arguments import main
from tests.command_line.test_command_line import LABELS, model, save_picture

__all__ = ["model"]


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    return save_picture(tmp_path / "one.png", 3)


def expected(model: list[str], picture: Path) -> tuple[np.ndarray, np.ndarray]:
    classifier = load_classifier(model[1], labels=model[3], preprocessing=model[5])
    found = class_values(classifier, load_image(picture, (16, 16))).strongest()
    return found.class_map, found.value_map


def test_it_prints_a_line_for_each_region(
    model: list[str], picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["regions", str(picture), *model]) == 0
    heading, columns, *lines = capsys.readouterr().out.splitlines()
    assert heading == f"{picture}: layer top, exact, one forward pass"
    assert columns.split() == ["value", "places", "rank", "class"]
    plane, values = expected(model, picture)
    assert sum(int(line.split()[1]) for line in lines) == (values > 0).sum()
    assert {line.split()[3] for line in lines} == {LABELS[each] for each in np.unique(plane)}


def test_the_files(model: list[str], picture: Path, tmp_path: Path) -> None:
    out = {suffix: tmp_path / "new" / f"r.{suffix}" for suffix in ("csv", "json", "npz", "png")}
    for path in out.values():
        assert main(["regions", str(picture), "--out", str(path), *model]) == 0
    plane, values = expected(model, picture)
    with out["csv"].open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert [int(line["class"]) for line in lines] == plane.ravel().tolist()
    assert [float(line["value"]) for line in lines] == pytest.approx(values.ravel(), rel=1e-4)
    assert (lines[4]["row"], lines[4]["column"]) == ("1", "0")
    told = json.loads(out["json"].read_text("utf-8"))
    assert told["format"] == "regions"
    assert told["request"]["layer"] == "top"
    assert told["labels"] == list(LABELS)
    players = [player for region in told["regions"] for player in region["players"]]
    assert sorted(players) == np.flatnonzero(values.ravel() > 0).tolist()
    with np.load(out["npz"]) as arrays:
        assert arrays["values"].shape == (16, 5)
        assert arrays["classes"][:, 0].tolist() == plane.ravel().tolist()
        assert json.loads(bytes(arrays["regions.json"]))["regions"] == told["regions"]
    with Image.open(out["png"]) as drawn:
        assert drawn.width > 1000


def test_only_some_classes(
    model: list[str], picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["regions", str(picture), "--class", "bee", "4", *model]) == 0
    said = capsys.readouterr().out
    assert {line.split()[3] for line in said.splitlines()[2:]} <= {"bee", "eel"}
    assert main(["regions", str(picture), "--likeliest", "2", *model]) == 0
    assert len({line.split()[3] for line in capsys.readouterr().out.splitlines()[2:]}) <= 2


def test_an_estimate_says_so(
    model: list[str], picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["regions", str(picture), "--layer", "input", "--superpixels", "16"]
    assert main([*asked, "--budget", "130", *model]) == 0
    assert "layer input, estimated from 130 evaluations, standard error " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("wrong", "code", "said"),
    [
        (["--layer", "none"], 2, "cannot be cut"),
        (["--class", "bee"], 1, "fewer than two"),
        (["--class", "bird"], 2, "No class is called"),
        (["--out", "r.txt"], 2, "should end in .csv"),
        (["--likeliest", "1"], 2, "2 or more"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    model: list[str],
    picture: Path,
    capsys: pytest.CaptureFixture[str],
    wrong: list[str],
    code: int,
    said: str,
) -> None:
    assert main(["regions", str(picture), *wrong, *model]) == code
    assert said in capsys.readouterr().err


def test_one_bad_picture_does_not_stop_the_rest(
    model: list[str], picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    assert main(["regions", str(bad), str(picture), *model]) == 1
    told = capsys.readouterr()
    assert "bad.png" in told.err
    assert "layer top" in told.out
