"""The axioms of attribution, and how each is checked on functions of two variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.axioms.formula import number_as_text as shown
from attribution_core.axioms.formula import point_as_text
from attribution_core.axioms.probes import Probe, contributions
from attribution_core.axioms.two_variables import (
    PlaneAttribution,
    answer,
    change_of,
    plane_methods,
)
from attribution_core.methods.method import Method

EXACT = 1e-9
QUADRATURE = 1e-4
"""Largest error that counts as 0, as a share of the largest number involved, at least 1."""
STANDARD_ERRORS = 4
"""A sampled method violates an axiom where it is off by more than this many standard errors."""


@dataclass(frozen=True)
class Axiom:
    """A promise in words; ``statement`` is Markdown with LaTeX, ``source`` the literature."""

    name: str
    title: str
    statement: str
    source: str


AXIOMS: Mapping[str, Axiom] = {
    axiom.name: axiom
    for axiom in (
        Axiom(
            "dummy",
            "Dummy",
            r"A variable that $f$ does not use gets nothing: "
            r"$f(x, y) = g(x) \;\Rightarrow\; \varphi_y = 0$.",
            "Shapley 1953; Sundararajan et al. 2017; Friedman 2004",
        ),
        Axiom(
            "sensitivity",
            "Sensitivity",
            r"If point and reference differ in one variable only and $f$ differs, that variable "
            r"gets something: $y = y',\; f(x, y) \neq f(x', y) \;\Rightarrow\; \varphi_x \neq 0$.",
            "Sundararajan et al. 2017, “sensitivity (a)”",
        ),
        Axiom(
            "completeness",
            "Completeness",
            r"The attributions sum to the change: "
            r"$\varphi_x + \varphi_y = f(x, y) - f(x', y')$.",
            "Shapley 1953 (efficiency); Sundararajan et al. 2017",
        ),
        Axiom(
            "symmetry",
            "Symmetry",
            r"Variables that play the same part and have the same values get the same: "
            r"$f(x, y) = f(y, x),\; x = y,\; x' = y' \;\Rightarrow\; \varphi_x = \varphi_y$.",
            "Shapley 1953; Sundararajan et al. 2017",
        ),
        Axiom(
            "linearity",
            "Linearity",
            r"The attribution of a weighted sum is the weighted sum of the attributions: "
            r"$\varphi(a f + b g) = a\,\varphi(f) + b\,\varphi(g)$.",
            "Shapley 1953 (additivity); Sundararajan et al. 2017",
        ),
        Axiom(
            "monotonicity",
            "Monotonicity",
            r"A variable that contributes to $f$ at least what it contributes to $g$, whichever "
            r"variables are at the reference, gets at least as much: "
            r"$f(x, s) - f(x', s) \geq g(x, s) - g(x', s)$ for $s = y$ and $s = y'$ "
            r"$\;\Rightarrow\; \varphi_x(f) \geq \varphi_x(g)$. With completeness and symmetry, "
            "only the Shapley values satisfy it.",
            "Young 1985, “strong monotonicity”; Lundberg and Lee 2017, “consistency”; thesis, "
            "definition 2.31",
        ),
        Axiom(
            "implementation_invariance",
            "Implementation invariance",
            r"Two formulas for one function have the same attributions: "
            r"$f \equiv g \;\Rightarrow\; \varphi(f) = \varphi(g)$.",
            "Sundararajan et al. 2017",
        ),
    )
}


@dataclass(frozen=True)
class Outcome:
    """The outcome of one probe with one method.

    Attributes
    ----------
    probe : Probe
    holds : bool or None
        None where the method has no answer, because f has no value or no slope at a point that it
        needs.
    error : float
        By how much the axiom is missed; for sensitivity, which requires something other than 0, the
        attribution in question.
    only_by_sampling : bool
        It holds, but the error is one that only sampling explains.
    finding : str
        The numbers in one sentence.
    """

    probe: Probe
    holds: bool | None
    error: float
    only_by_sampling: bool
    finding: str


@dataclass(frozen=True)
class Verdict:
    """One axiom and one method, over all probes."""

    axiom: Axiom
    method: Method[Any]
    outcomes: tuple[Outcome, ...]

    @property
    def tried(self) -> int:
        """Probes with an answer."""
        return sum(outcome.holds is not None for outcome in self.outcomes)

    @property
    def held(self) -> int:
        return sum(outcome.holds is True for outcome in self.outcomes)

    @property
    def counterexample(self) -> Outcome | None:
        """The user's own where there is one, else the first; None where all held."""
        failed = [outcome for outcome in self.outcomes if outcome.holds is False]
        return next((each for each in failed if each.probe.own), failed[0] if failed else None)

    @property
    def only_by_sampling(self) -> bool:
        return any(outcome.only_by_sampling for outcome in self.outcomes)


def outcome_of(axiom: str, method: Method[Any], probe: Probe) -> Outcome:
    """Test an axiom of `AXIOMS` on a probe made for it.

    A number counts as 0 where it is at most a share of max(1, |f(x) − f(x′)|, |φ|): 1e-9 for
    methods that are exact to rounding, 1e-4 for quadrature. Methods that sample may also be off by
    four of their own standard errors.
    """
    point, reference = np.array(probe.point, float), np.array(probe.reference, float)
    answers = [answer(method, function, point, reference) for function in probe.functions]
    for each in answers:
        if each.values is None:
            return Outcome(probe, None, float("nan"), False, each.problem)
    try:
        change = change_of(probe.functions[0], point, reference)
    except ValueError as problem:
        return Outcome(probe, None, float("nan"), False, str(problem))
    values = [np.asarray(each.values, np.float64) for each in answers]
    largest = max(1.0, abs(change), *(float(np.abs(each).max()) for each in values))
    tolerance = largest * (QUADRATURE if method.precision == "quadrature" else EXACT)
    if axiom == "sensitivity":
        return _sensitivity(probe, values[0], change, tolerance)
    misses, finding = _missed(axiom, probe, values, change)
    error = float(np.abs(misses).max())
    allowed = tolerance + STANDARD_ERRORS * _sampling_error(axiom, probe, answers)
    return Outcome(probe, error <= allowed, error, tolerance < error <= allowed, finding)


def _sensitivity(probe: Probe, values: FloatArray, change: float, tolerance: float) -> Outcome:
    moved = 0 if probe.point[0] != probe.reference[0] else 1
    value = abs(float(values[moved]))
    finding = (
        f"{'xy'[moved]} gets {shown(float(values[moved]))}, and f changes by {shown(change)} "
        "because of it alone"
    )
    return Outcome(probe, value > tolerance, value, False, finding)


def _missed(
    axiom: str, probe: Probe, values: Sequence[FloatArray], change: float
) -> tuple[FloatArray, str]:
    """What should be 0, and the sentence with the numbers."""
    first = values[0]
    if axiom == "dummy":
        unused = [
            axis for axis, name in enumerate("xy") if name not in probe.functions[0].variables
        ]
        given = " and ".join(f"{'xy'[axis]} gets {shown(float(first[axis]))}" for axis in unused)
        return first[unused], f"{given}, and f does not use it"
    if axiom == "completeness":
        total = float(first.sum())
        sentence = (
            f"{point_as_text(first)} sums to {shown(total)}, and f changes by {shown(change)}"
        )
        return np.array([total - change]), sentence
    if axiom == "symmetry":
        sentence = f"x gets {shown(float(first[0]))}, y gets {shown(float(first[1]))}"
        return np.array([first[0] - first[1]]), sentence
    if axiom == "linearity":
        a, b = probe.weights
        apart = a * first + b * values[1]
        sentence = (
            f"the sum gets {point_as_text(values[2])}, its parts add up to {point_as_text(apart)}"
        )
        return np.asarray(values[2] - apart), sentence
    if axiom == "monotonicity":
        return _against_monotonicity(probe, first, values[1])
    if axiom == "implementation_invariance":
        sentence = f"one gets {point_as_text(first)}, the other {point_as_text(values[1])}"
        return np.asarray(first - values[1]), sentence
    raise ValueError(f"The axiom '{axiom}' is not known; use {', '.join(AXIOMS)}.")


def _against_monotonicity(
    probe: Probe, of_first: FloatArray, of_second: FloatArray
) -> tuple[FloatArray, str]:
    """By how much a variable that contributes more gets less, for each that can be compared."""
    one, other = (
        contributions(function, probe.point, probe.reference) for function in probe.functions
    )
    rounding = EXACT * max(1.0, float(np.abs(one).max()), float(np.abs(other).max()))
    missed, found = np.zeros(2), dict[int, str]()
    for axis, name in enumerate("xy"):
        more = one[axis] - other[axis]
        ahead = float(of_first[axis] - of_second[axis])
        if np.abs(more).max() <= rounding:
            missed[axis], order = abs(ahead), "as much to both"
        elif more.min() >= -rounding:
            missed[axis], order = max(-ahead, 0.0), "more to the first"
        elif more.max() <= rounding:
            missed[axis], order = max(ahead, 0.0), "more to the second"
        else:
            continue
        first, second = (shown(float(values[axis])) for values in (of_first, of_second))
        found[axis] = f"{name} contributes {order}, and gets {first} and {second}"
    # A counterexample is about what goes wrong alone.
    wrong = [sentence for axis, sentence in found.items() if missed[axis] > rounding]
    return missed, "; ".join(wrong or found.values())


def _sampling_error(axiom: str, probe: Probe, answers: Sequence[PlaneAttribution]) -> float:
    """One standard error of what should be 0, at most: errors of the parts are added up."""
    errors = [
        float(np.sum(each.standard_error)) if each.standard_error is not None else 0.0
        for each in answers
    ]
    if axiom == "linearity":
        a, b = probe.weights
        return abs(a) * errors[0] + abs(b) * errors[1] + errors[2]
    return sum(errors)


def verdicts(probes: Mapping[str, Sequence[Probe]]) -> tuple[Verdict, ...]:
    """Every axiom with every method of `plane_methods`, methods first.

    Parameters
    ----------
    probes : mapping of axiom to probes
        For example `FIXED_PROBES`, or what `own_probes` makes of a function.
    """
    return tuple(
        Verdict(
            axiom,
            method,
            tuple(outcome_of(axiom.name, method, probe) for probe in probes.get(axiom.name, ())),
        )
        for method in plane_methods()
        for axiom in AXIOMS.values()
    )


def joined(first: Sequence[Verdict], second: Sequence[Verdict]) -> tuple[Verdict, ...]:
    """Two tables of `verdicts` as one, the outcomes of the first before those of the second."""
    return tuple(
        Verdict(one.axiom, one.method, one.outcomes + other.outcomes)
        for one, other in zip(first, second, strict=True)
    )
