"""``interactions``: pairs, printed and written."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from attribution_core import load_classifier, load_image, pair_interactions
from attribution_core.command_line.arguments import main
from tests.command_line.test_command_line import LABELS, model, save_picture

__all__ = ["model"]


def test_pairs_and_files(
    model: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = save_picture(tmp_path / "one.png", 3)
    files = [tmp_path / "new" / f"pairs.{suffix}" for suffix in ("csv", "npz", "png", "svg")]
    asked = ["--class", LABELS[2], "--superpixels", "5", "--strongest", "3"]
    out = ["--out", *map(str, files)]
    assert main(["interactions", str(picture), *asked, *out, *model]) == 0
    heading, columns, *lines = capsys.readouterr().out.splitlines()
    assert heading == f"{picture}: {LABELS[2]}, layer input, exact, 32 evaluations"
    assert columns == "interaction  within 95 %  players"
    classifier = load_classifier(model[1], labels=model[3], preprocessing=model[5])
    found = pair_interactions(classifier, load_image(picture, (16, 16)), target=2, superpixels=5)
    pairs = found.strongest(3)
    assert [line.split()[-3:] for line in lines] == [
        [str(one), "and", str(other)] for one, other in pairs
    ]
    assert float(lines[0].split()[0]) == pytest.approx(found.values[pairs[0]], rel=0.01)
    with files[0].open(newline="") as file:
        table = list(csv.DictReader(file))
    assert (int(table[0]["player"]), int(table[0]["other"])) == pairs[0]
    assert len(table) == 10
    with np.load(files[1]) as arrays:
        np.testing.assert_allclose(arrays["values"], found.values, atol=1e-5)
    with Image.open(files[2]) as drawn:
        assert drawn.width > 1000
    assert files[3].read_text("utf-8").count('id="pair ') == len(found.strongest(12))


def test_what_cannot_be_done_is_said(
    model: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = save_picture(tmp_path / "one.png", 3)
    assert main(["interactions", str(picture), "--superpixels", "1", *model]) == 1
    assert "give a game of 2 to 16 players" in capsys.readouterr().err
    assert main(["interactions", str(picture), "--out", "pairs.json", *model]) == 2
    assert "should end in .csv, .npz, .png" in capsys.readouterr().err
