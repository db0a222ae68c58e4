"""Maps for print as PNG, PDF and SVG: what is in the files, byte for byte the same."""

from __future__ import annotations

import io
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from PIL import Image

from attribution_core import FigureStyle, figure
from tests.figures.maps.drawn import MILLIMETRE, SVG, WIDTHS, box, grid, image, page
from tests.figures.maps.pdf import text_of_pdf
from tests.made_attributions import attribution


def test_a_png_has_300_dots_per_inch() -> None:
    made = figure(grid(1, 2), FigureStyle(width="one column"))
    with Image.open(io.BytesIO(made.rendered("png"))) as file:
        assert file.width == pytest.approx(85 / 25.4 * 300, abs=1)
        assert file.info["dpi"] == pytest.approx((300, 300), abs=0.1)


def test_the_print_is_the_map_pixel_by_pixel() -> None:
    made = figure(
        attribution(shape=(3, 3)), FigureStyle(smooth=False, overlay=False, width="one column")
    )
    with Image.open(io.BytesIO(made.rendered("png"))) as file:
        pixels = np.asarray(file.convert("RGB"), int)
    left, top, wide, high = box(made, "map 0 0")
    colours = np.asarray(image(made, "map 0 0").get_array(), int)
    rows, columns = (np.arange(24) + 0.5) / 24, (np.arange(24) + 0.5) / 24
    at = np.ix_(
        ((top + high * rows) / 25.4 * 300).astype(int),
        ((left + wide * columns) / 25.4 * 300).astype(int),
    )
    np.testing.assert_array_equal(pixels[at], colours)


def test_an_svg_has_text_as_text_and_maps_as_images() -> None:
    made = figure(grid(2, 2), FigureStyle(outlines=True, picture=True))
    root = ElementTree.fromstring(made.rendered("svg"))
    assert float(str(root.get("width")).removesuffix("pt")) == pytest.approx(175 * MILLIMETRE)
    found = [str(each.text) for each in root.iter(f"{SVG}text")]
    assert found == [text.get_text() for text in page(made).texts]
    assert {"Gradient × Input", "ant"} <= set(found)
    # Four maps, as many scales, and the picture in two rows.
    assert len(list(root.iter(f"{SVG}image"))) == 4 + 4 + 2
    assert "sans-serif" in str(next(root.iter(f"{SVG}text")).get("style"))
    assert not list(root.iter(f"{SVG}use"))


@pytest.mark.thorough
def test_a_pdf_has_text_as_text_and_its_fonts() -> None:
    made = figure(grid(2, 2), FigureStyle(outlines=True, dated=date(2026, 1, 2)))
    content = made.rendered("pdf")
    (size,) = re.findall(rb"/MediaBox \[ 0 0 (\S+) (\S+) \]", content)
    assert [float(each) for each in size] == pytest.approx(list(made.get_size_inches() * 72))
    assert b"/FontFile2" in content
    assert b"/Type3" not in content
    assert content.count(b"/Subtype /Image") == 4 + 4
    said = text_of_pdf(content)
    for text in page(made).texts:
        assert text.get_text().replace(" ", "") in said


@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_one_figure_gives_the_same_bytes_whatever_the_users_settings(suffix: str) -> None:
    style = FigureStyle(dated=date(2026, 1, 2))
    plain = figure(grid(1, 2), style).rendered(suffix, 100)
    theirs = {
        "font.size": 20,
        "savefig.bbox": "tight",
        "savefig.facecolor": "red",
        "text.color": "green",
        "svg.fonttype": "path",
        "pdf.fonttype": 3,
    }
    with matplotlib.rc_context(theirs):
        before = dict(matplotlib.rcParams)
        assert figure(grid(1, 2), style).rendered(suffix, 100) == plain
        assert dict(matplotlib.rcParams) == before


@pytest.mark.thorough
def test_several_threads_draw_what_one_does() -> None:
    def drawn(number: int) -> tuple[bytes, ...]:
        width = list(WIDTHS)[number % 3]
        made = figure(grid(1, 1 + number % 4), FigureStyle(width=width, dated=None, outlines=True))
        return tuple(made.rendered(suffix, 60) for suffix in ("png", "svg", "pdf"))

    alone = [drawn(number) for number in range(3)]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(drawn, [*range(3), *range(3)])) == alone * 2


def test_saved_by_matplotlib_it_is_the_same_kind_of_file(tmp_path: Any) -> None:
    made = figure(attribution())
    made.savefig(tmp_path / "map.svg")
    assert b"<text" in (tmp_path / "map.svg").read_bytes()
    made.savefig(tmp_path / "map.png")
    with Image.open(tmp_path / "map.png") as file:
        assert file.width == pytest.approx(175 / 25.4 * 300, abs=1)


def test_a_file_that_is_no_figure() -> None:
    with pytest.raises(ValueError, match="cannot be a gif file; use png, pdf, svg"):
        figure(attribution()).rendered("gif")
