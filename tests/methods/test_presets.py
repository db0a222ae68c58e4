"""Sets of methods: which are quick depends on what was measured."""

from __future__ import annotations

from attribution_core.methods.presets import PRESETS
from attribution_core.registry import METHODS


def test_what_was_measured_decides_what_is_quick() -> None:
    quick = PRESETS["under a second"]
    unmeasured = quick.names(METHODS, {})
    assert {"gradient", "grad_cam"} <= set(unmeasured)
    assert not {"integrated_gradients", "kernel_shap", "shapley_values"} & set(unmeasured)
    measured = quick.names(METHODS, {"gradient": 1.5, "shapley_values": 0.8, "lime": 4.0})
    assert set(measured) == {*unmeasured, "shapley_values"} - {"gradient"}


def test_each_set_has_several_methods() -> None:
    assert all(len(preset.names(METHODS, {})) > 1 for preset in PRESETS.values())
