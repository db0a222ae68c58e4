"""What is said of a method in a word, by what is known of it from the literature."""

from __future__ import annotations

import pytest

from attribution_core.methods.badges import badges_of, cost_of
from attribution_core.methods.method import QUESTIONS
from attribution_core.registry import METHODS, grouped, in_groups, methods_named


@pytest.mark.parametrize(
    ("name", "question"),
    [
        ("gradient", "small_change"),
        ("smoothgrad", "small_change"),
        ("integrated_gradients", "shares"),
        ("lrp", "shares"),
        ("shapley_values", "shares"),
        ("grad_cam", "positions"),
        ("class_activation", "positions"),
        ("occlusion", "missing_parts"),
        ("lime", "missing_parts"),
        ("guided_backpropagation", "historic"),
        ("deconvnet", "historic"),
    ],
)
def test_the_question_that_a_method_answers(name: str, question: str) -> None:
    assert METHODS[name].question == question


def test_every_method_stands_in_one_group_and_groups_in_order() -> None:
    assert sorted(grouped()) == sorted(METHODS)
    assert [name for name in QUESTIONS if name in in_groups()] == list(in_groups())
    assert grouped()[0] == "gradient"
    assert METHODS[grouped()[-1]].question == "historic"


def _titles(name: str, **options: object) -> list[str]:
    return [badge.title for badge in badges_of(METHODS[name], options)]


def test_badges() -> None:
    assert _titles("integrated_gradients") == ["adds up", "signed", "reference"]
    assert _titles("expected_gradients") == ["adds up", "signed", "own references"]
    assert _titles("linear") == ["meant to add up", "signed", "reference"]
    assert _titles("grad_cam") == ["signed", "inner layers"]
    assert _titles("deconvnet") == ["signed", "hardly class-specific"]
    assert badges_of(METHODS["lrp"])[0].help == "Its values should sum to f(x); the gap is told."


@pytest.mark.parametrize(
    ("name", "option", "signed", "unsigned"),
    [
        ("grad_cam", "relu", False, True),
        ("class_activation", "variant", "HiResCAM", "LayerCAM"),
        ("rise", "values", "difference", "with"),
        ("smoothgrad", "statistic", "mean", "variance"),
    ],
)
def test_an_option_can_take_the_sign(
    name: str, option: str, signed: object, unsigned: object
) -> None:
    assert "signed" in _titles(name, **{option: signed})
    assert "no sign" in _titles(name, **{option: unsigned})


def test_what_a_map_costs() -> None:
    assert cost_of(METHODS["gradient"]) == "1 pass"
    assert cost_of(METHODS["deeplift"]) == "2 passes"
    assert cost_of(METHODS["lime"]) == "500 passes"
    assert cost_of(METHODS["integrated_gradients"]) == "up to 256 passes"
    assert cost_of(METHODS["shapley_values"]) == "2ⁿ passes for n players"


def test_names_of_sets_stand_for_their_methods() -> None:
    assert methods_named("gradient") == ("gradient",)
    for words in ("sanity check", "Sanity check", "sanity_check"):
        assert methods_named(words) == (
            "gradient",
            "grad_cam",
            "guided_backpropagation",
            "deconvnet",
        )
    assert set(methods_named("all that add up")) >= {"integrated_gradients", "shapley_values"}
    assert not {"linear", "lime", "gradient"} & set(methods_named("all that add up"))
    assert set(methods_named("the thesis")) >= {"gradient", "smoothgrad", "lime", "kernel_shap"}
    assert not {"deconvnet", "lrp", "owen_values"} & set(methods_named("the thesis"))
    with pytest.raises(
        ValueError, match=r"'second sight' is not known; use gradient, .*first look"
    ):
        methods_named("second sight")
