"""Commands whose work is done by several processes: the same results, whatever happens to one."""

from __future__ import annotations

import importlib
import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from attribution_core.command_line import evaluate, measuring
from attribution_core.command_line.arguments import main
from attribution_core.command_line.files import prepared
from attribution_core.measures.observed import read_observed
from attribution_core.running.cluster.crew import GivenUp, Here, WorkersDied
from attribution_core.running.cluster.workers import TRIES, dask
from attribution_core.saved_maps.files import load
from tests.command_line.test_command_line import explained, model, rows_of, save_picture
from tests.patience import UNCHANGED, until

__all__ = ["explained", "model"]

Said = pytest.CaptureFixture[str]


pytestmark = pytest.mark.usefixtures("no_page_before")


@pytest.fixture(scope="module")
def cluster(no_page_before: None) -> Iterator[Any]:
    """A scheduler with two workers, as another program may have started them."""
    # Its import brings settings of its own, which are not to go with those made here.
    distributed = dask()
    from dask import config

    with (
        pytest.MonkeyPatch.context() as patch,
        config.set(
            {
                "distributed.scheduler.allowed-failures": TRIES - 1,
                "distributed.comm.timeouts.connect": "120s",
            }
        ),
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            death_timeout=UNCHANGED,
            env={"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"},
        ) as cluster,
    ):
        # On a busy machine nobody answers at once.
        patch.setattr("attribution_core.running.cluster.workers._SECONDS_TO_ANSWER", UNCHANGED)
        yield cluster


@pytest.fixture
def pictures(tmp_path: Path) -> list[str]:
    return [str(save_picture(tmp_path / f"{seed}.png", seed)) for seed in range(8)]


def maps_in(folder: Path) -> dict[str, Any]:
    found = {}
    for path in sorted(folder.glob("*.npz")):
        (found[path.name],) = load(path).attributions
    return found


KINDS = ["--class", "bee", "dog", "--method", "gradient", "kernel_shap", "--layer", "input", "top"]
KINDS += ["--superpixels", "4", "--option", "kernel_shap.budget=16"]


def test_the_maps_are_those_of_one_process_and_are_not_made_twice(
    cluster: Any, model: list[str], pictures: list[str], tmp_path: Path, capsys: Said
) -> None:
    bad = tmp_path / "bad.png"
    bad.write_text("no picture")
    asked = ["explain", *pictures[:3], str(bad), *KINDS, *model, "--out"]
    alone, shared = tmp_path / "alone", tmp_path / "shared"
    assert main([*asked, str(alone)]) == 1
    capsys.readouterr()
    there = [str(shared), "--scheduler", cluster.scheduler_address]
    assert main([*asked, *there]) == 1
    said = capsys.readouterr().err
    assert "2 threads of workers" in said
    assert "bad.png: The file is not a picture" in said
    assert "32/32" in said
    expected, found = maps_in(alone), maps_in(shared)
    assert len(expected) == 3 * 2 * 2 * 2
    assert {path.name for path in alone.iterdir()} == {path.name for path in shared.iterdir()}
    for name, attribution in expected.items():
        assert found[name].request == attribution.request
        scale = np.abs(attribution.heatmap).max()
        np.testing.assert_allclose(
            found[name].heatmap, attribution.heatmap, rtol=1e-4, atol=1e-5 * scale
        )
    # A map that is missing is made, and no other.
    next(shared.glob("*.kernel_shap.1.top.npz")).unlink()
    assert main([*asked, *there]) == 1
    assert capsys.readouterr().err.count("already there") == 23
    assert maps_in(shared).keys() == expected.keys()


def test_a_worker_killed_in_the_middle_loses_nothing(
    cluster: Any, model: list[str], pictures: list[str], tmp_path: Path, capsys: Said
) -> None:
    out = tmp_path / "out"
    with dask().Client(cluster.scheduler_address, set_as_default=False) as client:
        processes = client.run(os.getpid)

    def kill_one() -> None:
        until(lambda: len(list(out.glob("*.npz"))) >= 3)
        os.kill(next(iter(processes.values())), signal.SIGKILL)

    killer = threading.Thread(target=kill_one)
    killer.start()
    asked = ["explain", *pictures, *KINDS, *model, "--out", str(out)]
    code = main([*asked, "--scheduler", cluster.scheduler_address])
    killer.join()
    assert code == 0, capsys.readouterr().err
    assert len(maps_in(out)) == len(list(out.glob("*.png"))) == 8 * 2 * 2 * 2
    # What it was writing just then is not taken for a map, and the next run clears it.
    prepared(out)
    assert not list(out.glob(".unfinished*"))


def test_an_address_in_the_place_of_a_folder(
    cluster: Any, model: list[str], pictures: list[str], tmp_path: Path, capsys: Said
) -> None:
    names = tmp_path / "names.txt"
    names.write_text("\n".join(pictures[:2]))
    out = tmp_path / "out"
    asked = ["explain", "--pictures-from", str(names), *model, "--out", out.as_uri()]
    for made in (0, 2):
        assert main([*asked, "--scheduler", cluster.scheduler_address]) == 0
        assert capsys.readouterr().err.count("already there") == made
    assert len(maps_in(out)) == 2
    assert main([*asked[:-1], "nowhere://bucket/maps"]) == 2
    assert "Nothing can be written to nowhere://bucket/maps" in capsys.readouterr().err


@pytest.mark.thorough
def test_observations_are_those_of_one_process(
    cluster: Any, model: list[str], pictures: list[str], tmp_path: Path, capsys: Said
) -> None:
    bad = tmp_path / "bad.png"
    bad.write_text("no picture")
    asked = ["observations", *pictures[:3], str(bad), *model, "--methods", "gradient_times_input"]
    asked += ["grad_cam", "--stages", "2"]
    found = []
    for place, there in (("a", []), ("b", ["--scheduler", cluster.scheduler_address])):
        out = tmp_path / f"{place}.json"
        assert main([*asked, "--out", str(out), *there]) == 1
        said = capsys.readouterr().err
        assert said.count("grad_cam at input: ") == 1
        assert "bad.png: The file is not a picture" in said
        found.append(read_observed(out.read_text("utf-8")))
    alone, shared = found
    for kind, observations in alone.observations.items():
        # Of three pictures: two methods at two layers, but one that has no map at the input.
        assert len(observations) == 3 * 3
        for one, other in zip(observations, shared.observations[kind], strict=True):
            same = replace(other, correlations=one.correlations)
            assert same == one
            assert astuple(other.correlations) == pytest.approx(
                astuple(one.correlations), abs=1e-3, nan_ok=True
            )
    assert [each.evaluations for each in shared.costs] == [each.evaluations for each in alone.costs]


@pytest.mark.thorough
def test_measures_are_those_of_one_process(
    cluster: Any, explained: Path, tmp_path: Path, capsys: Said
) -> None:
    alone, shared = tmp_path / "alone", tmp_path / "shared"
    for copy in (alone, shared):
        shutil.copytree(explained, copy)
    (shared / "damaged.npz").write_text("no maps")
    effort = ["--players", "positions", "--steps", "3", "--random", "2"]
    there = ["--scheduler", cluster.scheduler_address]
    assert main(["evaluate", str(alone), *effort]) == 0
    capsys.readouterr()
    with pytest.MonkeyPatch.context() as patch:
        # All of it is done by the workers.
        for module, name in ((evaluate, "curves_of"), (evaluate, "_share"), (measuring, "_row")):
            patch.setattr(module, name, lambda *arguments, **keywords: 1 / 0)
        assert main(["evaluate", str(shared), *effort, *there]) == 1
    assert "damaged.npz" in capsys.readouterr().err
    for table in ("deletion", "insertion", "localisation", "measures"):
        expected, found = (rows_of(folder / f"{table}.csv") for folder in (alone, shared))
        assert len(expected) >= 8
        for one, other in zip(expected, found, strict=True):
            assert one.keys() == other.keys()
            for heading, cell in one.items():
                try:
                    number = float(cell)
                except ValueError:
                    assert other[heading] == cell
                else:
                    assert float(other[heading]) == pytest.approx(number, rel=1e-3, abs=1e-4)


class Poisoned(Here):
    """A crew of which no worker survives the pieces that hold a word."""

    described = "Workers that die."

    def __init__(self, word: str) -> None:
        self._word = word

    def each(
        self, work: Callable[[Any], Iterator[Any]], pieces: Iterable[Any]
    ) -> Iterator[tuple[Any, Any]]:
        for piece in pieces:
            if self._word in str(piece):
                yield piece, GivenUp(WorkersDied("3 workers died over it."))
            else:
                yield from super().each(work, [piece])


def test_a_poisoned_picture_is_named_and_the_rest_is_done(
    model: list[str],
    pictures: list[str],
    tmp_path: Path,
    capsys: Said,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "out"
    chosen = pictures[:3]
    for command in ("explain", "observations"):
        module = importlib.import_module(f"attribution_core.command_line.{command}")
        monkeypatch.setattr(module, "crew_for", lambda asked: nullcontext(Poisoned(pictures[1])))
    assert main(["explain", *chosen, *model, "--out", str(folder)]) == 1
    said = capsys.readouterr().err
    assert f"{pictures[1]}: given up: 3 workers died over it." in said
    assert "3/3" in said
    assert {path.name[:2] for path in folder.glob("*.npz")} == {"0-", "2-"}
    asked = ["--methods", "gradient_times_input", "--only", "classes", "--out"]
    assert main(["observations", *chosen, *model, *asked, str(tmp_path / "o.csv")]) == 1
    assert "1.png: given up: 3 workers died over it." in capsys.readouterr().err
    assert {Path(row["picture"]).stem for row in rows_of(tmp_path / "o.csv")} == {"0", "2"}
    # Neither workers nor the command itself measure what has ended workers.
    monkeypatch.undo()
    assert main(["explain", *chosen, *model, "--out", str(folder)]) == 0
    monkeypatch.setattr(evaluate, "crew_for", lambda asked: nullcontext(Poisoned(f"{folder}/1-")))
    capsys.readouterr()
    assert main(["evaluate", str(folder), "--players", "positions", "--steps", "2"]) == 1
    assert ".npz: given up: 3 workers died over it." in capsys.readouterr().err
    assert {row["picture"][:2] for row in rows_of(folder / "deletion.csv")} == {"0-", "2-"}


@pytest.mark.thorough
def test_workers_of_this_machine(
    model: list[str], pictures: list[str], tmp_path: Path, capsys: Said
) -> None:
    out = tmp_path / "out"
    asked = ["explain", *pictures[:2], *model, "--out", str(out), "--workers", "1"]
    assert main([*asked, "--worker-threads", "1", "--worker-memory", "4GB"]) == 0
    said = capsys.readouterr().err
    assert "1 worker of this machine, of 1 thread each and at most 4.0 GB." in said
    assert len(maps_in(out)) == 2


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["--workers", "0"], "whole number of 1 or more"),
        (["--workers", "2", "--scheduler", "tcp://a:1"], "not allowed with"),
        (["--worker-threads", "2"], "workers that --workers starts"),
        (["--workers", "2", "--worker-memory", "much"], "900MB or 4GB"),
        (["--workers", "999999"], "memory is enough for "),
        (["--workers", "1", "--worker-memory", "1MB"], "takes 800 MB before it has a model"),
        (["--workers", "1", "--worker-threads", "99999"], "--worker-threads so many or fewer"),
        (["--scheduler", ""], "--scheduler names none"),
        (["--out", "memory://maps"], "ends with the command"),
        (["--out", "://"], "address such as s3://bucket/maps"),
        (["--scheduler", "nonsense"], "No Dask scheduler answers at nonsense"),
        (["--scheduler", "http://127.0.0.1:1"], "No Dask scheduler answers at http://127.0.0.1:1"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    model: list[str],
    pictures: list[str],
    tmp_path: Path,
    capsys: Said,
    monkeypatch: pytest.MonkeyPatch,
    wrong: list[str],
    said: str,
) -> None:
    monkeypatch.setattr("attribution_core.running.cluster.workers._SECONDS_TO_ANSWER", 0.5)
    assert main(["explain", pictures[0], *model, "--out", str(tmp_path / "out"), *wrong]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "Traceback" not in told
