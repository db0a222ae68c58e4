"""Two-variable functions that show what methods do, each with a point and a reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class PlaneExample:
    """A function to start from.

    Attributes
    ----------
    title, formula : str
    point, reference : (x, y)
    remark : str
        What to look for, in one or two sentences of Markdown.
    """

    title: str
    formula: str
    point: tuple[float, float]
    reference: tuple[float, float]
    remark: str


EXAMPLES: Mapping[str, PlaneExample] = {
    "linear": PlaneExample(
        "Linear",
        "2*x - y + 1",
        (2.0, 1.5),
        (-1.0, -1.0),
        "Every method that compares with the reference gives each variable its own term, "
        "slope × difference.",
    ),
    "rectifier": PlaneExample(
        "Rectifier beside a linear term",
        "max(0, x) + y",
        (2.0, 1.0),
        (-2.0, -1.0),
        "Of the kind of thesis example 2.6. Only the part of the path with x > 0 counts for x. "
        "Linear takes the slope at the point for the whole path, and says too much.",
    ),
    "saturated": PlaneExample(
        "Saturated score",
        "1 - relu(1 - x)",
        (2.5, 1.5),
        (0.0, -1.0),
        "Of the kind of thesis example 2.10. The score rose by 1 and stays there: the gradient "
        "at the point is 0 and sees nothing of it. y is a dummy.",
    ),
    "logistic": PlaneExample(
        "Logistic",
        "sigmoid(2*x - y - 1)",
        (2.0, 0.5),
        (-0.5, -1.0),
        "Of the kind of thesis example 2.13. On the path the gradient always points the same way, "
        "so Integrated Gradients split the change like 2·(x − x′) and −(y − y′).",
    ),
    "product": PlaneExample(
        "Product",
        "x * y",
        (2.0, 1.5),
        (0.0, 0.0),
        "Neither factor does anything alone. Occlusion gives each of them the whole change, so "
        "that the two sum to twice as much.",
    ),
    "minimum": PlaneExample(
        "Minimum",
        "min(x, y)",
        (1.0, 3.0),
        (0.0, 0.0),
        "On the path x is always the smaller: Integrated Gradients give it everything. "
        "Shapley values see that neither does anything alone, and share.",
    ),
}
