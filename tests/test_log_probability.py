"""A network that has no logits: its log-probability is explained, and nothing is called a logit."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from attribution_core import (
    Attribution,
    Classifier,
    Contrast,
    Grid,
    Picture,
    Randomisation,
    class_values,
    explain,
)
from attribution_core.axioms.on_network import check_method
from attribution_core.command_line.arguments import main
from attribution_core.figures.words import caption, unit
from attribution_core.measures.class_files import caption_of
from attribution_core.request import granted, request_or_reason
from attribution_core.saved_maps.archive import write_archive
from attribution_core.saved_maps.files import TEXT, load, save
from tests.network.made_networks import NETWORKS, SHAPE

NAME = "a mean of softmaxes"
PICTURE = np.random.default_rng(0).uniform(0, 255, SHAPE).round().astype(np.float32)


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier("ensemble", NETWORKS[NAME]().network, lambda images: images, None)


def explained(classifier: Classifier, method: str = "kernel_shap", **settings: Any) -> Attribution:
    settings = {"layer": "block", "superpixels": Grid(2, 3), **settings}
    return explain(classifier, PICTURE, method, 2, **settings)


def test_figures_name_it(classifier: Classifier) -> None:
    maps = {score: explained(classifier, score=score) for score in (None, Contrast(3))}
    assert unit(maps[None]) == "log p per grid cell"
    assert unit(maps[Contrast(3)]) == "lead in log p per grid cell"
    assert unit(explained(classifier, "gradient")).startswith("log p per unit of")
    said = caption(list(maps.values()), clip=99, shared=False, dated=None)
    assert "the class’s log-probability and the log-probability’s lead over class 3" in said
    assert "logit" not in said


def test_what_speaks_where_names_it(classifier: Classifier) -> None:
    values = class_values(classifier, PICTURE, layer="block", superpixels=Grid(2, 3))
    assert "to whose log-probability each place gives most" in caption_of(values, None, None)


@pytest.mark.parametrize("score", [None, "probability", Contrast(3)])
def test_saved_maps_keep_it(classifier: Classifier, score: Any) -> None:
    made = explained(classifier, score=score)
    buffer = io.BytesIO()
    save(buffer, [made], made=datetime(2026, 11, 27, tzinfo=UTC))
    (found,) = load(buffer.getvalue()).attributions
    assert found.request == made.request
    assert found.quantity == made.quantity == "log-probability"


def test_the_advice_names_it() -> None:
    """Where every probability is as good as 0 or 1, and the map of one is blank."""
    from keras import layers

    from tests.network.made_networks import dense, of_probabilities

    def sure(features: Any) -> Any:
        scaled = layers.Rescaling(1000.0)
        return layers.Average()(
            [layers.Softmax()(scaled(dense(seed)(features))) for seed in (9, 10)]
        )

    network = of_probabilities(sure).network
    found = explained(
        Classifier("sure", network, lambda images: images, None),
        "gradient",
        layer="input",
        score="probability",
    )
    assert found.blank.endswith("so explain the log-probability")


@pytest.mark.parametrize("method", ["gradient", "kernel_shap"])
def test_so_does_the_complaint_of_values_that_are_not_finite(method: str) -> None:
    network = NETWORKS[NAME]().network
    classifier = Classifier("damaged", network, lambda images: images, None)
    for parameters in network.weights:
        parameters.assign(np.full(parameters.shape, np.nan))
    with pytest.raises(ValueError, match="gives nan as the log-probability of class 0") as error:
        explained(classifier, method, layer="input")
    assert "; log-probabilities should be finite: " in str(error.value)
    assert "logit" not in str(error.value)


def test_a_network_drawn_anew_has_it_too(classifier: Classifier) -> None:
    drawn = Randomisation(classifier).at(1, seed=1)
    assert drawn.quantity == "log-probability"
    assert explained(drawn).request.score == "log-probability"
    assert explained(drawn).score != explained(classifier).score


def test_axioms_are_checked_of_it(classifier: Classifier) -> None:
    request = granted(
        request_or_reason(
            classifier,
            picture=Picture.of(PICTURE),
            method="linear",
            target=2,
            layer="block",
            segmentation=Grid(2, 2),
        )
    )
    *_, found = check_method(classifier, request, 3)
    outcomes = {each.axiom: each for each in found.outcomes}
    assert outcomes["linearity"].holds


def test_the_command_line_names_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    NETWORKS[NAME]().network.save(tmp_path / "ensemble.keras")
    Image.fromarray(PICTURE.astype(np.uint8)).save(tmp_path / "picture.png")
    out = tmp_path / "out"

    def run(*arguments: str) -> str:
        assert main([*arguments]) == 0
        said = capsys.readouterr()
        return said.out + said.err

    model = ["--model", str(tmp_path / "ensemble.keras")]
    asked = ["explain", str(tmp_path / "picture.png"), *model, "--method", "gradient"]
    run(*asked, "--layer", "block", "--out", str(out))
    (path,) = out.glob("*.npz")
    assert load(path).attributions[0].request.score == "log-probability"
    run("replay", str(path))
    run("evaluate", str(out), "--random", "1", "--steps", "4")
    with (out / "deletion.csv").open(newline="") as file:
        assert {row["score"] for row in csv.DictReader(file)} == {"log-probability"}
    assert main([*asked, "--score", "logit", "--out", str(tmp_path / "other")]) == 1
    assert "has no logits" in capsys.readouterr().err


def test_a_file_of_a_kind_of_score_that_is_not_known(classifier: Classifier) -> None:
    buffer = io.BytesIO()
    save(buffer, [explained(classifier)], made=datetime(2026, 11, 27, tzinfo=UTC))
    from attribution_core.saved_maps.archive import read_archive

    archive = read_archive(buffer.getvalue(), TEXT, most_bytes=2**24)
    archive.text["maps"][0]["result"]["quantity"] = "fame"
    changed = io.BytesIO()
    write_archive(changed, TEXT, archive.text, archive.arrays)
    with pytest.raises(ValueError, match="scores of a kind “fame”"):
        load(changed.getvalue())
