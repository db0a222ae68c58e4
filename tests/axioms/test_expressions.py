"""Typed formulas: what they mean, what is refused, and that nothing typed is ever run."""

from __future__ import annotations

import math
import time
from functools import reduce

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import assume, given
from hypothesis import strategies as st

from attribution_core import TensorFunction
from attribution_core.axioms.expression import (
    Binary,
    Call,
    Expression,
    Negative,
    Number,
    Variable,
    latex_of_expression,
    text_of_expression,
    variables_of,
)
from attribution_core.axioms.expression_parser import (
    DEEPEST_FORMULA,
    LONGEST_FORMULA,
    FormulaError,
    parse_formula,
)
from attribution_core.axioms.formula import OutsideDomain, PlaneFunction

X, Y = Variable("x"), Variable("y")
POINTS = np.array([[1.5, 0.5], [0.25, 2.0], [3.0, 1.0], [-1.25, 0.75], [0.5, -2.5]])


# --- meaning -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("x", X),
        (" 2 * x ", Binary("*", Number(2), X)),
        ("x - y - 1", Binary("-", Binary("-", X, Y), Number(1))),
        ("x - (y - 1)", Binary("-", X, Binary("-", Y, Number(1)))),
        ("x / y / 2", Binary("/", Binary("/", X, Y), Number(2))),
        ("x ^ y ^ 2", Binary("^", X, Binary("^", Y, Number(2)))),
        ("x ** 2", Binary("^", X, Number(2))),
        ("-x^2", Negative(Binary("^", X, Number(2)))),
        ("(-x)^2", Binary("^", Negative(X), Number(2))),
        ("2^-x", Binary("^", Number(2), Negative(X))),
        ("-x*y", Binary("*", Negative(X), Y)),
        ("+x", X),
        ("x × y ÷ 2 − 1·x", parse_formula("x * y / 2 - 1 * x")),
        ("max(0, x, y)", Call("max", (Number(0), X, Y))),
        ("relu(x)", Call("relu", (X,))),
        ("1e-3 + 1.5E2 + .5", parse_formula("0.001 + 150 + 0.5")),
    ],
)
def test_what_a_formula_means(text: str, tree: Expression) -> None:
    assert parse_formula(text) == tree


def trees() -> st.SearchStrategy[Expression]:
    leaves = st.one_of(
        st.sampled_from([X, Y]),
        st.floats(0, 1e6, allow_subnormal=False).map(lambda value: Number(value + 0.0)),
        st.integers(0, 9).map(lambda value: Number(float(value))),
    )

    def grown(parts: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
        return st.one_of(
            parts.map(Negative),
            st.builds(Binary, st.sampled_from("+-*/^"), parts, parts),
            st.builds(
                lambda name, part: Call(name, (part,)),
                st.sampled_from(["relu", "exp", "log", "sin", "cos", "sigmoid", "tanh"]),
                parts,
            ),
            st.builds(
                lambda name, several: Call(name, tuple(several)),
                st.sampled_from(["max", "min"]),
                st.lists(parts, min_size=2, max_size=3),
            ),
        )

    return st.recursive(leaves, grown, max_leaves=8)


@given(trees())
def test_a_written_formula_is_read_as_the_same(tree: Expression) -> None:
    text = text_of_expression(tree)
    assume(len(text) <= LONGEST_FORMULA)
    assert parse_formula(text) == tree


FUNCTIONS = {
    "relu": lambda a: np.maximum(a, 0),
    "exp": np.exp,
    "log": np.log,
    "sin": np.sin,
    "cos": np.cos,
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "tanh": np.tanh,
    "max": lambda *parts: reduce(np.maximum, parts),
    "min": lambda *parts: reduce(np.minimum, parts),
}


@st.composite
def python_formulas(draw: st.DrawFn) -> str:
    """Formulas that Python reads too: its own precedence is the witness."""
    text = draw(st.sampled_from(["x", "y", "2", "0.5", "3"]))
    for _ in range(draw(st.integers(0, 5))):
        other = draw(st.sampled_from(["x", "y", "2", "1.5", "(x + y)", "-x", "sin(y)"]))
        sign = draw(st.sampled_from([" + ", " - ", "*", "/", "**2 + ", "**3*"]))
        text = draw(
            st.sampled_from(
                [
                    f"{text}{sign}{other}",
                    f"({text})",
                    f"-{text}",
                    f"tanh({text})",
                    f"sigmoid({text})",
                    f"relu({text})",
                    f"max({text}, {other})",
                    f"min({other}, {text}, 1)",
                    f"cos({text})",
                ]
            )
        )
    return text


@given(python_formulas())
def test_values_agree_with_numpy(text: str) -> None:
    assume(len(text) <= LONGEST_FORMULA)
    with np.errstate(all="ignore"):
        # Written by this test, not by a visitor.
        expected = eval(
            text, {"__builtins__": {}}, {**FUNCTIONS, "x": POINTS[:, 0], "y": POINTS[:, 1]}
        )
    expected = np.broadcast_to(np.asarray(expected, float), len(POINTS))
    found = PlaneFunction(text).values_or_nan(POINTS)
    known = np.isfinite(found)
    np.testing.assert_allclose(found[known], expected[known], rtol=1e-9, atol=1e-12)
    assert known[np.isfinite(expected)].mean() > 0.5 or not np.isfinite(expected).any()


@given(trees(), st.lists(st.floats(0.1, 3), min_size=2, max_size=2))
def test_slopes_agree_with_tensorflow(tree: Expression, place: list[float]) -> None:
    function = PlaneFunction(tree)
    point = np.array([place])
    try:
        values, gradients = function.values_and_gradients(point)
    except OutsideDomain:
        return
    others, expected = TensorFunction(function).values_and_gradients(point)
    assume(
        np.abs(gradients).max() < 1e9 and np.isfinite(expected).all() and np.isfinite(others).all()
    )
    np.testing.assert_allclose(values, others, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(gradients, expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("text", "slopes"),
    [("relu(x - y)", [0, 0]), ("max(x, y) - y", [0.5, -0.5]), ("min(x, y)", [0.5, 0.5])],
)
def test_kinks_are_shared_evenly(text: str, slopes: list[float]) -> None:
    function, point = PlaneFunction(text), np.array([[1.0, 1.0]])
    assert function.values_and_gradients(point)[1][0].tolist() == slopes
    assert TensorFunction(function).values_and_gradients(point)[1][0].tolist() == slopes


def test_a_formula_takes_tensors() -> None:
    found = PlaneFunction("max(0, x)^2 / 2 - y")(tf.constant([[3.0, 1.0], [-3.0, 1.0]], tf.float64))
    assert found.numpy().tolist() == [3.5, -1.0]


def test_variables() -> None:
    assert variables_of(parse_formula("max(0, sin(x))")) == {"x"}
    assert variables_of(parse_formula("1 + 2")) == frozenset()


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("max(0, x) + y", r"\max\left(0,\, x\right) + y"),
        ("(x + 1)/y^2", r"\frac{x + 1}{y^{2}}"),
        ("2*(x - y)", r"2 \cdot \left(x - y\right)"),
        ("sigmoid(x)", r"\operatorname{sigmoid}\left(x\right)"),
        ("1e-7*x", r"1 \cdot 10^{-7} \cdot x"),
    ],
)
def test_latex(text: str, latex: str) -> None:
    assert latex_of_expression(parse_formula(text)) == latex


# --- mistakes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words", "position"),
    [
        ("", "empty", 1),
        ("2x", "write products with *", 2),
        ("x y", "write products with *", 3),
        ("(x", "never closed", 1),
        ("max(x, y", "never closed", 4),
        ("x)", "closes no", 2),
        ("x +", "ends", 4),
        ("x + * y", "There is “*”", 5),
        ("1,5", "decimals with a point", 2),
        ("max(x)", "two arguments or more", 1),
        ("exp(x, y)", "one argument", 1),
        ("sin x", "write sin(x)", 1),
        ("z + 1", "“z” at position 1 is not known", 1),
        ("foo(x)", "not known", 1),
        (".", "is no number", 1),
        ("1e999", "too large", 1),
        ("1..2", "missing before", 3),
        ("x = 1", "“=” at position 3", 3),
        ("x²", "“²” at position 2", 2),
        ("٣ + x", "“٣” at position 1", 1),
        ("х + 1", "at position 1", 1),  # a Cyrillic letter that looks like x
        ("x\u202e", "U+202E", 2),
        ("x\n+y", "U+000A", 2),
        ("x" * 201, "at most 200", 201),
    ],
)
def test_a_mistake_gets_one_sentence(text: str, words: str, position: int) -> None:
    with pytest.raises(FormulaError) as caught:
        parse_formula(text)
    assert words in str(caught.value)
    assert caught.value.position == position
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "exec(x)",
        "x.__class__",
        "x[0]",
        "lambda: x",
        "eval(x)",
        "x if y else x",
        "{x}",
        "`x`",
        "x; y",
        "0x10",
        "1_000",
        "1j",
        "x@y",
        "x//y",
        "x^^y",
        "\\input{x}",
        "$x$",
        "<img src=x>",
    ],
)
def test_python_and_markup_are_no_formulas(text: str) -> None:
    with pytest.raises(FormulaError):
        parse_formula(text)


@given(st.text(max_size=300) | st.text("xy0123456789.e+-*/^(), maxrelu", max_size=300))
def test_anything_is_a_formula_or_a_mistake(text: str) -> None:
    try:
        tree = parse_formula(text)
    except FormulaError:
        return
    PlaneFunction(tree).values_or_nan(POINTS)
    latex_of_expression(tree)


@pytest.mark.parametrize(
    "text",
    ["(" * 90 + "x" + ")" * 90, "-" * 150 + "x", "2^" * 60 + "x", "sin(" * 30 + "x" + ")" * 30],
)
def test_nesting_has_a_limit(text: str) -> None:
    with pytest.raises(FormulaError, match=f"more than {DEEPEST_FORMULA} deep"):
        parse_formula(text)


def test_the_limit_leaves_room() -> None:
    deep = "(" * (DEEPEST_FORMULA - 1) + "x" + ")" * (DEEPEST_FORMULA - 1)
    assert parse_formula(deep) == X
    long = "+".join(["x"] * 100)
    assert PlaneFunction(long).values(np.array([[1.0, 0.0]])) == [100]


def test_powers_of_powers_end_at_once() -> None:
    started = time.process_time()
    with pytest.raises(OutsideDomain, match="too large"):
        PlaneFunction("10^10^10").values(np.zeros((1, 2)))
    assert time.process_time() - started < 1


# --- where there is no value ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("log(x)", "its argument is −1 there"),
        ("1 + relu(log(x))", "log(x) has no value at (−1, 2)"),
        ("y / (x + 1)", "divides by 0"),
        ("x^0.5", "−1 to the power 0.5"),
        ("x^y", "where the exponent changes"),
        ("(x + 1)^-1", "should not be 0"),
        ("1/exp(500*y)", "exp(500 * y) is too large"),
        ("0*exp(1000)", "too large"),
    ],
)
def test_no_value_is_said_in_a_sentence(text: str, words: str) -> None:
    function = PlaneFunction(text)
    point = np.array([[-1.0, 2.0]])
    assert math.isnan(function.values_or_nan(point)[0])
    for evaluate in (function.values, function.values_and_gradients):
        with pytest.raises(OutsideDomain) as caught:
            evaluate(point)
        assert words in str(caught.value)


def test_no_slope_is_said_in_a_sentence() -> None:
    function, origin = PlaneFunction("x^0.5"), np.zeros((1, 2))
    assert function.values(origin) == [0]
    with pytest.raises(OutsideDomain, match=r"no finite slope at \(0, 0\)"):
        function.values_and_gradients(origin)


def test_whole_powers_of_negative_bases() -> None:
    function = PlaneFunction("x^3 + x^-2 + x^0")
    values, gradients = function.values_and_gradients(np.array([[-2.0, 0.0]]))
    assert values[0] == pytest.approx(-8 + 0.25 + 1)
    assert gradients[0, 0] == pytest.approx(12 + 0.25)
