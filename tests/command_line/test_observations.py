"""``observations``: two classes' maps at the pixels and above, printed and written."""

from __future__ import annotations

import csv
import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from attribution_core import (
    Attribution,
    Request,
    explain,
    explanation,
    load_classifier,
    load_image,
    similarity,
)
from attribution_core.command_line.arguments import main
from attribution_core.measures.class_observations import change_of
from attribution_core.measures.observed import read_observed
from attribution_core.measures.observing import FEW
from attribution_core.network.classifier import Classifier
from attribution_core.network.randomisation import randomize
from tests import small_network
from tests.command_line.test_command_line import model, save_picture
from tests.conftest import GALLERY

__all__ = ["model"]

Said = pytest.CaptureFixture[str]

QUICK = ("gradient_times_input", "integrated_gradients")
CLASSES = ["--only", "classes", "--methods", *QUICK]


@pytest.fixture
def pictures(tmp_path: Path) -> list[str]:
    return [str(save_picture(tmp_path / f"{seed}.png", seed)) for seed in (1, 2, 3)]


def correlation(
    classifier: Classifier, picture: str, classes: list[int], method: str, layer: str
) -> tuple[float, float]:
    """Of absolute and of signed maps, by NumPy."""
    image = load_image(picture, classifier.input_size)
    maps = [
        explain(classifier, image, method, target, layer=layer, **FEW[method]).heatmap.ravel()
        for target in classes
    ]
    return float(np.corrcoef(np.abs(maps))[0, 1]), float(np.corrcoef(maps)[0, 1])


def test_the_numbers_are_those_of_the_maps(
    model: list[str], pictures: list[str], tmp_path: Path, capsys: Said
) -> None:
    out = tmp_path / "new" / "o.csv"
    asked = ["observations", *pictures, "--class", "bee", "4", "--layers", "joined", *CLASSES]
    assert main([*asked, "--out", str(out), *model]) == 0
    classifier = load_classifier(model[1], labels=model[3], preprocessing=model[5])
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3 * 2 * 3
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in rows:
        assert (row["compared"], row["label"], row["other_label"]) == ("classes", "bee", "eel")
        expected = correlation(classifier, row["picture"], [1, 4], row["method"], row["layer"])
        assert (float(row["absolute"]), float(row["signed"])) == pytest.approx(expected, abs=1e-4)
        found.setdefault((row["method"], row["layer"]), []).append(expected)
    lines = capsys.readouterr().out.replace("−", "-").splitlines()
    for (method, layer), values in found.items():
        (line,) = [each for each in lines if each.split()[:2] == [method, layer]]
        absolute, _, deviation, signed, *_, count = line.split()[2:]
        assert count == "3"
        assert float(absolute) == pytest.approx(np.mean(values, axis=0)[0], abs=0.0051)
        assert float(signed) == pytest.approx(np.mean(values, axis=0)[1], abs=0.0051)
        assert float(deviation) == pytest.approx(np.std(values, axis=0, ddof=1)[0], abs=0.0051)


def test_new_parameters_by_rank_as_the_page_does(
    model: list[str], pictures: list[str], tmp_path: Path, capsys: Said
) -> None:
    out = tmp_path / "o.json"
    asked = [
        "observations",
        *pictures,
        "--only",
        "parameters",
        "--stages",
        "2",
        "--class",
        "1",
        "4",
    ]
    assert main([*asked, "--out", str(out), *model]) == 0
    observed = read_observed(out.read_text("utf-8"))
    found = observed.observations["parameters"]
    # Only of the methods that take gradients: the others take as long again.
    assert {each.method for each in found} == {*QUICK}
    assert len(found) == 3 * 2 * 2
    classifier = load_classifier(model[1], labels=model[3], preprocessing=model[5])
    changed = randomize(classifier, 2, seed=0)
    for each in found:
        image = load_image(each.picture, classifier.input_size)
        learned, drawn = (
            explain(one, image, each.method, 1, layer=each.layer, **FEW[each.method]).heatmap
            for one in (classifier, changed)
        )
        expected = similarity(learned, drawn)
        assert each.correlations.signed == pytest.approx(expected.spearman, abs=1e-3)
        assert each.correlations.absolute == pytest.approx(expected.spearman_absolute, abs=1e-3)
    said = capsys.readouterr().out
    assert "New parameters in the top 2 stages" in said
    assert "figures 3.3 and 3.4" in said
    assert said.count("by absolute values it") == 2
    assert "figure 3.1" not in said


def test_what_shapley_values_cost(pictures: list[str], tmp_path: Path, capsys: Said) -> None:
    small_network.save(tmp_path / "small.keras")
    out = tmp_path / "o.json"
    asked = ["observations", *pictures, "--only", "cost", "--model", str(tmp_path / "small.keras")]
    asked += ["--option", "kernel_shap.budget=64", "--methods", "kernel_shap"]
    assert main([*asked, "--out", str(out)]) == 0
    costs = read_observed(out.read_text("utf-8")).costs
    assert [(each.layer, each.players, each.way, each.evaluations) for each in costs] == [
        ("input", 50, "too many", 2.0**50),
        ("input", 50, "estimate", 64),
        # A mean over the plane and a linear layer follow: the values of all players at once.
        ("top", 49, "closed form", 2),
        ("top", 49, "estimate", 64),
    ]
    assert [each.was_run for each in costs] == [False, True, True, True]
    said = capsys.readouterr().out
    assert "2^50  not run     not run" in said
    assert "would take 2^50 evaluations" in said
    assert re.search(r"at that pace about [1-9](\d|\.\d)?(0|,)* years", said)  # two digits
    assert "took 2 evaluations and" in said
    assert "in closed form, since the network is linear from there on" in said
    pixels, above = costs[1].processor_seconds, costs[3].processor_seconds
    (ratio,) = re.findall(r"s at top: ([\d.]+) times as long", said)
    assert float(ratio) == pytest.approx(pixels / above, rel=0.02, abs=0.5)


def test_all_parts_of_a_network_and_what_was_typed(
    model: list[str], pictures: list[str], tmp_path: Path, capsys: Said
) -> None:
    out = tmp_path / "o.json"
    asked = ["observations", pictures[0], "--out", str(out), *model]
    assert main(asked) == 0
    observed = read_observed(out.read_text("utf-8"))
    assert observed.command == shlex.join(["attributions", *asked])
    assert observed.methods("classes") == tuple(FEW)
    assert observed.methods("parameters") == QUICK
    assert [each.layer for each in observed.costs] == ["input"] * 2 + ["top"] * 2
    with pytest.raises(ValueError, match="no observations that can be read"):
        read_observed(out.read_text("utf-8").replace('"version": 2', '"version": 1'))


def test_a_verdict_for_each_method_and_layer(
    model: list[str], pictures: list[str], tmp_path: Path, capsys: Said
) -> None:
    out = tmp_path / "o.json"
    assert main(["observations", *pictures, *CLASSES, "--out", str(out), *model]) == 0
    *_, first, second = capsys.readouterr().out.splitlines()
    told = json.loads(out.read_text("utf-8"))
    assert [each["method"] for each in told["changes"][::2]] == list(QUICK)
    for change in told["changes"]:
        values = {
            layer: [
                each[change["measure"]]
                for each in told["observations"]["classes"]
                if (each["method"], each["layer"]) == (change["method"], layer)
            ]
            for layer in ("input", "top")
        }
        expected = change_of(values["input"], values["top"])
        assert change["verdict"] == expected.verdict
        assert change["fall"]["mean"] == pytest.approx(expected.fall.mean, abs=1e-5)
        line = first if change["method"] == QUICK[0] else second
        assert f"{change['measure']} values it {expected.verdict}" in line
    assert first.startswith("Gradient × Input, pixels → top: ")
    assert second.startswith("Integrated Gradients, pixels → top: ")


def test_the_gallery_with_its_classes(tmp_path: Path) -> None:
    small_network.save(tmp_path / "small.keras")
    asked = ["observations", "--pictures", "2", "--only", "classes"]
    asked += ["--methods", "gradient_times_input"]
    asked += ["--model", str(tmp_path / "small.keras"), "--preprocessing", "minus_one_to_one"]
    out = tmp_path / "o.json"
    named = [*asked, "--labels", str(small_network.LABELS)]
    for arguments, classes in ((named, "the gallery's"), (asked, "each picture's two likeliest")):
        assert main([*arguments, "--out", str(out)]) == 0
        told = json.loads(out.read_text("utf-8"))
        assert told["settings"]["classes"] == classes
        files = [each["picture"] for each in told["observations"]["classes"]]
        assert files == ["cat_coffee.png"] * 2 + ["dog_cat.jpg"] * 2
        found = [each["classes"] for each in told["observations"]["classes"][::2]]
        if arguments is named:
            assert found == [[285, 967], [235, 285]]
            continue
        classifier = load_classifier(tmp_path / "small.keras", preprocessing="minus_one_to_one")
        for file, pair in zip(files[::2], found, strict=True):
            scores = classifier.scores(load_image(GALLERY / file, classifier.input_size))
            assert pair == np.argsort(-scores)[:2].tolist()


def test_what_a_method_cannot_do_is_said_once(
    model: list[str], pictures: list[str], tmp_path: Path, capsys: Said
) -> None:
    out = tmp_path / "o.json"
    asked = ["observations", *pictures, "--methods", "grad_cam", "--only", "classes"]
    asked += ["--out", str(out)]
    assert main([*asked, *model]) == 1
    said = capsys.readouterr()
    assert said.err.count("grad_cam at input: ") == 1
    assert said.out.count("cannot be checked") == 2
    assert json.loads(out.read_text("utf-8"))["changes"][0]["fall"]["mean"] is None


def test_a_map_of_rounding_errors_has_no_correlation(
    model: list[str], pictures: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    compute = explanation.explain_request

    def rounded(classifier: Classifier, request: Request) -> Attribution:
        found = compute(classifier, request)
        return replace(found, rounding=np.inf) if request.layer == "top" else found

    monkeypatch.setattr(explanation, "explain_request", rounded)
    asked = ["observations", *pictures, "--methods", "gradient_times_input", *model]
    assert main([*asked, "--only", "classes", "parameters"]) == 0
    said = capsys.readouterr().out
    lines = [each for each in said.splitlines() if each.split()[1:2] == ["top"]]
    assert [each.split()[2:] for each in lines] == [["none", "none", "0"]] * 2
    assert said.count("cannot be checked") == 4


def test_one_bad_picture_does_not_stop_the_rest(
    model: list[str], pictures: list[str], tmp_path: Path, capsys: Said
) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    assert main(["observations", str(bad), pictures[0], *CLASSES, *model]) == 1
    said = capsys.readouterr()
    assert "bad.png" in said.err
    assert "pixels → top: by absolute values it" in said.out


def test_stopped_it_does_not_promise_to_go_on(
    model: list[str], pictures: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    def interrupted(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(explanation, "explain_request", interrupted)
    assert main(["observations", *pictures, *model]) == 1
    assert "stopped; the same command begins anew" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["--layers", "none"], "cannot be cut"),
        (["--methods", "none"], "is not known"),
        (["--class", "bee", "bird"], "No class is called"),
        (["--class", "bee", "1"], "name two different ones"),
        (["--out", "o.npz"], "should end in .csv, .json"),
        (["--pictures", "0"], "1 or more"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    model: list[str], pictures: list[str], capsys: Said, wrong: list[str], said: str
) -> None:
    assert main(["observations", pictures[0], *wrong, *model]) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert not told.out


def test_one_output_has_no_other_to_compare_with(tmp_path: Path, capsys: Said) -> None:
    import keras

    entry = keras.Input((16, 16, 3))
    inside = keras.layers.Conv2D(2, 3)(entry)
    output = keras.layers.Dense(1)(keras.layers.GlobalAveragePooling2D()(inside))
    keras.Model(entry, output).save(tmp_path / "one.keras")
    assert main(["observations", "--model", str(tmp_path / "one.keras")]) == 2
    assert "has one output" in capsys.readouterr().err
