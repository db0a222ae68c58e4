"""Lines of text: glyphs that exist, widths, and breaks."""

from __future__ import annotations

import io
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.font_manager import findfont, get_font
from matplotlib.textpath import text_to_path

from attribution_core.figures.lines import (
    FAMILY,
    UNBROKEN,
    drawable,
    font,
    shortened,
    widest_word,
    width_of,
    wrapped,
)


def test_the_bundled_font_has_the_signs_of_the_field() -> None:
    own = get_font(findfont(FAMILY))
    for sign in "×−′σ∂Σ±⁻⁰¹²³⁴⁵⁶⁷⁸⁹…’αβλ":
        assert own.get_char_index(ord(sign)), sign


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Gradient × Input", "Gradient × Input"),
        ("  soft-coated\twheaten \n terrier ", "soft-coated wheaten terrier"),
        ("\ue123 of a private font", "U+E123 of a private font"),
        ("cat\u200d\ufe0f", "cat"),
        ("котёнок, γάτα", "котёнок, γάτα"),
        ("", ""),
    ],
)
def test_characters_without_a_glyph_are_named(text: str, expected: str) -> None:
    # Joiners may have an empty glyph in some font; then they may stay.
    assert drawable(text).replace("\u200d", "").replace("\ufe0f", "") == expected


@given(st.text(max_size=30))
def test_whatever_a_label_is_it_is_drawn_without_a_missing_glyph(text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        line = drawable(text)
        if line:
            text_to_path.get_text_width_height_descent(line, font(line, 10), False)


def test_widths_are_those_of_the_drawn_text() -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 1), dpi=300)
    for size in (6.5, 8.0, 18.0):
        for text in ("Integrated Gradients", "−1.23×10⁻⁵", "KernelSHAP", "AVAVA fjord"):
            drawn = figure.text(0, 0, text, fontproperties=font(text, size), parse_math=False)
            figure.savefig(io.BytesIO(), format="png")
            millimetres = drawn.get_window_extent().width / 300 * 25.4
            assert width_of(text, size) == pytest.approx(millimetres, rel=0.03)


@given(st.text("abc _-×", max_size=40), st.floats(4, 40))
def test_wrapped_lines_fit_and_lose_nothing(text: str, width: float) -> None:
    lines = wrapped(text, 8.0, width, 99)
    for line in lines:
        assert line == line.strip()
        assert width_of(line, 8.0) <= width + 1e-9
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    if lines and widest_word(text, 8.0) <= width and "×" not in text:
        words = [word for word in text.replace("_", "_ ").replace("-", "- ").split() if word]
        assert all(any(word in line for line in lines) for word in words)


def test_breaks_come_where_a_reader_expects_them() -> None:
    assert wrapped("Integrated Gradients", 8, 18, 3) == ("Integrated", "Gradients")
    assert wrapped("Gradient × Input", 8, 18, 3) == ("Gradient", "× Input")
    assert wrapped("block6d_depthwise_bn", 8, 20, 3) == ("block6d_", "depthwise_bn")
    assert wrapped("ant\nKernelSHAP", 8, 80, 3) == ("ant", "KernelSHAP")
    assert wrapped(f"steps{UNBROKEN}256, rule", 8, 17, 9) == ("steps 256,", "rule")
    assert wrapped("Donaudampfschiff", 8, 12, 9)[0].startswith("Dona")
    assert wrapped("", 8, 80, 3) == ()


def test_what_is_too_long_ends_in_an_ellipsis() -> None:
    lines = wrapped("one two three four five six seven eight nine", 8, 14, 2)
    assert len(lines) == 2
    assert lines[1].endswith("…")
    assert width_of(lines[1], 8) <= 14


@pytest.mark.parametrize("width", [12.0, 18.0, 30.0])
def test_a_long_name_keeps_both_ends(width: float) -> None:
    name = "German short-haired pointer, bred in the year 1907"
    lines = shortened(name, 8, width, 2)
    assert len(lines) <= 2
    assert max(width_of(line, 8) for line in lines) <= width
    said = " ".join(lines)
    assert said.count("…") == 1
    begin, end = (part.strip() for part in said.split("…"))
    assert name.startswith(begin[:3])
    assert name.endswith(end[-2:])
    # As much of it as there is room for.
    assert len(shortened(name, 8, 2 * width, 2)) <= 2
    assert len("".join(shortened(name, 8, 2 * width, 2))) > len("".join(lines))
    assert shortened(name, 8, 200, 2) == (name,)
