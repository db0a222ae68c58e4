"""The functions, points and references on which the axioms are tested."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.axioms.expression import Binary, Call, Expression, Negative, Number, Variable
from attribution_core.axioms.formula import PlaneFunction

Place = tuple[float, float]

FACTORS = (2.0, -3.0)
"""a and b of a·f + b·g in the probes of linearity."""
AGAINST = "against"
"""Between the two functions of a probe of monotonicity."""


@dataclass(frozen=True)
class Probe:
    """A case in which an axiom promises something.

    Attributes
    ----------
    functions : tuple of PlaneFunction
        One; for linearity f, g and a·f + b·g; for monotonicity f and g; for implementation
        invariance two formulas for one function.
    point, reference : (x, y)
    own : bool
        Made from the user's function.
    weights : (a, b)
        Of linearity.
    relation : str
        What stands between two functions where the probe is written.
    """

    functions: tuple[PlaneFunction, ...]
    point: Place
    reference: Place
    own: bool = False
    weights: tuple[float, float] = FACTORS
    relation: str = "="


def weighted_sum(first: PlaneFunction, second: PlaneFunction) -> PlaneFunction:
    """a·f + b·g."""
    return PlaneFunction(
        Binary(
            "+",
            Binary("*", _number(FACTORS[0]), first.expression),
            Binary("*", _number(FACTORS[1]), second.expression),
        )
    )


def _number(value: float) -> Expression:
    return Number(value) if value >= 0 else Negative(Number(-value))


def _less(variable: str, value: float) -> Expression:
    """The variable minus a number, written without two signs side by side."""
    if not value:
        return Variable(variable)
    return Binary("-" if value > 0 else "+", Variable(variable), Number(abs(value)))


def _probe(*formulas: str, point: Place, reference: Place) -> Probe:
    return Probe(tuple(map(PlaneFunction, formulas)), point, reference)


def _against(first: str, second: str, point: Place, reference: Place) -> Probe:
    return replace(_probe(first, second, point=point, reference=reference), relation=AGAINST)


def _sum_probe(first: str, second: str, point: Place, reference: Place) -> Probe:
    f, g = PlaneFunction(first), PlaneFunction(second)
    return Probe((f, g, weighted_sum(f, g)), point, reference)


# No point and no path lies along a kink, where there is no slope and the axioms promise nothing.
# Crossing a kink is fine, and done on purpose.
FIXED_PROBES: Mapping[str, tuple[Probe, ...]] = {
    "dummy": (
        _probe("max(0, x)", point=(1.5, 2.0), reference=(-1.0, -1.0)),
        _probe("1 - relu(1 - x)", point=(2.0, 5.0), reference=(0.0, 0.0)),
        _probe("sigmoid(3*y)", point=(2.0, 0.5), reference=(-1.0, -1.0)),
        _probe("exp(x) - x^2", point=(1.0, -2.0), reference=(0.5, 3.0)),
    ),
    "sensitivity": (
        _probe("1 - relu(1 - x)", point=(4.0, 0.0), reference=(0.0, 0.0)),
        _probe("x + y", point=(0.0, 1.0), reference=(1.0, 1.0)),
        _probe("min(x, y)", point=(3.0, 1.0), reference=(0.0, 1.0)),
        _probe("x*y", point=(2.0, 1.0), reference=(0.0, 1.0)),
        _probe("sigmoid(2*y)", point=(1.0, 2.0), reference=(1.0, -1.0)),
    ),
    "completeness": (
        _probe("2*x - y + 1", point=(2.0, 3.0), reference=(0.0, 0.0)),
        _probe("max(0, x) + y", point=(2.0, 3.0), reference=(-1.0, 0.0)),
        _probe("1 - relu(1 - x - y)", point=(2.0, 1.0), reference=(0.0, 0.0)),
        _probe("sigmoid(2*x - y - 1)", point=(1.0, 0.5), reference=(0.0, -1.0)),
        _probe("x*y", point=(1.0, 2.0), reference=(0.0, 0.0)),
        _probe("min(x, y)", point=(1.0, 2.0), reference=(0.0, 0.0)),
    ),
    "symmetry": (
        _probe("x*y", point=(1.5, 1.5), reference=(0.5, 0.5)),
        _probe("sigmoid(x + y)", point=(1.0, 1.0), reference=(-1.0, -1.0)),
        _probe("tanh(x)*tanh(y) + x + y", point=(0.7, 0.7), reference=(0.1, 0.1)),
        _probe("relu(x + y - 1)", point=(2.0, 2.0), reference=(0.0, 0.0)),
    ),
    "linearity": (
        _sum_probe("sigmoid(x*y)", "relu(x - y)", (2.0, 1.0), (0.0, 0.5)),
        _sum_probe("max(0, x) + y", "x*y", (1.0, 2.0), (-1.0, 0.0)),
        _sum_probe("min(x, y)", "x^2 - y", (1.0, 2.0), (0.0, 0.0)),
        _sum_probe("1 - relu(1 - x)", "sin(y)", (2.0, 1.0), (0.0, 0.0)),
    ),
    "monotonicity": (
        _against("1 - relu(1 - x)", "x/4", (2.0, 1.0), (0.0, 0.0)),
        _against("x*y", "x^2*y", (1.0, 1.0), (0.0, 0.0)),
        _against("2*relu(x + y - 1)", "x*y", (1.0, 1.0), (0.0, 0.0)),
        _against("sigmoid(x - y)", "0*x", (2.0, 0.5), (-1.0, -1.0)),
        _against("2*x + y", "x + 3*y", (2.0, -1.0), (-0.5, 0.5)),
    ),
    "implementation_invariance": (
        _probe(
            "relu(relu(x) - 1 - relu(y))",
            "relu(relu(x - 1) - relu(y))",
            point=(3.0, 1.0),
            reference=(0.0, 0.0),
        ),
        _probe("max(x, y)", "x + relu(y - x)", point=(2.0, 1.0), reference=(0.0, 3.0)),
        _probe("x*y", "((x + y)^2 - (x - y)^2)/4", point=(1.0, 2.0), reference=(-1.0, 0.5)),
        _probe("sigmoid(x - y)", "1/(1 + exp(y - x))", point=(1.0, -0.5), reference=(0.0, 0.0)),
    ),
}


def own_probes(
    function: PlaneFunction, point: Place, reference: Place
) -> dict[str, tuple[Probe, ...]]:
    """Probes of each axiom with a user's function, point and reference; none where they do not test
    it.

    Dummy is tested where the formula lacks a variable. Sensitivity takes one variable at a time
    from the reference to the point, where f changes by that. Symmetry is tested where f(x, y) =
    f(y, x) all over −4..4, at points on the diagonal. Linearity adds x·y. Monotonicity compares
    with the `bilinear` function that equals f at the four corners between point and reference. The
    other formula for implementation invariance is max(f, f − 1), which adds no kink.
    """
    f = function.expression
    found: dict[str, tuple[Probe, ...]] = {
        "completeness": (Probe((function,), point, reference, own=True),),
        "implementation_invariance": (
            Probe(
                (function, PlaneFunction(Call("max", (f, Binary("-", f, Number(1.0)))))),
                point,
                reference,
                own=True,
            ),
        ),
    }
    other = PlaneFunction(Binary("*", Variable("x"), Variable("y")))
    found["linearity"] = (
        Probe((function, other, weighted_sum(function, other)), point, reference, own=True),
    )
    through = bilinear(function, point, reference)
    if through is not None:
        found["monotonicity"] = (
            Probe((function, through), point, reference, own=True, relation=AGAINST),
        )
    if len(function.variables) < 2:
        found["dummy"] = (Probe((function,), point, reference, own=True),)
    alone = [(point[0], reference[1]), (reference[0], point[1])]
    values = function.values_or_nan(np.array([reference, *alone], float))
    found["sensitivity"] = tuple(
        Probe((function,), place, reference, own=True)
        for place, value in zip(alone, values[1:], strict=True)
        if abs(value - values[0]) > 1e-9 * max(1.0, abs(value), abs(values[0]))
    )
    if is_symmetric(function):
        pairs = dict.fromkeys(zip(point, reference, strict=True))
        found["symmetry"] = tuple(
            Probe((function,), (after, after), (before, before), own=True)
            for after, before in pairs
            if after != before
        )
    return found


def bilinear(function: PlaneFunction, point: Place, reference: Place) -> PlaneFunction | None:
    """The bilinear function with f's values at the corners between reference and point.

    Both variables contribute the same to it and to f, whatever the other variable's value is. None
    where point and reference share a coordinate, or f has no value at a corner.
    """
    (x, y), (x0, y0) = point, reference
    corners = np.array([(x0, y0), (x, y0), (x0, y), (x, y)], float)
    empty, first, second, both = function.values_or_nan(corners)
    if x == x0 or y == y0 or not np.isfinite([empty, first, second, both]).all():
        return None
    right, up = x - x0, y - y0
    across, along = _less("x", x0), _less("y", y0)
    terms = (
        (empty, None),
        ((first - empty) / right, across),
        ((second - empty) / up, along),
        ((both - first - second + empty) / (right * up), Binary("*", across, along)),
    )
    found: Expression | None = None
    for factor, variables in terms:
        if abs(factor) < 1e-12:
            continue
        number = _number(float(factor))
        term = number if variables is None else variables
        if variables is not None and factor != 1:
            term = Binary("*", number, variables)
        found = term if found is None else Binary("+", found, term)
    return PlaneFunction(Number(0.0) if found is None else found)


def contributions(function: PlaneFunction, point: Place, reference: Place) -> FloatArray:
    """What x and y contribute, ``(2, 2)``: a row a variable, by the other one's value, first at
    the reference and then at the point; OutsideDomain where f has no value."""
    (x, y), (x0, y0) = point, reference
    corners = np.array([(x0, y0), (x, y0), (x0, y), (x, y)], float)
    empty, first, second, both = function.values(corners)
    return np.array([[first - empty, both - second], [second - empty, both - first]])


def is_symmetric(function: PlaneFunction) -> bool:
    """Whether f(x, y) = f(y, x) at 41 x 41 points from −4 to 4, up to rounding."""
    line = np.linspace(-4, 4, 41)
    x, y = np.meshgrid(line, line)
    values = function.values_or_nan(np.stack([x.ravel(), y.ravel()], axis=1)).reshape(x.shape)
    return bool(np.allclose(values, values.T, rtol=1e-9, atol=1e-12, equal_nan=True))
