"""The core stands alone: no Streamlit, no Plotly, and no TensorFlow until it is needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import attribution_core

ROOT = Path(__file__).resolve().parents[1]

BLOCKED = """
import sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked}:
            raise ImportError(name + " is blocked")

sys.meta_path.insert(0, Block())
"""


def python(code: str, blocked: set[str]) -> None:
    """Run code in a fresh interpreter where some packages cannot be imported."""
    program = BLOCKED.format(blocked=blocked) + code
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.thorough
def test_no_page_is_needed() -> None:
    """Every module of the core is imported, and every public name fetched."""
    python(
        """
import importlib, pkgutil, attribution_core
for module in pkgutil.walk_packages(attribution_core.__path__, "attribution_core."):
    importlib.import_module(module.name)
for name in attribution_core.__all__:
    getattr(attribution_core, name)
""",
        {"streamlit", "plotly", "pages"},
    )


def test_no_network_is_needed_for_the_mathematics() -> None:
    python(
        """
import numpy as np
from attribution_core import FunctionGame, METHODS, kernel_shap, load_image, reference_image
print(kernel_shap(FunctionGame(3, lambda z: z.sum(axis=1))).values)
reference_image(np.zeros((20, 20, 3)), "blurred")
assert not {"tensorflow", "keras"} & set(sys.modules)
""",
        {"tensorflow", "keras", "streamlit", "plotly"},
    )


def test_public_names() -> None:
    assert attribution_core.__all__ == sorted(attribution_core.__all__, key=ruff_order)
    promised = """load_classifier load_image reference_image superpixels explain refine Attribution
        gradient gradient_times_input linear_attribution integrated_gradients smoothgrad lime
        kernel_shap shapley_values banzhaf_values occlusion"""
    assert set(promised.split()) <= set(attribution_core.__all__)
    for name in attribution_core.__all__:
        thing = getattr(attribution_core, name)
        assert name.isupper() or thing.__doc__
    assert not hasattr(attribution_core, "nothing")


def ruff_order(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)
