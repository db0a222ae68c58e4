"""``fewest``: the parts that keep the answer, and those that change it, printed and written."""

from __future__ import annotations

import csv
import json
import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from attribution_core import Picture, load_classifier, load_image
from attribution_core.command_line.arguments import main
from attribution_core.explanation import pose
from attribution_core.request import granted, request_or_reason
from tests.command_line.test_command_line import model, save_picture

__all__ = ["model"]

PLAYERS = 6


def test_both_sets_are_those_of_trying_all(
    model: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = save_picture(tmp_path / "one.png", 3)
    files = [tmp_path / "new" / f"fewest.{suffix}" for suffix in ("csv", "npz")]
    asked = ["--superpixels", str(PLAYERS), "--reference", "blurred", "--out", *map(str, files)]
    assert main(["fewest", str(picture), *asked, *model]) == 0
    heading, kept, changed = capsys.readouterr().out.splitlines()
    assert heading == f"{picture}: layer input, {PLAYERS} superpixels"

    classifier = load_classifier(model[1], labels=model[3], preprocessing=model[5])
    pixels = load_image(picture, (16, 16))
    answer = int(np.argmax(classifier.scores(pixels)))
    request = granted(
        request_or_reason(
            classifier,
            picture=Picture.given(pixels),
            method="kernel_shap",
            target=answer,
            reference="blurred",
            segmentation=PLAYERS,
        )
    )
    game = pose(classifier, request).game()

    def said_of(present: set[int]) -> int:
        (logits,) = game.logits(np.isin(np.arange(PLAYERS), list(present))[None])
        return int(np.argmax(logits))

    everyone = set(range(PLAYERS))
    for line, aim in ((kept, "keep"), (changed, "change")):
        sets = [set(each) for size in range(PLAYERS + 1) for each in combinations(everyone, size)]
        does = [
            each
            for each in sets
            if (said_of(each) == answer if aim == "keep" else said_of(everyone - each) != answer)
        ]
        if not does:
            assert "Whatever is taken out" in line
            continue
        members = {int(each) for each in re.findall(r"\((.*?)\)", line)[0].split()}
        assert members in does
        assert len(members) == len(does[0])
        assert "fewer will not do" in line
        with np.load(files[1]) as arrays:
            assert set(np.flatnonzero(arrays[aim])) == members
        with files[0].open(newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["aim"] == aim]
        assert {int(row["player"]) for row in rows} == members
    with np.load(files[1]) as arrays:
        told = json.loads(bytes(arrays["fewest.json"]))
        assert arrays["segments"].max() == PLAYERS - 1
    assert told["found"]["keep"]["answer"] == classifier.labels[answer]
    assert told["request"]["reference"] == "blurred"


def test_the_next_picture_is_taken_where_one_cannot_be_read(
    model: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = save_picture(tmp_path / "one.png", 3)
    none = tmp_path / "none.png"
    assert main(["fewest", str(none), str(picture), "--superpixels", "4", *model]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith(f"{none}: ")
    assert captured.out.startswith(f"{picture}: layer input, 4 superpixels\n")
    assert main(["fewest", str(picture), "--out", "fewest.pdf", *model]) == 2
    assert "should end in .csv, .npz" in capsys.readouterr().err
