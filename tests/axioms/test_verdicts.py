"""Which methods keep which axioms: what is known of them must come out of the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from attribution_core.axioms.formula import PlaneFunction
from attribution_core.axioms.probes import (
    FIXED_PROBES,
    Probe,
    bilinear,
    contributions,
    is_symmetric,
    own_probes,
)
from attribution_core.axioms.two_variables import plane_methods
from attribution_core.axioms.verdicts import AXIOMS, Verdict, joined, outcome_of, verdicts
from attribution_core.methods.estimate import Estimate
from attribution_core.methods.method import Method, TwoVariables
from attribution_core.registry import METHODS

FAILING = {
    ("gradient", "sensitivity"),
    ("gradient", "completeness"),
    ("gradient_times_input", "sensitivity"),
    ("gradient_times_input", "completeness"),
    ("linear", "sensitivity"),
    ("linear", "completeness"),
    ("smoothgrad", "sensitivity"),
    ("smoothgrad", "completeness"),
    ("gradient", "monotonicity"),
    ("gradient_times_input", "monotonicity"),
    ("linear", "monotonicity"),
    ("smoothgrad", "monotonicity"),
    ("integrated_gradients", "monotonicity"),
    ("expected_gradients", "monotonicity"),
    ("occlusion", "completeness"),
    ("lime", "completeness"),
}
"""What theory says: all else is kept, by proof."""
TRUE_OF_TWO = {
    ("banzhaf_values", "completeness"),
    ("rise", "completeness"),
    ("owen_values", "symmetry"),
}
"""What is kept by functions of two variables, and not promised: it fails of three."""


@pytest.fixture(scope="module")
def table() -> dict[tuple[str, str], Verdict]:
    return {(each.method.name, each.axiom.name): each for each in verdicts(FIXED_PROBES)}


def test_the_table_says_what_theory_says(table: dict[tuple[str, str], Verdict]) -> None:
    assert len(table) == len(plane_methods()) * len(AXIOMS)
    assert {name for name, each in table.items() if each.counterexample} == FAILING
    for each in table.values():
        assert each.tried == len(each.outcomes) >= 4


def test_what_the_methods_files_promise() -> None:
    """No more than theory allows, and no less."""
    promised = {(each.name, axiom) for each in plane_methods() for axiom in each.promises}
    every = {(each.name, axiom) for each in plane_methods() for axiom in AXIOMS}
    assert promised == every - FAILING - TRUE_OF_TWO


def test_only_samples_need_the_sampling_error(table: dict[tuple[str, str], Verdict]) -> None:
    needing = {name for name, each in table.items() if each.only_by_sampling}
    of_rise = {("rise", each) for each in ("dummy", "completeness", "symmetry", "monotonicity")}
    assert needing == {
        ("smoothgrad", "symmetry"),
        ("lime", "symmetry"),
        ("expected_gradients", "completeness"),
        *of_rise,
    }


def test_the_gradients_counterexample_is_a_saturated_score(
    table: dict[tuple[str, str], Verdict],
) -> None:
    """1 − relu(1 − x) from 0 to 4: flat at the point, so 0 for a change of 1."""
    found = table["gradient", "sensitivity"].counterexample
    assert found is not None
    assert str(found.probe.functions[0]) == "1 - relu(1 - x)"
    assert found.finding == "x gets 0, and f changes by 1 because of it alone"


def test_occlusion_counts_an_interaction_twice() -> None:
    probe = Probe((PlaneFunction("x*y"),), (1, 2), (0, 0))
    found = outcome_of("completeness", METHODS["occlusion"], probe)
    assert found.holds is False
    assert found.error == pytest.approx(2)
    assert found.finding == "(2, 2) sums to 4, and f changes by 2"


def answering(attribute: Callable[[Any, Any, Any], tuple[float, float]]) -> Method[Any]:
    """The gradient under another formula."""
    return replace(
        METHODS["gradient"],
        two_variables=TwoVariables(
            lambda f, p, r: Estimate(np.array(attribute(f, p, r)), 1, 1, 1), formula=""
        ),
    )


def by_its_look(function: PlaneFunction) -> float:
    return float(sum(i * ord(c) for i, c in enumerate(str(function))))


@pytest.mark.parametrize("axiom", list(AXIOMS))
def test_every_check_can_fail(axiom: str) -> None:
    """A method that answers by the look of a formula keeps none of the promises."""
    answers = {"sensitivity": (0.0, 0.0)}
    x, y = answers.get(axiom, (0.5, 0.75))
    constant = answering(lambda f, p, r: (x, y))
    fickle = answering(lambda f, p, r: (by_its_look(f), 0.3))
    contrary = answering(
        lambda f, p, r: tuple(by_its_look(f) - 1e6 * contributions(f, p, r).mean(axis=1))
    )
    others = {"implementation_invariance": fickle, "monotonicity": contrary}
    method = others.get(axiom, constant)
    assert all(outcome_of(axiom, method, probe).holds is False for probe in FIXED_PROBES[axiom])


@pytest.mark.parametrize(
    "probe", FIXED_PROBES["implementation_invariance"], ids=lambda probe: str(probe.functions[0])
)
def test_both_formulas_are_one_function(probe: Probe) -> None:
    points = np.random.default_rng(0).uniform(-3, 3, (500, 2))
    one, other = (function.values(points) for function in probe.functions)
    np.testing.assert_allclose(one, other, atol=1e-12)


def test_the_probes_fit_their_axioms() -> None:
    for probe in FIXED_PROBES["dummy"]:
        assert len(probe.functions[0].variables) == 1
    for probe in FIXED_PROBES["symmetry"]:
        assert is_symmetric(probe.functions[0])
        assert probe.point[0] == probe.point[1]
        assert probe.reference[0] == probe.reference[1]
    for probe in FIXED_PROBES["sensitivity"]:
        same = [a == b for a, b in zip(probe.point, probe.reference, strict=True)]
        assert sorted(same) == [False, True]
        values = probe.functions[0].values(np.array([probe.point, probe.reference]))
        assert values[0] != values[1]
    for probe in FIXED_PROBES["linearity"]:
        f, g, both = (function.values(np.array([probe.point]))[0] for function in probe.functions)
        assert both == pytest.approx(2 * f - 3 * g)


def test_every_probe_of_monotonicity_compares_a_variable() -> None:
    for probe in FIXED_PROBES["monotonicity"]:
        one, other = (contributions(f, probe.point, probe.reference) for f in probe.functions)
        ahead = one - other
        assert ((ahead >= 0).all(axis=1) | (ahead <= 0).all(axis=1)).any()


def test_integrated_gradients_see_more_than_the_corners(
    table: dict[tuple[str, str], Verdict],
) -> None:
    """x·y and x²·y from 0 to (1, 1): equal at the corners; ∫2t·t dt = 2/3 and ∫t² dt = 1/3."""
    found = table["integrated_gradients", "monotonicity"].counterexample
    assert found is not None
    assert list(map(str, found.probe.functions)) == ["x * y", "x^2 * y"]
    assert found.finding == (
        "x contributes as much to both, and gets 0.5 and 0.6667; "
        "y contributes as much to both, and gets 0.5 and 0.3333"
    )
    assert found.error == pytest.approx(1 / 6, abs=1e-4)


def test_the_gradients_order_is_not_that_of_contributions(
    table: dict[tuple[str, str], Verdict],
) -> None:
    """1 − relu(1 − x) rises by 1 and is flat at 2; x/4 rises by 1/2 with a slope of 1/4."""
    found = table["gradient", "monotonicity"].counterexample
    assert found is not None
    assert found.error == 0.25
    assert found.finding == "x contributes more to the first, and gets 0 and 0.25"


def test_what_contributes_more_to_one_and_less_to_the_other_is_not_compared() -> None:
    """x contributes 0 and 4 to 2·x·y, and 1 and 1 to x."""
    probe = Probe((PlaneFunction("2*x*y"), PlaneFunction("x")), (1, 2), (0, 0))
    assert outcome_of("monotonicity", METHODS["gradient"], probe).finding.startswith("y contr")


@pytest.mark.parametrize("formula", ["relu(x)*y - sin(x)", "x*y", "min(x, y)", "3", "x", "exp(y)"])
def test_the_bilinear_function_through_the_corners(formula: str) -> None:
    function, point, reference = PlaneFunction(formula), (2.0, 1.5), (-1.0, 0.0)
    through = bilinear(function, point, reference)
    assert through is not None
    assert "- -" not in str(through)
    corners = np.array([(a, b) for a in (2.0, -1.0) for b in (1.5, 0.0)])
    np.testing.assert_allclose(through.values(corners), function.values(corners), atol=1e-12)
    # Along a side it is straight.
    sides = through.values(np.array([(-1.0, 1.5), (0.5, 1.5), (2.0, 1.5)]))
    assert sides[1] == pytest.approx((sides[0] + sides[2]) / 2)
    assert bilinear(function, (2.0, 0.0), reference) is None


def test_no_bilinear_function_where_a_corner_has_no_value() -> None:
    assert bilinear(PlaneFunction("log(x)"), (1.0, 1.0), (-1.0, 0.0)) is None


def test_probes_of_ones_own() -> None:
    found = own_probes(PlaneFunction("min(x, y)"), (1.0, 3.0), (0.0, 0.0))
    assert "dummy" not in found
    # From (0, 0) neither variable alone moves the minimum: sensitivity is silent.
    assert found["sensitivity"] == ()
    assert [probe.point for probe in found["symmetry"]] == [(1, 1), (3, 3)]
    assert all(probe.own for probes in found.values() for probe in probes)
    lacking = own_probes(PlaneFunction("x^2"), (1.0, 3.0), (0.0, 0.0))
    assert len(lacking["dummy"]) == 1
    assert "symmetry" not in lacking
    assert [str(each) for each in lacking["monotonicity"][0].functions] == ["x^2", "x"]
    assert [probe.point for probe in lacking["sensitivity"]] == [(1, 0)]


def test_ones_own_counterexample_comes_first() -> None:
    own = own_probes(PlaneFunction("x*y"), (2.0, 2.0), (0.0, 0.0))
    table = joined(verdicts(FIXED_PROBES), verdicts(own))
    found = next(
        each
        for each in table
        if (each.method.name, each.axiom.name) == ("occlusion", "completeness")
    )
    assert found.tried == len(FIXED_PROBES["completeness"]) + 1
    assert found.counterexample is not None
    assert found.counterexample.probe.own


def test_where_there_is_no_value_nothing_is_claimed() -> None:
    own = own_probes(PlaneFunction("log(x)"), (1.0, 1.0), (-1.0, 0.0))
    for each in verdicts(own):
        if each.method.name == "shapley_values":
            assert each.held == each.tried == 0
            assert each.counterexample is None
            assert all("log(x) has no value" in one.finding for one in each.outcomes)
