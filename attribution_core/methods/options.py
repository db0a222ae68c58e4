"""The options of a method: a frozen dataclass whose fields say how each is shown and bounded."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from numbers import Real
from typing import Any, TypeVar, cast

OptionValue = int | float | str | bool
T = TypeVar("T")

BFLOAT16 = "bfloat16"
"""What the option of `bfloat16_option` is called wherever there is one."""

_SWITCH = {"yes": True, "true": True, "no": False, "false": False}


@dataclass(frozen=True)
class Option:
    """A setting of a method, from which a control and its help text can be drawn.

    ``minimum``, ``maximum`` and ``step`` bound a number; ``choices`` lists the values of a text.
    ``before`` is what a saved map without this option was made with, where it is not the default.
    ``zero`` says what 0 means where it is no amount.
    """

    name: str
    label: str
    help: str
    default: OptionValue
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()
    before: OptionValue | None = None
    zero: str = ""

    def validated(self, value: object) -> OptionValue:
        """The value in the option's own type; ValueError where it is out of bounds."""
        if isinstance(self.default, bool):
            if isinstance(value, bool):
                return value
        elif isinstance(self.default, str):
            if isinstance(value, str) and value in self.choices:
                return value
        elif isinstance(value, Real) and not isinstance(value, bool):
            number, whole = float(value), isinstance(self.default, int)
            within = (self.minimum is None or number >= self.minimum) and (
                self.maximum is None or number <= self.maximum
            )
            if within and (not whole or number.is_integer()):
                return int(number) if whole else number
        expected = "True or False" if isinstance(self.default, bool) else self.expected
        raise ValueError(
            f"The option {self.name} cannot be {value!r}; {self.label.lower()} should be "
            f"{expected}."
        )

    def parsed(self, text: str) -> OptionValue:
        """The value of a text from the command line or a link.

        A switch is ``yes`` or ``no``, also ``true`` or ``false``. ValueError for any other text.
        """
        value: object = text
        if isinstance(self.default, bool):
            value = _SWITCH.get(text.lower(), text)
        elif not isinstance(self.default, str):
            with contextlib.suppress(ValueError):
                value = number_in(text)
        return self.validated(value)

    @property
    def expected(self) -> str:
        """What a text should be to be read as a value, such as ``a whole number from 1 to 9``."""
        if isinstance(self.default, bool):
            return "yes or no"
        if self.choices:
            return " or ".join(self.choices)
        kind = "a whole number" if isinstance(self.default, int) else "a number"
        least = "" if self.minimum is None else f" from {self.minimum:g}"
        most = "" if self.maximum is None else f" to {self.maximum:g}"
        return f"{kind}{least}{most}"


_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?", re.IGNORECASE)


def number_in(text: str) -> int | float:
    """The number that a text is, whole where it is written so.

    ValueError for any other text, also for what Python takes as a number and few people do, such
    as ``1_0`` or digits of another script.
    """
    written = text.strip()
    if not _NUMBER.fullmatch(written):
        raise ValueError(f"'{text}' is no number.")
    try:
        return int(written)
    except ValueError:
        return float(written)


def option(
    default: T,
    label: str,
    help: str,
    minimum: float | None = None,
    maximum: float | None = None,
    *,
    step: float | None = None,
    choices: tuple[str, ...] = (),
    before: T | None = None,
    zero: str = "",
) -> T:
    """A field of a method's options: its default, and what a control needs to show it.

    A number has bounds and a step, a text its choices; the type is that of the default. An option
    that was added to a method says what was done ``before``, one whose 0 is no amount what ``zero``
    means.
    """
    described = Option(
        "",
        label,
        help,
        cast(OptionValue, default),
        minimum,
        maximum,
        step,
        choices,
        cast(OptionValue | None, before),
        zero,
    )
    # Like dataclasses.field, it claims the type of the value that the field will have.
    return field(default=default, metadata={"option": described})


def bfloat16_option() -> bool:
    """The field ``bfloat16`` of methods that can evaluate coalitions with less precision."""
    return option(
        False,
        "Evaluate in bfloat16",
        "Coalitions are evaluated with 8 bits of precision instead of 24. On a processor with "
        "bfloat16 instructions, VGG16's networks take little more than half the time. Of a class's "
        "range over the coalitions, scores change by 0.6 % (median over all classes of the CAM "
        "head at block5_pool) to 2.7 % (the largest), far less than by sampling. Other networks "
        "gain nothing, and one whose scores change by more than 5 % of the largest is refused.",
    )


@dataclass(frozen=True)
class NoOptions:
    """The options of a method that has none."""


def options_in(options_type: type[Any]) -> tuple[Option, ...]:
    """The options that a dataclass has as fields made by `option`, in their order."""
    if not is_dataclass(options_type):
        raise TypeError(f"{options_type.__name__} is not a dataclass, so it cannot hold options.")
    return tuple(
        replace(cast(Option, each.metadata["option"]), name=each.name)
        for each in fields(options_type)
    )


def values_in(options: object) -> Mapping[str, OptionValue]:
    """The values of options by name, in their order."""
    return {each.name: getattr(options, each.name) for each in options_in(type(options))}
