"""Maps in rows and columns, and what their titles say."""

from __future__ import annotations

import pytest

from attribution_core import Attribution, Contrast
from attribution_core.figures.arrangement import classes_by_methods, titled
from tests.made_attributions import attribution, picture


def titles(*maps: Attribution) -> tuple[tuple[str, ...], tuple[str, ...]]:
    arranged = titled(classes_by_methods(maps))
    return arranged.rows, arranged.columns


def test_a_row_a_class_and_a_column_a_method() -> None:
    maps = [attribution(m, target) for target in (3, 1) for m in ("kernel_shap", "gradient")]
    cells = classes_by_methods(maps)
    assert [cells[0, 0], cells[0, 1], cells[1, 0], cells[1, 1]] == maps
    assert titles(*maps) == (("dog", "bee"), ("KernelSHAP", "Gradient"))


def test_titles_say_what_sets_columns_apart_and_nothing_else() -> None:
    assert titles(attribution(layer="a"), attribution(layer="b"))[1] == (
        "Gradient × Input\na",
        "Gradient × Input\nb",
    )
    assert titles(
        attribution("integrated_gradients", options={"steps": 8}),
        attribution("integrated_gradients", options={"steps": 64}),
    )[1] == ("Integrated Gradients\nsteps\u00a08", "Integrated Gradients\nsteps\u00a064")
    # An option that only one of the methods has sets nothing apart.
    assert titles(attribution("gradient"), attribution("lime", options={"samples": 8}))[1] == (
        "Gradient",
        "LIME",
    )
    assert titles(
        attribution("linear"), attribution("linear", reference="mean", score=Contrast(2))
    )[1] == (
        "Linear\nblack reference\nlogit",
        "Linear\nmean reference\nlead over class 2",
    )


def test_models_and_pictures_are_rows() -> None:
    assert titles(attribution(model="vgg16"), attribution(model="own"))[0] == (
        "bee\nVGG16",
        "bee\nown",
    )
    both = classes_by_methods([attribution(of=picture(seed=1)), attribution(of=picture(seed=2))])
    assert sorted(both) == [(0, 0), (1, 0)]


def test_one_and_the_same_map_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="Gradient × Input for bee is there twice"):
        classes_by_methods([attribution(), attribution()])


def test_rows_of_ones_own_are_titled_by_what_they_have_in_common() -> None:
    cells = {
        (0, 0): attribution("gradient", 1),
        (0, 1): attribution("gradient", 2),
        (1, 0): attribution("lime", 1),
        (1, 1): attribution("lime", 2),
    }
    arranged = titled(cells)
    assert (arranged.rows, arranged.columns) == (("Gradient", "LIME"), ("bee", "cat"))


def test_maps_without_order_need_titles() -> None:
    cells = {
        (0, 0): attribution("gradient", 1),
        (0, 1): attribution("lime", 2),
        (1, 0): attribution("lime", 2),
        (1, 1): attribution("gradient", 1),
    }
    with pytest.raises(ValueError, match="give titles for rows and columns"):
        titled(cells)
    arranged = titled(cells, ("one", "two"), ("a", "b"))
    assert (arranged.rows, arranged.columns) == (("one", "two"), ("a", "b"))
    with pytest.raises(ValueError, match="There are 2 rows of maps and 1 row titles"):
        titled(cells, ("one",), ("a", "b"))
    with pytest.raises(ValueError, match="nothing to draw"):
        titled({})
