"""From a typed formula to its tree. Nothing typed is ever run: only this grammar is read.

sum      = product { ("+" | "-") product }
product  = negative { ("*" | "/") negative }
negative = ("-" | "+") negative | power
power    = atom [ ("^" | "**") negative ]
atom     = number | "x" | "y" | "(" sum ")" | function "(" sum { "," sum } ")"
"""

from __future__ import annotations

from dataclasses import dataclass

from attribution_core.axioms.expression import (
    FUNCTIONS,
    OF_SEVERAL,
    VARIABLES,
    Binary,
    Call,
    Expression,
    Negative,
    Number,
    Variable,
)

LONGEST_FORMULA = 200
DEEPEST_FORMULA = 24
"""Parentheses, signs and powers inside one another."""

_DIGITS = "0123456789"
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
_SAME = {"−": "-", "×": "*", "·": "*", "⋅": "*", "÷": "/", "**": "^"}
_SIGNS = "+-*/^(),"


class FormulaError(ValueError):
    """What is wrong with a formula, in one plain sentence.

    Attributes
    ----------
    position : int
        Where in the text, counted from 1.
    """

    def __init__(self, sentence: str, position: int) -> None:
        super().__init__(sentence)
        self.position = position


@dataclass(frozen=True)
class _Token:
    """A number, a name or a sign; ``kind`` is "end" behind the last."""

    kind: str
    text: str
    position: int

    @property
    def shown(self) -> str:
        return "the end" if self.kind == "end" else f"“{self.text}”"


def parse_formula(text: str) -> Expression:
    """The tree of a formula such as ``max(0, x) + y``.

    Parameters
    ----------
    text : str
        Numbers, ``x``, ``y``, ``+ - * / ^`` (also ``− × · ÷ **``), parentheses, and the functions
        of `expression.FUNCTIONS`. At most 200 characters, nested at most 24 deep. ``^`` binds to
        the right and stronger than a sign before it: ``-x^2`` is −(x²).

    Raises
    ------
    FormulaError
        A ValueError that says what is wrong, where, and what would be right.
    """
    if len(text) > LONGEST_FORMULA:
        raise FormulaError(
            f"The formula has {len(text)} characters; it should have at most {LONGEST_FORMULA}.",
            LONGEST_FORMULA + 1,
        )
    if not text.strip():
        raise FormulaError("The formula is empty; write one such as max(0, x) + y.", 1)
    return _Parser(_tokens(text)).whole()


def _tokens(text: str) -> list[_Token]:
    tokens = []
    at = 0
    while at < len(text):
        start, character = at, text[at]
        if character in " \t":
            at += 1
            continue
        if character in _DIGITS or character == ".":
            at = _end_of_number(text, at)
            tokens.append(_Token("number", text[start:at], start + 1))
        elif character in _LETTERS:
            while at < len(text) and text[at] in _LETTERS + _DIGITS:
                at += 1
            tokens.append(_Token("name", text[start:at], start + 1))
        else:
            sign = "**" if text.startswith("**", at) else character
            at += len(sign)
            sign = _SAME.get(sign, sign)
            if sign not in _SIGNS:
                raise FormulaError(
                    f"The character “{_printable(character)}” at position {start + 1} has no "
                    "meaning here; use numbers, x, y, + - * / ^, parentheses and functions.",
                    start + 1,
                )
            tokens.append(_Token(sign, sign, start + 1))
    return [*tokens, _Token("end", "", len(text) + 1)]


def _printable(character: str) -> str:
    return character if character.isprintable() else f"U+{ord(character):04X}"


def _end_of_number(text: str, at: int) -> int:
    """Behind the digits, a point with digits, and an exponent such as e-3."""

    def digits(start: int) -> int:
        while start < len(text) and text[start] in _DIGITS:
            start += 1
        return start

    end = digits(at)
    if text[end : end + 1] == ".":
        end = digits(end + 1)
    if text[end : end + 1] in ("e", "E"):
        signed = end + 1 + (text[end + 1 : end + 2] in ("+", "-"))
        if digits(signed) > signed:
            end = digits(signed)
    return end


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def whole(self) -> Expression:
        found = self._sum()
        token = self._token
        if token.kind == "end":
            return found
        if token.kind == ")":
            raise FormulaError(
                f"The “)” at position {token.position} closes no “(”; take it away.",
                token.position,
            )
        if token.kind == ",":
            raise FormulaError(
                f"The “,” at position {token.position} is outside of a function; "
                "write decimals with a point, as in 0.5.",
                token.position,
            )
        raise FormulaError(
            f"An operator is missing before {token.shown} at position {token.position}; "
            "write products with *, as in 2*x.",
            token.position,
        )

    @property
    def _token(self) -> _Token:
        return self._tokens[self._at]

    def _take(self) -> _Token:
        token = self._token
        self._at += 1
        return token

    def _sum(self) -> Expression:
        found = self._product()
        while self._token.kind in ("+", "-"):
            sign = "+" if self._take().kind == "+" else "-"
            found = Binary("+" if sign == "+" else "-", found, self._product())
        return found

    def _product(self) -> Expression:
        found = self._negative()
        while self._token.kind in ("*", "/"):
            sign = self._take().kind
            found = Binary("*" if sign == "*" else "/", found, self._negative())
        return found

    def _negative(self) -> Expression:
        self._depth += 1
        if self._depth > DEEPEST_FORMULA:
            raise FormulaError(
                f"The formula is nested more than {DEEPEST_FORMULA} deep at position "
                f"{self._token.position}; write it with fewer parentheses, signs and powers inside "
                "one another.",
                self._token.position,
            )
        if self._token.kind in ("+", "-"):
            sign = self._take().kind
            operand = self._negative()
            found: Expression = Negative(operand) if sign == "-" else operand
        else:
            found = self._power()
        self._depth -= 1
        return found

    def _power(self) -> Expression:
        base = self._atom()
        if self._token.kind != "^":
            return base
        self._take()
        return Binary("^", base, self._negative())

    def _atom(self) -> Expression:
        token = self._take()
        if token.kind == "number":
            return _number(token)
        if token.kind == "(":
            found = self._sum()
            self._close(token)
            return found
        if token.kind == "name":
            return self._named(token)
        if token.kind == "end":
            raise FormulaError(
                f"The formula ends at position {token.position}, where a number, x, y, a function "
                "or “(” should follow.",
                token.position,
            )
        raise FormulaError(
            f"There is {token.shown} at position {token.position}, where a number, x, y, a "
            "function or “(” should be.",
            token.position,
        )

    def _named(self, token: _Token) -> Expression:
        if token.text in VARIABLES:
            return Variable(token.text)
        if token.text not in FUNCTIONS:
            shown = token.text if len(token.text) <= 20 else token.text[:20] + "…"
            raise FormulaError(
                f"The name “{shown}” at position {token.position} is not known; use x, y or one "
                f"of {', '.join(FUNCTIONS)}.",
                token.position,
            )
        opening = self._token
        if opening.kind != "(":
            raise FormulaError(
                f"The function {token.text} at position {token.position} has no argument; write "
                f"{token.text}({'x, y' if token.text in OF_SEVERAL else 'x'}).",
                token.position,
            )
        self._take()
        arguments = [self._sum()]
        while self._token.kind == ",":
            self._take()
            arguments.append(self._sum())
        self._close(opening)
        several = token.text in OF_SEVERAL
        if several != (len(arguments) > 1):
            expected = "two arguments or more" if several else "one argument"
            raise FormulaError(
                f"The function {token.text} at position {token.position} has {len(arguments)} "
                f"argument{'s' if len(arguments) > 1 else ''}; it should have {expected}.",
                token.position,
            )
        return Call(token.text, tuple(arguments))

    def _close(self, opening: _Token) -> None:
        if self._token.kind == ")":
            self._take()
            return
        if self._token.kind == "end":
            raise FormulaError(
                f"The “(” at position {opening.position} is never closed; add a “)”.",
                opening.position,
            )
        if self._token.kind == ",":
            raise FormulaError(
                f"The “,” at position {self._token.position} is outside of a function; "
                "write decimals with a point, as in 0.5.",
                self._token.position,
            )
        raise FormulaError(
            f"An operator or “)” is missing before {self._token.shown} at position "
            f"{self._token.position}; write products with *, as in 2*x.",
            self._token.position,
        )


def _number(token: _Token) -> Number:
    try:
        value = float(token.text)
    except ValueError:
        value = float("nan")
    if value != value:
        raise FormulaError(
            f"“{token.text}” at position {token.position} is no number; write one such as 0.5.",
            token.position,
        )
    if value == float("inf"):
        raise FormulaError(
            f"The number at position {token.position} is too large; it should be below 1e308.",
            token.position,
        )
    return Number(value)
