"""Maps made up for a figure, and what is on its sheet: texts, images, and where they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.image import AxesImage

from attribution_core import Attribution
from attribution_core.figures.printed import MapFigure
from tests.made_attributions import attribution, picture

METHODS = ("gradient_times_input", "integrated_gradients", "grad_cam", "kernel_shap", "lime")
MILLIMETRE = 72 / 25.4
WIDTHS = {"one column": 85.0, "two columns": 175.0, "slide": 338.7}
SVG = "{http://www.w3.org/2000/svg}"
LONG = "a soft-coated wheaten terrier of an extraordinarily long pedigree"


def grid(rows: int, columns: int, **how: Any) -> list[Attribution]:
    of = how.pop("of", picture())
    return [
        attribution(METHODS[number % 5], row, of=of, **{"layer": f"block{number // 5}", **how})
        for row in range(rows)
        for number in range(columns)
    ]


def with_values(each: Attribution, values: np.ndarray) -> Attribution:
    return replace(each, values=values, heatmap=values)


def page(made: MapFigure) -> Axes:
    (axes,) = made.axes
    return axes


def texts(made: MapFigure, role: str) -> list[str]:
    return [text.get_text() for text in page(made).texts if text.get_gid() == role]


def image(made: MapFigure, name: str) -> AxesImage:
    (found,) = (each for each in page(made).images if each.get_gid() == name)
    return found


def box(made: MapFigure, name: str) -> tuple[float, float, float, float]:
    """Left, top, width and height in millimetres."""
    left, right, bottom, top = image(made, name).get_extent()
    return left, top, right - left, bottom - top
