"""What a machine lacks: each question on a machine that has it, and on one that has not."""

from __future__ import annotations

import os
import shutil
import socket
from collections import namedtuple
from pathlib import Path

import pytest

from attribution_core.command_line.arguments import main
from attribution_core.command_line.doctor import disk, examination
from attribution_core.command_line.doctor.drawing import look_at_films, look_at_fonts
from attribution_core.command_line.doctor.finding import Finding
from attribution_core.command_line.doctor.memory import look_at_memory
from attribution_core.command_line.doctor.packages import look_at_packages
from attribution_core.command_line.doctor.port import look_at_port
from attribution_core.command_line.doctor.processors import look_at_processors
from attribution_core.command_line.doctor.python_version import look_at_python
from attribution_core.command_line.doctor.tensorflow_starts import look_at_tensorflow
from attribution_core.command_line.doctor.weights import look_at_shipped, look_at_weights
from attribution_core.models.vgg16_cam import WEIGHTS


def test_python() -> None:
    assert look_at_python().grade == "fine"
    for version in ((3, 10, 14), (3, 14, 0), (4, 0, 0)):
        found = look_at_python(version)
        assert found.grade == "wrong"
        assert "install one of 3.11 to 3.13" in found.said


def test_packages(tmp_path: Path) -> None:
    pins = tmp_path / "requirements.txt"
    pins.write_text("# these\nnumpy==0.1\n")
    found = look_at_packages(pins)
    assert (found.grade, "and not 0.1" in found.said) == ("note", True)
    pins.write_text("numpy\nno-such-package==1.0  # nor ever\n")
    found = look_at_packages(pins)
    assert found.grade == "wrong"
    assert found.said.startswith("There is no no-such-package; run pip install -r")


def test_processors_and_memory() -> None:
    assert look_at_processors(2).grade == "fine"
    assert look_at_processors(1).grade == "note"
    assert [look_at_memory(round(each * 1e9)).grade for each in (0.5, 1.5, 4)] == [
        "wrong",
        "note",
        "fine",
    ]


def test_a_folder_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "a file").touch()
    _, found = disk.look_at_disk({"KERAS_HOME": str(tmp_path / "a file")})
    assert (found.grade, "set KERAS_HOME" in found.said) == ("note", True)
    _, found = disk.look_at_disk(
        {"KERAS_HOME": str(tmp_path / "a file"), "ATTRIBUTION_DOWNLOADS": "off"}
    )
    assert found.grade == "fine"
    _, found = disk.look_at_disk({"KERAS_HOME": str(tmp_path / "new")})
    assert found.grade == "fine"
    assert not (tmp_path / "new").exists()
    usage = namedtuple("usage", "total used free")(1, 1, 120_000_000)
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda path: usage)
    _, found = disk.look_at_disk({"KERAS_HOME": str(tmp_path / "new")})
    assert (found.grade, "120 MB left" in found.said) == ("note", True)


def test_a_port_at_which_something_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert look_at_port(port).grade == "note"
    assert look_at_port(port) == Finding("Port", "fine", f"{port} is free")


def test_films_and_fonts() -> None:
    assert look_at_films() == Finding("Films", "fine", "GIF, MP4 and WebM")
    assert "saved as MP5" in look_at_films({"MP5": "libx999"}).said
    assert look_at_fonts().grade == "fine"
    assert look_at_fonts(("No Such Sans",)).grade == "wrong"


def test_weights(tmp_path: Path) -> None:
    assert look_at_shipped().grade == "fine"
    cut = tmp_path / WEIGHTS.name
    shutil.copy(WEIGHTS, cut)
    os.truncate(cut, WEIGHTS.stat().st_size // 2)
    found = look_at_shipped((cut, tmp_path / "none.h5"))
    assert (found.grade, "cut" not in found.said, "none.h5" in found.said) == ("wrong", True, True)

    (tmp_path / "models").mkdir()
    named = {"KERAS_HOME": str(tmp_path), "ATTRIBUTION_MODEL": str(tmp_path / "my.keras")}
    broken = tmp_path / "models" / "vgg16_weights_tf_dim_ordering_tf_kernels.h5"
    broken.write_bytes(b"half of it")
    all_ = {each.subject: each for each in look_at_weights(named)}
    assert all_["VGG16"].grade == "wrong"
    assert "not a readable HDF5 file" in all_["VGG16"].said
    assert all_["ATTRIBUTION_MODEL"].grade == "wrong"
    assert "ResNet50" in all_["To be downloaded"].said


def test_tensorflow() -> None:
    assert look_at_tensorflow("print('2.0')") == Finding("TensorFlow", "fine", "2.0")
    found = look_at_tensorflow("import no_such_module")
    assert found.grade == "wrong"
    assert "No module named 'no_such_module'" in found.said
    found = look_at_tensorflow("import os, signal; os.kill(os.getpid(), signal.SIGILL)")
    assert "use another machine" in found.said


@pytest.mark.parametrize(("grade", "code"), [("fine", 0), ("note", 0), ("wrong", 1)])
def test_the_exit_code_says_whether_the_app_can_run(
    grade: str,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(
        examination, "findings", lambda port: iter([Finding("Port", grade, str(port))])
    )
    assert main(["doctor", "--port", "8600"]) == code
    assert f"{grade:5}  Port: 8600\n" in capsys.readouterr().out
    assert main(["doctor", "--port", "70000"]) == 2
