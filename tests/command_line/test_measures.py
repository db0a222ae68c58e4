"""``evaluate``'s table of methods and measures, on a model file."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from attribution_core import load_classifier
from attribution_core.command_line.arguments import main
from attribution_core.measures.known_measures import MEASURES, QUICK
from attribution_core.measures.map_curves import Players
from attribution_core.measures.measure import Effort, Subject
from attribution_core.saved_maps.files import load
from tests.conftest import tiny_network

QUICKLY = ("--players", "positions", "--steps", "4", "--random", "2")


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "tiny.keras"
    tiny_network().save(path)
    return path


@pytest.fixture
def maps(network: Path, tmp_path: Path) -> Path:
    """Maps of two pictures, by two methods."""
    pictures = []
    for seed in (1, 2):
        pixels = np.random.default_rng(seed).integers(0, 256, (4, 4, 3)).repeat(4, 0).repeat(4, 1)
        pictures.append(tmp_path / f"picture{seed}.png")
        Image.fromarray(pixels.astype(np.uint8)).save(pictures[-1])
    out = tmp_path / "maps"
    how = ["--method", "gradient", "linear", "--layer", "top", "--model", str(network)]
    assert main(["explain", *map(str, pictures), "--out", str(out), *how]) == 0
    return out


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_table_of_quick_measures(
    network: Path, maps: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figure = maps.parent / "table.svg"
    assert main(["evaluate", str(maps), *QUICKLY, "--figure", str(figure)]) == 0
    said = capsys.readouterr().out
    each, table = rows_of(maps / "measures.csv"), rows_of(maps / "methods.csv")
    assert len(each) == 2 * 2 * len(QUICK)
    assert [(row["method"], row["measure"]) for row in table] == [
        (method, measure) for method in ("gradient", "linear") for measure in QUICK
    ]
    for row in table:
        here = [
            (float(one["value"]), float(one["random"]))
            for one in each
            if (one["method"], one["measure"]) == (row["method"], row["measure"])
        ]
        means = np.mean(here, axis=0)
        assert [float(row["mean"]), float(row["random_mean"])] == pytest.approx(means, abs=1e-5)
        assert float(row["low"]) <= float(row["mean"]) <= float(row["high"])
    for name in QUICK:
        assert MEASURES[name].cannot_say in said
    assert "2 pictures: " in said
    drawn = figure.read_text("utf-8")
    for title in ("Gradient", "Linear", "Sparseness ↑"):
        assert title in drawn
    # The numbers are the core's.
    (path,) = maps.glob("picture1-*.linear.*.npz")
    (saved,) = load(path).attributions
    classifier = load_classifier(str(network))
    effort = Effort(steps=4, randoms=2)
    found = MEASURES["infidelity"].of(Subject(classifier, saved, Players("top"), effort))
    (row,) = (
        one
        for one in each
        if (one["picture"], one["method"], one["measure"])
        == (path.name.split(".")[0], "linear", "infidelity")
    )
    assert float(row["value"]) == pytest.approx(found.value, abs=1e-6)
    assert float(row["random"]) == pytest.approx(found.baseline, rel=1e-5)


def test_regions_come_as_masks(maps: Path, capsys: pytest.CaptureFixture[str]) -> None:
    masks = maps.parent / "masks"
    masks.mkdir()
    half = np.zeros((16, 16), np.uint8)
    half[:, :8] = 255
    Image.fromarray(half).save(masks / "picture1.png")
    asked = ["evaluate", str(maps), *QUICKLY, "--measures", "energy_inside"]
    assert main(asked) == 0
    assert rows_of(maps / "measures.csv") == []
    assert main([*asked, "--regions", str(masks)]) == 0
    rows = rows_of(maps / "measures.csv")
    assert [row["picture"].split("-")[0] for row in rows] == ["picture1", "picture1"]
    for row in rows:
        (path,) = maps.glob(f"picture1-*.{row['method']}.*.npz")
        (saved,) = load(path).attributions
        positive = np.maximum(saved.heatmap, 0)
        assert float(row["value"]) == pytest.approx(
            float(positive[:, : positive.shape[1] // 2].sum() / positive.sum()), rel=1e-4
        )
    assert main([*asked, "--regions", str(maps / "nowhere")]) == 2
    Image.fromarray(0 * half).save(masks / "picture1.png")
    capsys.readouterr()
    assert main([*asked, "--regions", str(masks)]) == 1
    assert f"{masks / 'picture1.png'}: The mask is dark everywhere" in capsys.readouterr().err


def test_a_mask_that_is_none_is_named_and_the_rest_is_measured(
    maps: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    masks = maps.parent / "masks"
    masks.mkdir()
    asked = ["evaluate", str(maps), *QUICKLY, "--measures", "energy_inside", "sparseness"]
    asked += ["--regions", str(masks)]
    assert main(asked) == 0
    assert "is named as one of the pictures" in capsys.readouterr().err
    Image.new("L", (7, 300)).save(masks / "picture1.png")
    (masks / "picture2.png").symlink_to(masks / "picture2.png")
    for fine in (0, 2):
        if fine:
            (masks / "picture2.png").unlink()
            Image.fromarray(np.eye(9, dtype=np.uint8) * 255).save(masks / "picture2.PNG")
        assert main(asked) == 1
        said = capsys.readouterr().err
        assert said.count("The mask is dark everywhere") == 1
        assert said.count("symbolic links") == (0 if fine else 1)
        found = [row["measure"] for row in rows_of(maps / "measures.csv")]
        assert (found.count("sparseness"), found.count("energy_inside")) == (4, fine)


def test_no_measures_no_table(maps: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(maps), *QUICKLY, "--measures", "none"]) == 0
    assert not (maps / "methods.csv").exists()
    assert (maps / "deletion.csv").exists()
    assert main(["evaluate", str(maps), "--measures", "speed"]) == 2
    assert "relevance_gain" in capsys.readouterr().err
