"""What speaks where, as a figure."""

from __future__ import annotations

import io

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from attribution_core.figures.regions import regions_figure
from attribution_core.figures.style import FigureStyle, Width
from attribution_core.measures.strongest_classes import StrongestClasses, strongest_classes
from attribution_core.segmentations import positions

LABELS = ("ant", "bee <b>$x$", "cat")
PICTURE = np.full((32, 32, 3), 128, np.float32)


@pytest.fixture
def found() -> StrongestClasses:
    values = np.zeros((4, 3))
    values[[0, 1, 2, 3], [0, 0, 1, 2]] = [4, 2, 4, -1]
    return strongest_classes(values, positions(2, 2))


@pytest.mark.parametrize("width", ["one column", "two columns", "slide"])
def test_names_classes_and_caption_are_text(found: StrongestClasses, width: Width) -> None:
    made = regions_figure(
        found, PICTURE, LABELS, style=FigureStyle(width=width), caption="Made of nothing."
    )
    said = [text.get_text() for text in made.axes[0].texts]
    assert said.count("ant") == 1
    assert "ant (2)" in said
    assert "bee <b>$x$ (1)" in said
    assert not any("cat" in each for each in said)  # it is nowhere the strongest above 0
    assert any("Made of nothing." in each for each in said)
    assert b"bee &lt;b&gt;$x$" in made.rendered("svg")
    assert made.rendered("png") == made.rendered("png")


def test_the_strongest_places_have_the_classes_colours(found: StrongestClasses) -> None:
    style = FigureStyle(opacity=1.0, overlay=False, caption=False)
    made = regions_figure(found, PICTURE, LABELS, style=style)
    plane = np.asarray(made.axes[0].images[0].get_array())
    corner = plane[5, 5] / 255
    np.testing.assert_allclose(corner, to_rgb(found.colours[0]), atol=0.01)
    half = plane[5, -5] / 255  # half as strong: halfway from the white page
    np.testing.assert_allclose(half, (corner + 1) / 2, atol=0.01)
    assert (plane[-5, -5] == 255).all()
    with Image.open(io.BytesIO(made.rendered("png"))) as image:
        assert image.width == int(175 / 25.4 * 300)


def test_names_do_not_cover_one_another() -> None:
    values = np.ones((400, 2))
    values[::2, 0] += 1
    many = strongest_classes(values + np.eye(2)[np.arange(400) // 3 % 2], positions(20, 20))
    made = regions_figure(many, PICTURE, ("a long name of a class", "another"))
    names = [text for text in made.axes[0].texts if "(" not in text.get_text()]
    assert 0 < len(names) < len(many.regions)
