"""Maps for print: how they are asked for, and what is refused."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import pytest
from PIL import Image

from attribution_core import FigureStyle, figure
from tests.figures.maps.drawn import grid
from tests.made_attributions import attribution


def test_an_attribution_draws_itself() -> None:
    each = attribution("kernel_shap")
    made = each.figure()
    assert made.get_size_inches()[0] == pytest.approx(85 / 25.4)
    assert each.figure(FigureStyle(width="slide")).get_size_inches()[0] == pytest.approx(
        338.7 / 25.4
    )
    shown = each._repr_png_()
    with Image.open(io.BytesIO(shown)) as file:
        assert (file.format, file.width) == ("PNG", pytest.approx(85 / 25.4 * 150, abs=1))


@pytest.mark.parametrize(
    ("attributions", "message"),
    [
        ([], "nothing to draw"),
        ([[]], "nothing to draw"),
        ([[None]], "nothing to draw"),
        ([attribution(), [attribution()]], "give attributions, or rows of them"),
        ([attribution(), attribution()], "is there twice"),
    ],
)
def test_what_cannot_be_drawn(attributions: Sequence[Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        figure(attributions)


@pytest.mark.parametrize(("width", "columns"), [("one column", 8), ("slide", 5)])
def test_too_many_maps_are_refused_rather_than_drawn_too_small(width: Any, columns: int) -> None:
    maps = [grid(1, columns) for _ in range(8)]
    with pytest.raises(ValueError, match="too many for a figure of this width; take fewer"):
        figure(maps, FigureStyle(width=width), rows=["ant"] * 8, columns=["Grad-CAM"] * columns)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"width": "A4"}, "width cannot be 'A4'; use 'one column' or 'two columns' or 'slide'"),
        ({"theme": "sepia"}, "use 'light' or 'dark'"),
        ({"scale": "all"}, "use 'map' or 'method'"),
        ({"opacity": 1.5}, "give a number from 0 to 1"),
        ({"clip": float("nan")}, "give a number from 0 to 100"),
    ],
)
def test_a_style_that_is_none(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FigureStyle(**wrong)


def test_matplotlib_is_loaded_with_the_first_figure_and_pyplot_never() -> None:
    code = (
        "import sys, attribution_core; assert 'matplotlib' not in sys.modules; "
        "attribution_core.figure; assert 'matplotlib.figure' in sys.modules; "
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
