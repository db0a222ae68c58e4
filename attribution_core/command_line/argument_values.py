"""What the text of one argument says; argparse makes a sentence of what it should have been."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from attribution_core.figures.style import SUFFIXES
from attribution_core.methods.options import OptionValue
from attribution_core.models.pixels import size_in
from attribution_core.models.preprocessing import read_preprocessing
from attribution_core.registry import method_named


def port(text: str) -> int:
    """Of a server."""
    number = positive(text)
    if number < 2**16:
        return number
    raise argparse.ArgumentTypeError(f"{text} is no port; give 1 to 65535")


def size(text: str) -> tuple[int, int]:
    """Height and width in pixels."""
    try:
        return size_in(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def preprocessing(text: str) -> str:
    """By name or by its numbers, as `read_preprocessing` writes it."""
    try:
        return str(read_preprocessing(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def whole(text: str) -> int:
    """A whole number from 0."""
    return _at_least(text, 0)


def positive(text: str) -> int:
    """A whole number from 1."""
    return _at_least(text, 1)


def _at_least(text: str, least: int) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) < least:
        raise argparse.ArgumentTypeError(f"'{text}' should be a whole number of {least} or more")
    return int(text)


def bytes_of(text: str) -> int:
    """Bytes of a size in MB or GB."""
    for unit, factor in (("MB", 10**6), ("GB", 10**9)):
        number = text.upper().removesuffix(unit)
        if number != text.upper():
            return positive(number.strip()) * factor
    raise argparse.ArgumentTypeError(f"'{text}' should be a size such as 900MB or 4GB")


def several(text: str) -> int:
    """A whole number from 2."""
    return _at_least(text, 2)


def figure_file(text: str) -> Path:
    """Where a figure for print is written to."""
    return _file_of(text, SUFFIXES)


def regions_file(text: str) -> Path:
    """Where regions are written to."""
    return _file_of(text, ("csv", "json", "npz", *SUFFIXES))


def interactions_file(text: str) -> Path:
    """Where interactions are written to."""
    return _file_of(text, ("csv", "npz", *SUFFIXES))


def table_or_arrays_file(text: str) -> Path:
    """Where a table or arrays are written to."""
    return _file_of(text, ("csv", "npz"))


def observations_file(text: str) -> Path:
    """Where observations are written to."""
    return _file_of(text, ("csv", "json"))


def _file_of(text: str, suffixes: Sequence[str]) -> Path:
    path = Path(text)
    if path.suffix.lower().removeprefix(".") not in suffixes:
        raise argparse.ArgumentTypeError(f"'{text}' should end in .{', .'.join(suffixes)}")
    return path


def option(text: str) -> tuple[str, str, OptionValue]:
    """Method, option and value of ``method.name=value``."""
    place, equals, value = text.partition("=")
    method, dot, name = place.partition(".")
    if not (equals and dot):
        raise argparse.ArgumentTypeError(
            f"'{text}' should be METHOD.NAME=VALUE, such as kernel_shap.budget=1024"
        )
    try:
        return method, name, method_named(method).option_named(name).parsed(value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
