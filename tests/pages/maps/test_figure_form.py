"""The form for a figure: closed it draws nothing, open it has a preview and a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from attribution_core.figures import figure as figures
from tests.pages.visits import Visit


def labels(page: Visit) -> list[str]:
    return [each.proto.label for each in page.app.get("download_button")]


def test_a_form_that_is_closed_draws_nothing(
    visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[Any] = []
    real = figures.figure

    def watched(*arguments: Any, **named: Any) -> Any:
        drawn.append((arguments, named))
        return real(*arguments, **named)

    monkeypatch.setattr(figures, "figure", watched)
    page = visit(
        model="efficientnet_lite0", classes="285,967", layer="top_relu", methods="gradient,grad_cam"
    ).finish()
    page.wait(lambda: "Arrays as NPZ" in labels(page))
    assert "Grid as PNG" not in labels(page)
    assert not drawn

    page.app.session_state["figure_form"] = True
    page.run()
    assert labels(page)[-1] == "Download PNG"
    ((maps, style), named) = drawn[-1]
    assert [[each.request.method for each in line] for line in maps] == [
        ["gradient", "grad_cam"]
    ] * 2
    assert named["rows"] == ("Egyptian cat", "espresso")
    assert named["columns"] == ("Gradient", "Grad-CAM")
    assert (style.width, style.theme, style.overlay) == ("two columns", "light", True)
    assert "175 × " in page.words

    # The same once more is not drawn again.
    once = len(drawn)
    page.run()
    assert len(drawn) == once

    page.app.selectbox(key="choose_figure-width").set_value("slide")
    page.app.selectbox(key="choose_figure-format").set_value("svg")
    page.app.toggle(key="choose_figure-caption").set_value(False)
    page.run()
    assert labels(page)[-1] == "Download SVG"
    assert "339 × 190 mm, text as text, maps as images" in page.words
    assert len(drawn) > once
    assert (drawn[-1][0][1].width, drawn[-1][0][1].caption) == ("slide", False)

    # What was chosen is still there when the form is opened again.
    page.app.session_state["figure_form"] = False
    page.run()
    assert "Download SVG" not in labels(page)
    page.app.session_state["figure_form"] = True
    page.run()
    assert page.app.selectbox(key="choose_figure-width").value == "slide"

    def refused(*arguments: Any, **named: Any) -> Any:
        raise ValueError("88 maps are too many.")

    monkeypatch.setattr(figures, "figure", refused)
    page.app.selectbox(key="choose_figure-theme").set_value("dark")
    page.run()
    assert "88 maps are too many." in page.words
    assert labels(page)[-1] == "Arrays as NPZ"


def test_the_form_takes_over_what_the_sidebar_says(visit: Callable[..., Visit]) -> None:
    page = visit(
        model="efficientnet_lite0",
        classes="285",
        layer="top_relu",
        methods="gradient",
        scale="method",
        colours="absolute",
    ).finish()
    page.app.session_state["figure_form"] = True
    page.wait(lambda: "Download PNG" in labels(page))
    assert page.app.selectbox(key="choose_figure-scale").value == "method"
