"""The methods by name, in the order in which pages list them: each is a file in `methods/`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attribution_core.methods import (
    banzhaf_values,
    class_activation,
    deconvnet,
    deeplift,
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
    shapley_values,
    smoothgrad,
)
from attribution_core.methods.method import Method

METHODS: Mapping[str, Method[Any]] = {
    method.name: method
    for method in (
        gradient.METHOD,
        gradient_times_input.METHOD,
        linear_attribution.METHOD,
        integrated_gradients.METHOD,
        smoothgrad.METHOD,
        deeplift.METHOD,
        lrp.METHOD,
        grad_cam.METHOD,
        class_activation.METHOD,
        occlusion.METHOD,
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
