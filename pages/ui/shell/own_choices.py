"""The names of the pages' own choices in links, to tell a mistyped one from one not read yet."""

from __future__ import annotations

from collections.abc import Iterable

from pages.ui.shell.settings import MOST_COMPLAINTS

NAMES: dict[str, tuple[str, ...]] = {
    "explore": ("pinned",),
    "regions": ("among",),
    "superpixels": (
        "absent",
        "best",
        "class",
        "compare",
        "effort",
        "fewest",
        "interaction",
        "lines",
        "opened",
        "parts",
        "first",
        "second",
    ),
    "layers": ("extent", "gallery", "measure", "method", "methods", "part", "first", "second"),
    "references": ("method", "path", "place"),
    "randomisation": ("class", "method", "mode", "seeds", "stage"),
    "faithfulness": (
        "bottom",
        "class",
        "direction",
        "layers",
        "left",
        "measure",
        "measured",
        "measures",
        "method",
        "pictures",
        "players",
        "region",
        "right",
        "score",
        "share",
        "shown",
        "steps",
        "tiles",
        "top",
        "view",
    ),
    "axioms": ("class", "formula", "function", "network", "x", "y"),
    "methods": ("about", "class", "shown"),
    "figure": ("caption", "format", "outlines", "picture", "scale", "theme", "width"),
    "sidebar": ("more",),
    "stage": ("class", "film", "method"),
    "stories": ("view",),
}
"""What follows the hyphen, by what stands before it."""


def not_understood(parameters: Iterable[str]) -> str:
    """One sentence about a link's names with a hyphen that no page has; empty where all are known.

    Those without a hyphen are settings, which `decode` complains of.
    """
    unknown = [
        name for name in parameters if "-" in name and "." not in name and not _is_known(name)
    ]
    if not unknown:
        return ""
    shown = ", ".join(f"“{name[:40]}”" for name in unknown[:MOST_COMPLAINTS])
    more = f" and {len(unknown) - MOST_COMPLAINTS} more" if len(unknown) > MOST_COMPLAINTS else ""
    return f"Not understood in the link, and passed over: {shown}{more}."


def _is_known(name: str) -> bool:
    first, _, rest = name.partition("-")
    return rest in NAMES.get(first, ())
