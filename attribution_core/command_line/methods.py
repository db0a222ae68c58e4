"""``methods``: what each method does, and its options."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterator
from typing import Any

from attribution_core.command_line.exit_codes import DONE
from attribution_core.methods.method import Method
from attribution_core.registry import METHODS, method_named

WIDTH = 100


def list_methods(asked: argparse.Namespace) -> int:
    """Print the methods that are named, or all; return the exit code."""
    methods = [method_named(name) for name in asked.names or METHODS]
    print("\n\n".join("\n".join(_described(method)) for method in methods))
    return DONE


def _described(method: Method[Any]) -> Iterator[str]:
    yield f"{method.name}: {method.title}"
    yield from _indented(method.help, 4)
    for option in method.options:
        default = option.default
        if isinstance(default, bool):
            default = "yes" if default else "no"
        yield from _indented(f"{method.name}.{option.name}={default} ({option.expected})", 4)
        yield from _indented(option.help, 8)


def _indented(text: str, spaces: int) -> list[str]:
    margin = " " * spaces
    return textwrap.wrap(text, WIDTH, initial_indent=margin, subsequent_indent=margin)
