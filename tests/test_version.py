"""The version: in one place, and in every file that is made."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from attribution_core.command_line.arguments import main
from attribution_core.figures.figure import figure
from attribution_core.figures.film import FilmKind, FilmPicture, FilmStyle, Tile, film
from attribution_core.figures.style import FigureStyle
from attribution_core.saved_maps.files import save
from attribution_core.version import PROGRAM, VERSION
from pages.ui.shell.bundle import Bundle, packed
from tests.made_attributions import attribution

ROOT = Path(__file__).resolve().parents[1]


def test_the_package_and_the_list_of_changes_have_the_programs_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert "version" not in project["project"]
    said = project["tool"]["hatch"]["version"]
    (found,) = re.findall(said["pattern"], (ROOT / said["path"]).read_text("utf-8"))
    assert found == VERSION
    changes = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.findall(r"^## \[(.+?)\]", changes, re.MULTILINE)[0] == VERSION


def test_the_commands_say_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"{PROGRAM}\n"
    serve = [sys.executable, "-m", "pages.ui.serve", "--version"]
    said = subprocess.run(serve, cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout == f"{PROGRAM}\n"


def png() -> str:
    content = figure(attribution(), FigureStyle()).rendered("png", 40)
    with Image.open(io.BytesIO(content)) as image:
        return str(image.info["Software"])


def svg() -> str:
    return figure(attribution(), FigureStyle()).rendered("svg", 40).decode()


def pdf() -> str:
    return figure(attribution(), FigureStyle()).rendered("pdf", 40).decode("latin-1")


def moving(kind: FilmKind) -> bytes:
    grey = np.full((8, 8, 3), 128, np.uint8)
    shown = FilmPicture("gradient", (Tile("cat", np.ones((8, 8), np.float32)),), grey)
    return film([shown], FilmStyle("Up", "Red", seconds=0.1), kind)


def gif() -> str:
    with Image.open(io.BytesIO(moving("gif"))) as image:
        return bytes(image.info["comment"]).decode()


def video(kind: FilmKind) -> str:
    with av.open(io.BytesIO(moving(kind))) as opened:
        return {key.lower(): text for key, text in opened.metadata.items()}["comment"]


def npz() -> str:
    content = io.BytesIO()
    save(content, [attribution()], made=datetime.now(UTC))
    with zipfile.ZipFile(content) as archive:
        return str(json.loads(archive.read("attributions.json"))["program"])


def bundle() -> str:
    with zipfile.ZipFile(io.BytesIO(packed(Bundle("", {}, b"")))) as archive:
        return str(json.loads(archive.read("screen.json"))["program"])


@pytest.mark.parametrize(
    "made",
    [png, svg, pdf, gif, lambda: video("mp4"), lambda: video("webm"), npz, bundle],
    ids=["png", "svg", "pdf", "gif", "mp4", "webm", "npz", "bundle"],
)
def test_what_is_made_says_by_which_version(made: Callable[[], str]) -> None:
    assert PROGRAM in made()
