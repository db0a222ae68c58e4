"""What is said of regions: of each class, of all, and of how far to believe them."""

from __future__ import annotations

from collections.abc import Sequence

from attribution_core.measures.class_values import ClassValues
from attribution_core.measures.strongest_classes import StrongestClasses
from pages.ui.shell.markdown import literal
from pages.ui.shell.numbers import written
from pages.ui.shell.scene import Scene

SAID = 3
"""So many classes are named in the sentence."""

TOP = 5
FEWEST = 3
"""A class that the answer hides is pointed out from so many players on: one may name anything."""


def considered(among: str, classes: int, count: int) -> str:
    """The classes that are compared, in words."""
    if among == "all":
        return f"all {classes:,} classes"
    if among == "likeliest":
        return f"the {count} likeliest classes"
    return f"the {count} chosen classes"


def sentence(
    values: ClassValues,
    found: StrongestClasses,
    compared: str,
    kind: str,
    labels: Sequence[str],
) -> str:
    """What is seen, in Markdown.

    Parameters
    ----------
    values : ClassValues
    found : StrongestClasses
        Of the values.
    compared : str
        The classes that are compared, in words.
    kind : str
        What a player is.
    labels : sequence of str
        Of the classes.
    """
    ranked = list(found.ranked.items())
    if not ranked:
        return f"No {kind} speaks for any of {compared}: every value is 0 or less."
    first, *others = [f"**{literal(labels[each])}**" for each, _ in ranked[:SAID]]
    counts = [count for _, count in ranked[:SAID]]
    text = f"Of {compared}, {first} is strongest at {counts[0]} of {len(values.values)} {kind}s"
    text += "".join(f", {each} at {count}" for each, count in zip(others, counts[1:], strict=True))
    text += "."
    for target, count in ranked:
        if count >= FEWEST and is_hidden(values, found, target):
            text += (
                f" Of the whole picture, **{literal(labels[target])}** is only the network’s "
                f"{guess(values.rank(target))}."
            )
            break
    return text


def is_hidden(values: ClassValues, found: StrongestClasses, target: int) -> bool:
    """Whether a class is strong somewhere and not among the network's first five answers."""
    strongest = float(found.values[:, 0].max())
    own = max(found.values[each.strongest, 0] for each in found.regions if each.target == target)
    return values.rank(target) > TOP and own >= 0.5 * strongest


def guess(rank: int) -> str:
    """The place of a class in the network's answer as people say it, such as "47th guess"."""
    ends = {1: "st", 2: "nd", 3: "rd"}
    end = "th" if rank // 10 % 10 == 1 else ends.get(rank % 10, "th")
    return "first guess" if rank == 1 else f"{rank}{end} guess"


def hedge(scene: Scene) -> str:
    """How to read the colours, and how far to believe them, in Markdown."""
    settings = scene.settings
    return (
        f"At **{literal(settings.layer)}**, compared with the {settings.reference} reference. The "
        "stronger a colour, the more its place gives to the class’s "
        f"{scene.quantity}; the names of weak ones mean little."
    )


def how_far(values: ClassValues, found: StrongestClasses, kind: str) -> str:
    """How exact the values are, in Markdown."""
    layer = literal(values.request.layer)
    if values.linear:
        return (
            f"Exact, from one forward pass: above {layer} the network is linear, so that gradient "
            "× input, Integrated Gradients, Shapley values and class activation maps are one map."
        )
    if values.exact:
        return (
            f"Exact Shapley values, for all classes from {values.evaluations} coalitions. Compare "
            "the last layer: the lower a layer, the less its activations hold of a class."
        )
    by = "KernelSHAP with local windows" if values.windows else "KernelSHAP"
    estimate = f"An estimate by {by} from {values.evaluations} coalitions"
    if found.standard_error is None:
        return (
            f"{estimate}, too few to tell its error, which takes {values.errors_from}: raise "
            "KernelSHAP’s budget in the sidebar, or choose fewer superpixels."
        )
    error = float(found.standard_error[:, 0].mean())
    size = float(found.values[:, 0].mean())
    ahead = found.values[:, 0] - found.values[:, 1]
    unsure = int((ahead < 2 * found.standard_error[:, 0]).sum())
    return (
        f"{estimate}: a standard error of {written(error, '.2g')} on values of "
        f"{written(size, '.2g')}, and {unsure} of {len(ahead)} {kind}s "
        "are less than two of them ahead of their runner-up."
    )
