"""Requests as code and as commands: what is written is run, and makes the same maps."""

from __future__ import annotations

import os
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from attribution_core import Contrast, Grid, Slic, load_classifier, load_image
from attribution_core.assets import ASSETS
from attribution_core.command_line.arguments import main
from attribution_core.explanation import explain_request
from attribution_core.images import Picture
from attribution_core.network.classifier import Classifier
from attribution_core.request import Request, granted, request_or_reason
from attribution_core.saved_maps.as_code import python_code, shell_commands
from attribution_core.saved_maps.files import load
from attribution_core.segmentations import Given

PICTURE = ASSETS / "gallery" / "cat_coffee.png"


@pytest.fixture(scope="module")
def network() -> Classifier:
    return load_classifier("clever_hans")


def asked(network: Classifier, method: str, target: int, **settings: Any) -> Request:
    settings = {"layer": network.layers[-1], "segmentation": 9, **settings}
    picture = Picture.of(load_image(PICTURE, network.input_size))
    return granted(
        request_or_reason(network, picture=picture, method=method, target=target, **settings)
    )


def screens(network: Classifier) -> dict[str, list[Request]]:
    """What different pages ask for."""
    classes, above = (1, 0), network.layers[-2]
    return {
        "methods": [
            asked(network, method, target, options=options)
            for target in classes
            for method, options in (
                ("gradient", {}),
                ("integrated_gradients", {"steps": 3, "tolerance": 0.0}),
                ("kernel_shap", {"budget": 40}),
            )
        ],
        "layers": [
            asked(network, "gradient", 1, layer=layer, segmentation=players)
            for layer, players in (("input", Slic(9)), (above, 9))
        ],
        "references": [
            asked(network, "linear", 1, reference=kind, seed=5)
            for kind in ("blurred", "noise", "zeros")
        ],
        "leads": [asked(network, "gradient", 1, score=Contrast(0, weight=0.5))],
        "superpixels": [
            asked(network, "lime", 1, layer="input", options={"samples": 30}, segmentation=Slic(6))
        ],
    }


ALSO_IN_PYTHON = {
    "squarer superpixels": Slic(6, 40.0),
    "a grid": Grid(2, 3),
}


@pytest.fixture
def loaded_once(network: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever loads the network is given the one that is there."""

    def load_by_name(name: str, **_: object) -> Classifier:
        assert name == network.name
        return network

    monkeypatch.setattr("attribution_core.load_classifier", load_by_name)
    monkeypatch.setattr("attribution_core.command_line.asked_model.load_classifier", load_by_name)


def maps_of(code: str) -> list[Any]:
    names: dict[str, Any] = {}
    exec(code, names)
    return list(names["maps"])


@pytest.mark.usefixtures("loaded_once")
@pytest.mark.parametrize("screen", ["methods", "layers", "references", "leads", "superpixels"])
def test_the_python_code_makes_the_maps_of_the_screen(network: Classifier, screen: str) -> None:
    requests = screens(network)[screen]
    code = python_code(
        requests,
        classifier="load_classifier('clever_hans')",
        picture='ASSETS / "gallery" / "cat_coffee.png"',
        labels={},
    )
    assert [each.request for each in maps_of(code)] == requests


@pytest.mark.usefixtures("loaded_once")
@pytest.mark.parametrize("players", ALSO_IN_PYTHON.values(), ids=ALSO_IN_PYTHON)
def test_players_without_an_argument_are_written_in_python_alone(
    network: Classifier, players: Slic | Grid
) -> None:
    requests = [asked(network, "lime", 1, layer="input", segmentation=players)]
    assert shell_commands(requests, model="clever_hans", picture="cat.png") == ""
    code = python_code(
        requests, classifier="load_classifier('clever_hans')", picture=repr(str(PICTURE)), labels={}
    )
    assert [each.request for each in maps_of(code)] == requests


@pytest.mark.usefixtures("loaded_once")
@pytest.mark.parametrize("screen", ["methods", "layers", "references", "leads", "superpixels"])
def test_the_commands_write_the_maps_of_the_screen(
    network: Classifier, screen: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = screens(network)[screen]
    commands = shell_commands(requests, model="clever_hans", picture=str(PICTURE))
    monkeypatch.chdir(tmp_path)
    lines = commands.replace("\\\n", " ").splitlines()
    for line in lines:
        program, *arguments = shlex.split(line)
        assert (program, main(arguments)) == ("attributions", 0)
    files = list(Path(os.curdir).rglob("*.npz"))
    made = [each for file in files for each in load(file.read_bytes()).attributions]
    assert len(made) == len(requests)
    for each in made:
        # The command line's number of superpixels is the page's SLIC of as many.
        players = each.request.segmentation
        if each.request.layer == "input" and isinstance(players, int):
            players = Slic(players)
        request = replace(each.request, segmentation=players)
        assert request in requests
        np.testing.assert_array_equal(each.values, explain_request(network, request).values)
    assert len(lines) == (3 if screen == "references" else 1)


def test_a_label_cannot_leave_its_comment(network: Classifier) -> None:
    code = python_code(
        [asked(network, "gradient", 1)],
        classifier="load_classifier('clever_hans')",
        picture=repr(str(PICTURE)),
        labels={1: "cat\nraise SystemExit"},
    )
    assert len(maps_of(code)) == 1


def test_labels_made_elsewhere_are_refused(network: Classifier) -> None:
    height, width = network.input_size
    players = Given.of(np.arange(height * width).reshape(height, width) % 4)
    requests = [
        asked(network, "lime", 1, layer="input", options={"samples": 30}, segmentation=players)
    ]
    with pytest.raises(ValueError, match="made elsewhere"):
        python_code(requests, classifier="", picture="", labels={})
    assert shell_commands(requests, model="clever_hans", picture="cat.png") == ""
