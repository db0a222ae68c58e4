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
    "corners": PlaneExample(
        "Equal at the corners",
        "x^2 * y",
        (1.0, 1.0),
        (0.0, 0.0),
        "At the four corners between reference and point it equals x·y, so that each variable "
        "contributes the same to either: monotonicity (thesis, definition 2.31) asks for the "
        "attributions of x·y, ½ each. Integrated Gradients see the path between, and give x ⅔.",
    ),
    "thesis_2_6": PlaneExample(
        "Thesis, example 2.6",
        "max(0, x) + y",
        (-50.0, 0.0),
        (-20.0, -10.0),
        "f and the point as printed. At x = −50 x is a dummy: small changes of it do nothing. It "
        "is none everywhere: drag the reference to an x above 0, and methods that compare with it "
        "give x a part.",
    ),
    "thesis_2_10": PlaneExample(
        "Thesis, example 2.10",
        "x + y",
        (0.0, 0.0),
        (0.0, 1.0),
        "As printed. The attribution (f(x) − f(x′), 0) = (−1, 0) is complete, and not sensitive: "
        "x is the same in both points and gets everything, y has changed and gets nothing. No "
        "method here gives it; all that are complete give (0, −1).",
    ),
    "thesis_2_13": PlaneExample(
        "Thesis, example 2.13",
        "1 / (1 + exp(10*y))",
        (0.0, 1.0),
        (0.0, -3.0),
        "As printed. With the slope at the reference, −9.36e-13, the first Taylor term is "
        "(y − y′) · slope = −3.74e-12; the thesis prints 3.74e-12, which has lost its sign. Linear "
        "takes the slope at the point and gives −0.00182. f falls by 1 all the same.",
    ),
}
