"""Formulas of two variables as trees, and how they are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

VARIABLES = ("x", "y")
FUNCTIONS = ("relu", "max", "min", "exp", "log", "sin", "cos", "sigmoid", "tanh")
OF_SEVERAL = ("max", "min")
"""Functions of two arguments or more; the others take one."""


@dataclass(frozen=True)
class Number:
    """A finite number of 0 or more; a negative one is the `Negative` of one."""

    value: float


@dataclass(frozen=True)
class Variable:
    """``x`` or ``y``."""

    name: str


@dataclass(frozen=True)
class Negative:
    """−operand."""

    operand: Expression


@dataclass(frozen=True)
class Binary:
    """left operator right."""

    operator: Literal["+", "-", "*", "/", "^"]
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Call:
    """A function of `FUNCTIONS` of its arguments."""

    function: str
    arguments: tuple[Expression, ...]


Expression: TypeAlias = Number | Variable | Negative | Binary | Call

_STRENGTH = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 4}
_OF_NEGATIVE = 3
_ATOM = 5


def variables_of(expression: Expression) -> frozenset[str]:
    """The names of the variables that the formula mentions."""
    if isinstance(expression, Variable):
        return frozenset({expression.name})
    return frozenset().union(*(variables_of(part) for part in parts_of(expression)))


def parts_of(expression: Expression) -> tuple[Expression, ...]:
    """The formulas that a formula is made of, from left to right."""
    if isinstance(expression, Negative):
        return (expression.operand,)
    if isinstance(expression, Binary):
        return (expression.left, expression.right)
    return expression.arguments if isinstance(expression, Call) else ()


def text_of_expression(expression: Expression) -> str:
    """The formula in one line with as few parentheses as it needs; parsed, it is the same tree."""
    if isinstance(expression, Number):
        return repr(expression.value).removesuffix(".0")
    if isinstance(expression, Variable):
        return expression.name
    if isinstance(expression, Negative):
        return "-" + _enclosed(expression.operand, _OF_NEGATIVE)
    if isinstance(expression, Call):
        return f"{expression.function}({', '.join(map(text_of_expression, expression.arguments))})"
    least_left, least_right = _least_strengths(expression.operator)
    left = _enclosed(expression.left, least_left)
    right = _enclosed(expression.right, least_right)
    gap = "" if expression.operator == "^" else " "
    return f"{left}{gap}{expression.operator}{gap}{right}"


def latex_of_expression(expression: Expression) -> str:
    """The formula in LaTeX's mathematical mode."""
    if isinstance(expression, Number):
        mantissa, _, exponent = repr(expression.value).removesuffix(".0").partition("e")
        return rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if exponent else mantissa
    if isinstance(expression, Variable):
        return expression.name
    if isinstance(expression, Negative):
        return "-" + _enclosed_latex(expression.operand, _OF_NEGATIVE)
    if isinstance(expression, Call):
        name = expression.function
        shown = rf"\operatorname{{{name}}}" if name in ("relu", "sigmoid") else rf"\{name}"
        inside = ",\\, ".join(map(latex_of_expression, expression.arguments))
        return rf"{shown}\left({inside}\right)"
    if expression.operator == "/":
        left, right = map(latex_of_expression, (expression.left, expression.right))
        return rf"\frac{{{left}}}{{{right}}}"
    least_left, least_right = _least_strengths(expression.operator)
    left = _enclosed_latex(expression.left, least_left)
    if expression.operator == "^":
        if isinstance(expression.left, Call) or "e" in text_of_expression(expression.left):
            left = rf"\left({latex_of_expression(expression.left)}\right)"
        return rf"{left}^{{{latex_of_expression(expression.right)}}}"
    sign = r"\cdot" if expression.operator == "*" else expression.operator
    return f"{left} {sign} " + _enclosed_latex(expression.right, least_right)


def _least_strengths(operator: str) -> tuple[int, int]:
    """How strongly either side has to hold together to stand without parentheses.

    What stands to the right of ``^`` may be a negative or another power; chains of the others group
    to the left.
    """
    own = _STRENGTH[operator]
    return (_ATOM, _OF_NEGATIVE) if operator == "^" else (own, own + 1)


def _strength(expression: Expression) -> int:
    if isinstance(expression, Binary):
        return _STRENGTH[expression.operator]
    return _OF_NEGATIVE if isinstance(expression, Negative) else _ATOM


def _enclosed(expression: Expression, least: int) -> str:
    text = text_of_expression(expression)
    return text if _strength(expression) >= least else f"({text})"


def _enclosed_latex(expression: Expression, least: int) -> str:
    text = latex_of_expression(expression)
    return text if _strength(expression) >= least else rf"\left({text}\right)"
