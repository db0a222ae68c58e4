"""A formula of x and y as a function that every method of attribution takes."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from attribution_core.arrays import FloatArray
from attribution_core.axioms.expression import (
    Binary,
    Call,
    Expression,
    Negative,
    Number,
    Variable,
    parts_of,
    text_of_expression,
    variables_of,
)
from attribution_core.axioms.expression_parser import parse_formula

Floats = npt.NDArray[np.float64]


class OutsideDomain(ValueError):
    """The formula has no finite value, or no finite slope, at a point; says where and why."""


class PlaneFunction:
    """f(x, y) of points ``(n, 2)``, as `Differentiable`, and on TensorFlow tensors by calling it.

    Both ways compute in float64 and agree, at kinks too: the slope of relu at 0 is 0, and where
    several arguments of max or min are equal they share the slope evenly. Powers have a value where
    the base is above 0, or the exponent is a whole number without variables (then the base may be
    below 0; and 0, unless the exponent is negative), or the base is 0 and the exponent a number
    above 0.

    Parameters
    ----------
    expression : Expression or str
        A str is parsed.

    Raises
    ------
    FormulaError
        When a str is not a formula.
    """

    batch_size = 1024

    def __init__(self, expression: Expression | str) -> None:
        if isinstance(expression, str):
            expression = parse_formula(expression)
        self.expression = expression

    def __str__(self) -> str:
        return text_of_expression(self.expression)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PlaneFunction) and other.expression == self.expression

    def __hash__(self) -> int:
        return hash(self.expression)

    @property
    def variables(self) -> frozenset[str]:
        """Those that the formula mentions, of ``x`` and ``y``."""
        return variables_of(self.expression)

    def __call__(self, points: Any) -> Any:
        """Values ``(n,)`` of a float64 tensor ``(n, 2)``, as TensorFlow differentiates them.

        Where the formula has no value the tensor is what TensorFlow makes of it; `values` and
        `values_and_gradients` raise there.
        """
        return _on_tensor(self.expression, points)

    def values(self, points: FloatArray) -> Floats:
        """f at points ``(n, 2)``, shape ``(n,)``; OutsideDomain where there is no finite value."""
        values = self.values_or_nan(points)
        if not np.isfinite(values).all():
            self._complain_of_value(points[int(np.argmin(np.isfinite(values)))])
        return values

    def values_or_nan(self, points: FloatArray) -> Floats:
        """f at points ``(n, 2)``, shape ``(n,)``, NaN where there is no finite value."""
        return _evaluated(self.expression, np.asarray(points, np.float64))[0]

    def values_and_gradients(self, points: FloatArray) -> tuple[Floats, Floats]:
        """f ``(n,)`` and its gradients ``(n, 2)``; OutsideDomain where one is not finite."""
        values, slopes = _evaluated(self.expression, np.asarray(points, np.float64))
        if not np.isfinite(values).all():
            self._complain_of_value(points[int(np.argmin(np.isfinite(values)))])
        finite = np.isfinite(slopes).all(axis=0)
        if not finite.all():
            raise OutsideDomain(
                f"{self} has no finite slope at {point_as_text(points[int(np.argmin(finite))])}; "
                "choose points away from there."
            )
        return values, np.ascontiguousarray(slopes.T)

    def _complain_of_value(self, point: FloatArray) -> None:
        raise OutsideDomain(_reason(self.expression, np.asarray(point, np.float64)[None]))


def point_as_text(point: FloatArray) -> str:
    """``(x, y)`` with four digits each."""
    return f"({', '.join(number_as_text(float(value)) for value in point)})"


def number_as_text(value: float) -> str:
    """Four digits; rounding leaves no −0."""
    return f"{value + 0.0:.4g}".replace("-", "−") if abs(value) > 1e-12 else "0"


def _evaluated(expression: Expression, points: Floats) -> tuple[Floats, Floats]:
    """Values ``(n,)`` and slopes ``(2, n)``.

    A part without a finite value makes the whole NaN, so that 1/exp(1000) does not pass for 0.
    """
    with np.errstate(all="ignore"):
        return _values_and_slopes(expression, points)


def _values_and_slopes(expression: Expression, points: Floats) -> tuple[Floats, Floats]:
    count = len(points)
    if isinstance(expression, Number):
        return np.full(count, expression.value), np.zeros((2, count))
    if isinstance(expression, Variable):
        axis = 0 if expression.name == "x" else 1
        slopes = np.zeros((2, count))
        slopes[axis] = 1
        return points[:, axis].copy(), slopes
    parts = [_values_and_slopes(part, points) for part in parts_of(expression)]
    if isinstance(expression, Negative):
        values, slopes = -parts[0][0], -parts[0][1]
    elif isinstance(expression, Binary):
        values, slopes = _binary(expression, *parts[0], *parts[1])
    else:
        values, slopes = _call(expression.function, parts)
    return np.where(np.isfinite(values), values, np.nan), slopes


def _binary(
    expression: Binary, left: Floats, left_slopes: Floats, right: Floats, right_slopes: Floats
) -> tuple[Floats, Floats]:
    if expression.operator == "+":
        return left + right, left_slopes + right_slopes
    if expression.operator == "-":
        return left - right, left_slopes - right_slopes
    if expression.operator == "*":
        return left * right, left_slopes * right + left * right_slopes
    if expression.operator == "/":
        return left / right, (left_slopes - left / right * right_slopes) / right
    if not variables_of(expression.right):
        whole = right == np.rint(right)
        defined = (left > 0) | ((left == 0) & (right >= 0)) | ((left < 0) & whole)
        values = np.where(defined, left**right, np.nan)
        # 0 · ∞ is no slope; a part that does not change has none.
        steepness = np.where(right == 0, 0.0, right * left ** (right - 1))
        return values, np.where(left_slopes == 0, 0.0, steepness * left_slopes)
    values = np.where(left > 0, left**right, np.nan)
    return values, values * (right * left_slopes / left + np.log(left) * right_slopes)


def _call(function: str, parts: list[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    value, slopes = parts[0]
    if function in ("max", "min"):
        stack = np.stack([part[0] for part in parts])
        best = stack.max(axis=0) if function == "max" else stack.min(axis=0)
        reached = stack == best
        each = np.stack([part[1] for part in parts])
        total = np.where(reached[:, None], each, 0.0).sum(axis=0)
        return best, total / np.maximum(reached.sum(axis=0), 1)
    if function == "relu":
        return np.maximum(value, 0), np.where(value > 0, slopes, 0.0)
    if function == "exp":
        return np.exp(value), np.exp(value) * slopes
    if function == "log":
        return np.where(value > 0, np.log(value), np.nan), slopes / value
    if function == "sin":
        return np.sin(value), np.cos(value) * slopes
    if function == "cos":
        return np.cos(value), -np.sin(value) * slopes
    tangent = np.tanh(value / 2 if function == "sigmoid" else value)
    if function == "tanh":
        return tangent, (1 - tangent**2) * slopes
    return (1 + tangent) / 2, (1 - tangent**2) / 4 * slopes


def _reason(expression: Expression, point: Floats) -> str:
    """Why the formula has no value at a point ``(1, 2)``, said of the innermost part that has
    none."""
    for part in parts_of(expression):
        if not np.isfinite(_evaluated(part, point)[0]).all():
            return _reason(part, point)
    where = point_as_text(point[0])
    arguments = [float(_evaluated(part, point)[0][0]) for part in parts_of(expression)]
    text = text_of_expression(expression)
    if isinstance(expression, Call) and expression.function == "log":
        return (
            f"{text} has no value at {where}: its argument is {number_as_text(arguments[0])} "
            "there, and it should be above 0."
        )
    if isinstance(expression, Binary) and expression.operator == "/" and arguments[1] == 0:
        return f"{text} has no value at {where}: it divides by 0 there."
    if isinstance(expression, Binary) and expression.operator == "^" and arguments[0] <= 0:
        base, exponent = map(number_as_text, arguments)
        advice = "the base should be above 0, or the exponent a whole number"
        if variables_of(expression.right):
            advice = "where the exponent changes with x or y, the base should be above 0"
        elif arguments[0] == 0:
            advice = "the base should not be 0 where the exponent is below 0"
        return f"{text} has no value at {where}: it is {base} to the power {exponent}; {advice}."
    return f"{text} is too large at {where} for a number; choose smaller ones."


def _on_tensor(expression: Expression, points: Any) -> Any:
    import tensorflow as tf

    if isinstance(expression, Number):
        return tf.fill(tf.shape(points)[:1], tf.constant(expression.value, points.dtype))
    if isinstance(expression, Variable):
        return points[:, 0 if expression.name == "x" else 1]
    parts = [_on_tensor(part, points) for part in parts_of(expression)]
    if isinstance(expression, Negative):
        return -parts[0]
    if isinstance(expression, Binary):
        return {
            "+": tf.add,
            "-": tf.subtract,
            "*": tf.multiply,
            "/": tf.divide,
            "^": tf.pow,
        }[expression.operator](*parts)
    # Maxima over an axis share their slope among equals; tf.maximum gives it to the first.
    if expression.function == "max":
        return tf.reduce_max(tf.stack(parts), axis=0)
    if expression.function == "min":
        return tf.reduce_min(tf.stack(parts), axis=0)
    return {
        "relu": tf.nn.relu,
        "exp": tf.exp,
        "log": tf.math.log,
        "sin": tf.sin,
        "cos": tf.cos,
        "sigmoid": tf.sigmoid,
        "tanh": tf.tanh,
    }[expression.function](parts[0])
