"""``methods``: what each method answers, promises and costs, its options, and sets of methods."""

from __future__ import annotations

import argparse
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

from attribution_core.command_line.exit_codes import DONE
from attribution_core.methods.badges import badges_of, cost_of
from attribution_core.methods.method import QUESTIONS, Method
from attribution_core.methods.presets import PRESETS, Preset
from attribution_core.registry import METHODS, in_groups, methods_named

WIDTH = 100


def list_methods(asked: argparse.Namespace) -> int:
    """Print the methods that are named, or all with the sets of them; return the exit code."""
    parts: list[Iterable[str]] = []
    if asked.names:
        named = dict.fromkeys(name for words in asked.names for name in methods_named(words))
        parts += [_described(METHODS[name]) for name in named]
    else:
        for question, methods in in_groups().items():
            parts += [[QUESTIONS[question]], *map(_described, methods)]
        parts.append(["Sets of methods, for --methods:", *map(_of_set, PRESETS.values())])
    print("\n\n".join("\n".join(part) for part in parts))
    return DONE


def _of_set(preset: Preset) -> str:
    names = ", ".join(preset.names(METHODS, {}))
    return "\n".join(_indented(f'"{preset.title}": {names}', 4))


def _described(method: Method[Any]) -> Iterator[str]:
    yield f"{method.name}: {method.title}"
    yield from _indented(method.help, 4)
    said = [badge.title for badge in badges_of(method)]
    yield from _indented(" · ".join([*said, cost_of(method)]), 4)
    for option in method.options:
        default = option.default
        if isinstance(default, bool):
            default = "yes" if default else "no"
        yield from _indented(f"{method.name}.{option.name}={default} ({option.expected})", 4)
        yield from _indented(option.help, 8)


def _indented(text: str, spaces: int) -> list[str]:
    margin = " " * spaces
    return textwrap.wrap(text, WIDTH, initial_indent=margin, subsequent_indent=margin)
