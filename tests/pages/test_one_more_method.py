"""A method is one file: a tiny one, once it is in the registry, is everywhere else as well."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from attribution_core import METHODS, Classifier, Estimate, Estimator, Method, explain
from attribution_core.arrays import FloatArray
from attribution_core.axioms.probes import FIXED_PROBES
from attribution_core.axioms.verdicts import verdicts
from attribution_core.command_line.arguments import main
from attribution_core.images import Pixels
from attribution_core.methods.functions import Differentiable
from attribution_core.methods.method import OF_SLOPES, Shapes, TwoVariables
from attribution_core.methods.options import option
from attribution_core.saved_maps.files import load
from tests.conftest import tiny_network
from tests.pages.visits import Visit

if TYPE_CHECKING:
    from attribution_core.problem import Problem

# --- what its file would hold ---------------------------------------------------------------------


@Estimator
def on_the_way(
    function: Differentiable, point: FloatArray, reference: FloatArray, *, place: float = 0.5
) -> Iterator[Estimate]:
    """(x − x′) · ∂f at the place x′ + place · (x − x′)."""
    at = reference + place * (point - reference)
    _, gradients = function.values_and_gradients(at[None])
    yield Estimate((point - reference) * gradients[0], done=1, planned=1, evaluations=1)


@dataclass(frozen=True)
class Options:
    place: float = option(0.5, "Place", "Where the gradient is taken.", 0, 1, step=0.25)


def _run(problem: Problem, options: Options) -> Iterator[Estimate]:
    return on_the_way.refine(
        problem.function, problem.point, problem.reference, place=options.place
    )


def _unavailable(shapes: Shapes, options: Options) -> str:
    return "The input is not on the way: choose an inner layer." if shapes.at_input else ""


TINY = Method(
    name="on_the_way",
    title="On the way",
    summary="The gradient between reference and picture, times their difference.",
    paper="Nobody 2026",
    options_type=Options,
    run=_run,
    evaluations=lambda options, shapes: 1,
    needs="gradient",
    uses_reference=True,
    unavailable=_unavailable,
    splits_change=True,
    promises=OF_SLOPES,
    two_variables=TwoVariables(on_the_way, r"\varphi_i = (x_i - x'_i)\,\partial_i f"),
)


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one line in the registry."""
    monkeypatch.setitem(METHODS, TINY.name, TINY)


# --- where it is seen -----------------------------------------------------------------------------


OWN = {"model": "own", "classes": "2"}


@pytest.mark.usefixtures("own_model")
def test_in_the_sidebar_the_grid_and_the_link(any_visit: Callable[..., Visit]) -> None:
    page = any_visit(
        **OWN, methods="on_the_way,linear", layer="pooled", **{"on_the_way.place": "1"}
    ).finish()
    assert page.labels[1] == ["On the way", "Linear"]
    assert page.statuses == ["done", "done"]
    # At the picture itself it is the linear attribution.
    np.testing.assert_allclose(*page.maps, rtol=1e-3, atol=1e-4)
    assert "should be" in page.cells[0]["caption"][1]
    choice = page.app.multiselect(key="choose_methods")
    assert "On the way" in choice.options
    assert TINY.summary in choice.help
    control = page.app.number_input(key="choose_on_the_way.place")
    assert (control.label, control.value, control.min, control.max) == ("Place", 1, 0, 1)
    page.choose("number_input", "on_the_way.place", 0.25).finish()
    assert page.link["on_the_way.place"] == "0.25"
    assert page.requests[0].options == (("place", 0.25),)
    assert np.abs(page.maps[0] - page.maps[1]).max() > 1e-3


@pytest.mark.usefixtures("own_model")
def test_why_it_cannot_be_run(any_visit: Callable[..., Visit]) -> None:
    page = any_visit(**OWN, methods="on_the_way", layer="input").run()
    page.wait(lambda: page.statuses == ["unavailable"])
    assert page.cells[0]["message"] == "The input is not on the way: choose an inner layer."


@pytest.mark.usefixtures("own_model")
def test_on_the_page_of_all_methods(any_visit: Callable[..., Visit]) -> None:
    shown = {"methods-shown": "under_a_second"}
    page = any_visit(**OWN, layer="pooled", **shown).open("methods").finish()
    (cell,) = (cell for cell in page.cells if cell["title"] == "On the way")
    assert cell["status"] == "done"
    assert cell["caption"][1] == "meant to add up · signed · reference · inner layers"
    assert page.grid["rows"][cell["row"]] == "How is the score shared out?"


def test_in_the_axioms_table(any_visit: Callable[..., Visit]) -> None:
    page = any_visit(**{"axioms-network": "no", "axioms-function": "product"}).open("axioms")
    sent = [json.loads(part.proto.json) for part in page.app.get("bidi_component")]
    (table,) = (data for data in sent if "hint" in data)
    row = dict(zip(table["rows"], table["cells"], strict=True))["On the way"]
    found = {title: cell["state"] for title, cell in zip(table["columns"], row, strict=True)}
    assert found == {
        "Dummy": "holds",
        "Sensitivity": "fails",
        "Completeness": "fails",
        "Symmetry": "holds",
        "Linearity": "holds",
        "Monotonicity": "fails",
        "Implementation invariance": "holds",
    }
    assert "Nobody 2026. Proven to satisfy: dummy, symmetry, linearity" in page.words
    (plane,) = (data for data in sent if "reach" in data)
    assert "On the way" in [each["title"] for each in plane["methods"]]


def test_its_promises_are_checked_like_the_others() -> None:
    kept = {
        each.axiom.name: each.counterexample is None
        for each in verdicts(FIXED_PROBES)
        if each.method is TINY
    }
    assert {axiom for axiom, held in kept.items() if held} == set(TINY.promises)


def test_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny_network().save(tmp_path / "tiny.keras")
    noise = np.random.default_rng(0).integers(0, 256, (16, 16, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    arguments = ["--method", "on_the_way", "--option", "on_the_way.place=.25", "--layer", "top"]
    files = ["--out", str(tmp_path / "out"), "--model", str(tmp_path / "tiny.keras")]
    assert main(["explain", str(tmp_path / "noise.png"), *files, *arguments]) == 0
    (made,) = (tmp_path / "out").glob("*.on_the_way.*.npz")
    (saved,) = load(made).attributions
    assert saved.request.options == (("place", 0.25),)
    assert np.abs(saved.heatmap).max() > 0
    assert main(["methods", "on_the_way"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("on_the_way: On the way\n")
    assert "on_the_way.place=0.5 (a number from 0 to 1)" in said


def test_in_a_notebook(tiny_classifier: Classifier, tiny_image: Pixels) -> None:
    found = explain(tiny_classifier, tiny_image, "on_the_way", 2, layer="pooled", place=1)
    linear = explain(tiny_classifier, tiny_image, "linear", 2, layer="pooled")
    np.testing.assert_allclose(found.values, linear.values, rtol=1e-4, atol=1e-6)
    with pytest.raises(ValueError, match="On the way has no option places; its options are place"):
        explain(tiny_classifier, tiny_image, "on_the_way", 2, layer="pooled", places=1)
