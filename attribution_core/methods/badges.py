"""What can be said of a method in a word or two, drawn from what its file promises and needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from attribution_core.methods.method import Method, Shapes

USUAL = Shapes(
    at_input=False, plane=(14, 14), input_size=(224, 224), players=49, colours=None, channels=512
)
"""Where costs are told before there is a network: at a layer like VGG16's last."""


@dataclass(frozen=True)
class Badge:
    """A word or two, and the sentence that explains them."""

    title: str
    help: str


def badges_of(
    method: Method[Any], options: Mapping[str, object] | None = None
) -> tuple[Badge, ...]:
    """What holds of a method, with options by name; the defaults where not given."""
    return tuple(_badges(method, options or {}))


def _badges(method: Method[Any], options: Mapping[str, object]) -> Iterator[Badge]:
    whole = "f(x)" if method.splits_score else "f(x) − f(x′)"
    if "completeness" in method.promises:
        yield Badge("adds up", f"Its values sum to {whole}.")
    elif method.splits_change or method.splits_score:
        yield Badge("meant to add up", f"Its values should sum to {whole}; the gap is told.")
    if method.is_signed(options):
        yield Badge("signed", "Values below 0 speak against the class.")
    else:
        yield Badge("no sign", "It does not show what speaks against the class.")
    if method.question == "historic":
        yield Badge("hardly class-specific", "Its map is much the same for every class.")
    if method.uses_reference:
        yield Badge("reference", "It compares the picture with the reference point.")
    if method.has_own_references:
        yield Badge("own references", "It compares the picture with others than the reference.")
    if method.inner_layers_only:
        yield Badge("inner layers", "It cannot be run at the pixels.")


def cost_of(method: Method[Any]) -> str:
    """What one map costs, in passes through the network above a layer with 49 players."""
    if method.every_coalition:
        return "2ⁿ passes for n players"
    passes = method.evaluations(method.read_options({}), USUAL)
    most = "up to " if method.stops_early(method.read_options({})) else ""
    return "1 pass" if passes == 1 else f"{most}{passes} passes"
