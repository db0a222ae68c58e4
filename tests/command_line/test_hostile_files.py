"""What a shell can hand to a command that is no picture, no labels and no folder of one's own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from attribution_core.command_line import explain, files
from attribution_core.command_line.arguments import main
from attribution_core.command_line.files import prepared, write
from attribution_core.command_line.models import check_shape
from attribution_core.command_line.progress import ProgressBar
from attribution_core.images import load_image
from attribution_core.models.labels import MOST_BYTES, read_labels
from attribution_core.network.classifier import Classifier
from attribution_core.saved_maps.files import load
from tests.command_line.test_command_line import LABELS, save_picture
from tests.conftest import tiny_network
from tests.made_attributions import attribution as made

POSIX = pytest.mark.skipif(os.name != "posix", reason="pipes, devices and signals of POSIX")


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe.png")
    return folder / "pipe.png"


def loop(folder: Path) -> Path:
    (folder / "loop.png").symlink_to(folder / "loop.png")
    return folder / "loop.png"


def a_folder(folder: Path) -> Path:
    (folder / "folder.png").mkdir()
    return folder / "folder.png"


MADE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "pipe": (pipe, "a pipe or a device"),
    "device": (lambda folder: Path("/dev/zero"), "a pipe or a device"),
    "loop": (loop, "symbolic links"),
    "folder": (a_folder, "directory"),
    "long name": (lambda folder: folder / f"{'x' * 300}.png", "name too long"),
}


@POSIX
@pytest.mark.parametrize("kind", list(MADE))
def test_what_is_no_file_is_no_picture_and_no_labels(tmp_path: Path, kind: str) -> None:
    make, said = MADE[kind]
    path = make(tmp_path)
    with pytest.raises(ValueError, match=said) as caught:
        load_image(path, 8)
    assert len(str(caught.value)) < 250
    with pytest.raises(ValueError, match=said):
        read_labels(path, 3)


def test_labels_that_are_far_too_many(tmp_path: Path) -> None:
    path = tmp_path / "labels.txt"
    path.write_bytes(b"a\n" * MOST_BYTES)
    with pytest.raises(ValueError, match="more than 4 MB"):
        read_labels(path, 3)
    path = tmp_path / "labels.json"
    path.write_text("[" * 100_000)
    with pytest.raises(ValueError, match=r"labels\.json"):
        read_labels(path, 3)


@POSIX
def test_the_rest_of_the_pictures_is_done_and_said_of_each_why_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny_network().save(tmp_path / "tiny.keras")
    (tmp_path / "labels.txt").write_text("\n".join(LABELS))
    fine = save_picture(tmp_path / "fine.png", 1)
    bad = [make(tmp_path) for make, _ in MADE.values()]
    of_model = ["--model", str(tmp_path / "tiny.keras"), "--labels", str(tmp_path / "labels.txt")]
    code = main(
        [
            *("explain", *map(str, [*bad, fine]), "--out", str(tmp_path / "out")),
            *("--method", "gradient", *of_model),
        ]
    )
    lines = capsys.readouterr().err.splitlines()
    assert code == 1
    assert len(list((tmp_path / "out").glob("fine-*.npz"))) == 1
    assert sum("cannot be read" in line for line in lines) == len(bad)
    long = f"{'x' * 300}.keras"
    assert main(["explain", str(fine), "--out", str(tmp_path / "out"), "--model", long]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_options_before_pictures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--out", str(tmp_path), "--class", "657", "a.png"]) == 2
    assert "name the pictures before the options, or behind a --" in capsys.readouterr().err


def test_a_bar_without_a_stream_counts_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    bar = ProgressBar(2)
    bar.step("one")
    bar.say("two")
    bar.close()


@POSIX
def test_a_bar_whose_reader_has_gone_counts_on() -> None:
    read, written = os.pipe()
    os.close(read)
    with os.fdopen(written, "w") as stream:
        ProgressBar(1, stream).step("one")
        # Nothing is left to be flushed, which would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), written)


@POSIX
@pytest.mark.parametrize("closed", ["2>&-", "1>&- 2>&-", "0<&- 1>&- 2>&-"])
def test_a_command_works_with_its_streams_closed(tmp_path: Path, closed: str) -> None:
    """What it opens does not take their places, where libraries would write into it."""
    script = (
        "import os\n"
        "from attribution_core.command_line.streams import open_missing\n"
        "open_missing()\n"
        f"with open({str(tmp_path / 'map')!r}, 'w') as file:\n"
        "    os.write(2, b'of a library')\n"
        "    print('to nowhere')\n"
        "    file.write('whole')\n"
    )
    done = subprocess.run(
        ["sh", "-c", f'"$0" -c "$1" {closed}', sys.executable, script],
        cwd=Path(__file__).resolve().parents[2],
        stdout=subprocess.PIPE,
        check=False,
    )
    assert done.returncode == 0
    assert (tmp_path / "map").read_text() == "whole"


def left_by(process: int, folder: Path, host: str | None = None) -> Path:
    path = folder / f".unfinished-{host or files._host()}-{process}-abc_d"
    path.write_bytes(b"half")
    return path


@POSIX
def test_what_a_killed_process_left_is_cleared(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    mine, others = left_by(os.getpid(), tmp_path), left_by(ended.pid, tmp_path, host="elsewhere")
    dead, older = left_by(ended.pid, tmp_path), tmp_path / ".unfinished-abcdefgh"
    older.write_bytes(b"half")
    unknown = tmp_path / ".unfinished-ijklmnop"
    unknown.write_bytes(b"half")
    long_ago = time.time() - 2 * files._DAY
    os.utime(older, (long_ago, long_ago))
    prepared(tmp_path)
    assert mine.exists()
    assert others.exists()
    assert unknown.exists()
    assert not dead.exists()
    assert not older.exists()


def test_a_file_that_is_being_written_is_known_as_this_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(written: Path, target: Path) -> None:
        prepared(tmp_path)
        assert written.exists()
        assert not files._is_left_over(written)
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", look)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "map.npz", b"whole")
    assert not list(tmp_path.iterdir())


def test_a_map_of_another_shape_than_its_layer_is_not_measured(
    tiny_classifier: Classifier,
) -> None:
    attribution = made(layer="top")
    height, width, _ = tiny_classifier.layer("top").shape
    fine = np.zeros((height, width), np.float32)
    check_shape(tiny_classifier, replace(attribution, heatmap=fine))
    for shape in ((1, 1), (height, width + 1), (1000, 1000)):
        with pytest.raises(ValueError, match="make the map again"):
            check_shape(tiny_classifier, replace(attribution, heatmap=np.zeros(shape, np.float32)))


def test_a_map_that_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        load(tmp_path / f"{'x' * 300}.npz")
    with pytest.raises(ValueError, match=r"nowhere\.npz cannot be read \(No such file"):
        load(tmp_path / "nowhere.npz")


@POSIX
@pytest.mark.parametrize("kind", list(MADE))
def test_maps_that_are_a_pipe_or_worse(tmp_path: Path, kind: str) -> None:
    make, said = MADE[kind]
    with pytest.raises(ValueError, match=f"(?i){said}"):
        load(make(tmp_path))


@POSIX
def test_a_list_of_pictures_that_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def said_of(listed: str) -> str:
        asked = ["explain", "--pictures-from", listed, "--out", str(tmp_path / "out")]
        assert main(asked) == 2
        told = capsys.readouterr().err
        assert told.count("\n") == 1
        return told

    for make, said in MADE.values():
        assert said.casefold() in said_of(str(make(tmp_path))).casefold()
    monkeypatch.setattr(sys, "stdin", None)
    assert "No pictures are named" in said_of("-")


def test_a_list_holds_names_of_any_bytes(tmp_path: Path) -> None:
    listed = tmp_path / "list.txt"
    listed.write_bytes(b"\xef\xbb\xbfa b.png\r\n\n\xff.png\nc\x0bd.png")
    assert explain._listed(listed) == ["a b.png", os.fsdecode(b"\xff.png"), "c\x0bd.png"]
    with pytest.raises(ValueError, match="null byte"):
        load_image("a\0.png", 8)
