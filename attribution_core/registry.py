"""The methods by name, in the order in which pages list them: each is a file in `methods/`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attribution_core.methods import (
    banzhaf_values,
    blur_integrated_gradients,
    class_activation,
    deconvnet,
    deeplift,
    expected_gradients,
    grad_cam,
    gradient,
    gradient_times_input,
    guided_backpropagation,
    integrated_gradients,
    kernel_shap,
    lime,
    linear_attribution,
    lrp,
    occlusion,
    owen_values,
    rise,
    shapley_values,
    smoothgrad,
    xrai,
)
from attribution_core.methods.method import QUESTIONS, Method, Question
from attribution_core.methods.presets import PRESETS

METHODS: Mapping[str, Method[Any]] = {
    method.name: method
    for method in (
        gradient.METHOD,
        gradient_times_input.METHOD,
        linear_attribution.METHOD,
        integrated_gradients.METHOD,
        expected_gradients.METHOD,
        blur_integrated_gradients.METHOD,
        xrai.METHOD,
        smoothgrad.METHOD,
        deeplift.METHOD,
        lrp.METHOD,
        grad_cam.METHOD,
        class_activation.METHOD,
        occlusion.METHOD,
        rise.METHOD,
        lime.METHOD,
        kernel_shap.METHOD,
        shapley_values.METHOD,
        banzhaf_values.METHOD,
        owen_values.METHOD,
        guided_backpropagation.METHOD,
        deconvnet.METHOD,
    )
}


def method_named(name: str) -> Method[Any]:
    """The method of a name; ValueError that lists the names where there is none."""
    if name not in METHODS:
        raise ValueError(f"The method '{name}' is not known; use {', '.join(METHODS)}.")
    return METHODS[name]


def in_groups() -> Mapping[Question, tuple[Method[Any], ...]]:
    """The methods that answer each question, of those questions that any answers."""
    asked = {
        question: tuple(each for each in METHODS.values() if each.question == question)
        for question in QUESTIONS
    }
    return {question: methods for question, methods in asked.items() if methods}


def grouped() -> tuple[str, ...]:
    """All names, those that answer the same question beside one another."""
    return tuple(method.name for methods in in_groups().values() for method in methods)


def methods_named(words: str) -> tuple[str, ...]:
    """The names that a name stands for: of a method itself, or of a preset those of its methods.

    ValueError that lists both kinds where there is none.
    """
    preset = PRESETS.get(words.strip().lower().replace("_", " "))
    if preset is not None:
        return preset.names(METHODS, {})
    if words not in METHODS:
        raise ValueError(
            f"The method '{words}' is not known; use {', '.join(METHODS)}, or a set: "
            f"{', '.join(PRESETS)}."
        )
    return (words,)
