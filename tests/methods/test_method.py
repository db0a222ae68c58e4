"""The methods as the registry knows them, and their options."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from attribution_core import METHODS, Method, Option
from attribution_core.methods import options
from attribution_core.methods.method import Shapes
from attribution_core.methods.options import options_in
from attribution_core.registry import method_named
from tests.conftest import OF_CHANNELS

every_method = pytest.mark.parametrize("method", METHODS.values(), ids=list(METHODS))


def test_the_methods() -> None:
    assert list(METHODS) == [
        "gradient",
        "gradient_times_input",
        "linear",
        "integrated_gradients",
        "expected_gradients",
        "blur_integrated_gradients",
        "xrai",
        "smoothgrad",
        "deeplift",
        "lrp",
        "grad_cam",
        "class_activation",
        "occlusion",
        "rise",
        "lime",
        "kernel_shap",
        "shapley_values",
        "banzhaf_values",
        "owen_values",
        "guided_backpropagation",
        "deconvnet",
    ]


@every_method
def test_a_page_can_draw_every_option(method: Method) -> None:
    assert method_named(method.name) is method
    assert method.title
    assert method.summary.endswith(".")
    assert method.source
    assert method.help.startswith(method.summary)
    assert method.help.endswith(".")
    for option in method.options:
        assert option.label
        assert option.help.endswith(".")
        assert option.validated(option.default) == option.default
        if isinstance(option.default, str):
            assert option.default in option.choices
        elif not isinstance(option.default, bool):
            assert option.minimum is not None
            assert option.maximum is not None
            assert option.step is not None
            assert option.minimum <= option.default <= option.maximum
            assert type(option.validated(option.minimum)) is type(option.default)
            assert option.validated(option.maximum) == option.maximum
            for outside in (option.minimum - 1, option.maximum + 1, float("nan")):
                with pytest.raises(ValueError, match=r"should be a (whole )?number from"):
                    option.validated(outside)
    defaults = method.validated({})
    assert list(defaults) == [option.name for option in method.options]
    assert (
        method.evaluations(method.read_options({}), Shapes(False, (7, 7), (224, 224), 49, 9)) >= 1
    )
    assert set(method.quick_options()) == set(defaults)
    assert not set(method.former_options) & set(defaults)


@every_method
def test_unknown_options(method: Method) -> None:
    named = "".join(
        f"{', ' if number else '; its options are '}{each.name}"
        for number, each in enumerate(method.options)
    )
    with pytest.raises(ValueError, match=f"^{method.title} has no option colour{named}\\.$"):
        method.validated({"colour": 1})
    with pytest.raises(ValueError, match="has no option colour"):
        method.option_named("colour")


def test_unknown_methods() -> None:
    with pytest.raises(ValueError, match="'magic' is not known; use gradient, "):
        method_named("magic")


WHOLE = Option("n", "N", "Help.", 5, 1, 9, 1)
NUMBER = Option("x", "X", "Help.", 0.5, 0.0, 1.0, 0.1)
SWITCH = Option("b", "B", "Help.", False)
CHOICE = Option("c", "C", "Help.", "one", choices=("one", "two"))


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        (WHOLE, 3, 3),
        (WHOLE, 3.0, 3),
        (WHOLE, np.int64(3), 3),
        (WHOLE, np.float32(3), 3),
        (NUMBER, 1, 1.0),
        (NUMBER, np.float64(0.25), 0.25),
        (NUMBER, np.float32(0.25), 0.25),
        (SWITCH, True, True),
        (CHOICE, "two", "two"),
    ],
)
def test_options_take_their_own_type(option: Option, value: Any, expected: Any) -> None:
    found = option.validated(value)
    assert found == expected
    assert type(found) is type(option.default)


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        (WHOLE, 2.5, "n should be a whole number from 1 to 9"),
        (WHOLE, "3", "a whole number"),
        (WHOLE, True, "a whole number"),
        (WHOLE, None, "a whole number"),
        (WHOLE, float("inf"), "a whole number"),
        (NUMBER, float("nan"), "a number from 0 to 1"),
        (NUMBER, 1j, "a number from 0 to 1"),
        (SWITCH, 1, "True or False"),
        (CHOICE, "three", "one or two"),
        (CHOICE, 1, "one or two"),
        (Option("n", "N", "Help.", 5, minimum=1), 0, "a whole number from 1\\."),
    ],
)
def test_options_refuse_the_rest(option: Option, value: Any, expected: str) -> None:
    with pytest.raises(ValueError, match=expected) as caught:
        option.validated(value)
    assert option.name in str(caught.value)


@pytest.mark.parametrize(
    ("option", "text", "expected"),
    [
        (WHOLE, "3", 3),
        (WHOLE, "3.0", 3),
        (NUMBER, "1", 1.0),
        (NUMBER, ".25", 0.25),
        (SWITCH, "yes", True),
        (SWITCH, "True", True),
        (SWITCH, "no", False),
        (CHOICE, "two", "two"),
    ],
)
def test_options_read_texts(option: Option, text: str, expected: Any) -> None:
    found = option.parsed(text)
    assert found == expected
    assert type(found) is type(option.default)


@pytest.mark.parametrize(
    ("option", "text"),
    [
        (WHOLE, "2.5"),
        (WHOLE, "ten"),
        (WHOLE, "10"),
        (WHOLE, ""),
        (NUMBER, "nan"),
        (NUMBER, "1e400"),
        (SWITCH, "1"),
        (CHOICE, "three"),
    ],
)
def test_options_refuse_other_texts(option: Option, text: str) -> None:
    with pytest.raises(ValueError, match=f"The option {option.name} cannot be"):
        option.parsed(text)


def test_a_field_says_everything_of_an_option() -> None:
    @dataclass(frozen=True)
    class Options:
        samples: int = options.option(5, "N", "Help.", 1, 9, step=1)
        rule: str = options.option("one", "C", "Help.", choices=("one", "two"))

    assert options_in(Options) == (
        Option("samples", "N", "Help.", 5, 1, 9, 1),
        Option("rule", "C", "Help.", "one", choices=("one", "two")),
    )
    assert Options() == Options(samples=5, rule="one")


def test_options_are_typed() -> None:
    found = METHODS["smoothgrad"].read_options({"samples": 8.0, "sigma": 1})
    assert (found.samples, found.sigma, found.of) == (8, 1.0, "gradient")
    assert type(found.samples) is int
    assert type(found.sigma) is float


@pytest.mark.parametrize("method", OF_CHANNELS)
def test_channels_need_an_inner_layer(method: str) -> None:
    assert "choose an inner layer" in reason(method, Shapes(True, (224, 224), (224, 224)))
    assert reason(method, Shapes(False, (7, 7), (224, 224))) == ""
    assert reason(method, Shapes(False, None, (224, 224))) == ""


def reason(method: str, shapes: Shapes, **options: float) -> str:
    return METHODS[method].unavailable(shapes, METHODS[method].read_options(options))


@pytest.mark.parametrize("method", ["shapley_values", "banzhaf_values"])
def test_exact_values_need_few_players(method: str) -> None:
    for at_input, most in ((True, 16), (False, 20)):
        shapes = Shapes(at_input, (224, 224), (224, 224), most)
        assert reason(method, shapes) == ""
        said = reason(method, Shapes(at_input, (224, 224), (224, 224), most + 1))
        assert f"2^{most + 1}" in said
        assert f"at most {most} players" in said
        # Not known yet, and so not refused.
        assert reason(method, Shapes(at_input, None, (224, 224))) == ""


def test_occlusion_says_what_its_squares_cannot_be() -> None:
    whole = Shapes(True, (224, 224), (224, 224))
    assert reason("occlusion", whole, window=8, stride=9).startswith("A stride of 9 leaves gaps")
    # Whatever the layer: nothing has to be known of it.
    assert reason("occlusion", Shapes(False, None, (224, 224)), window=8, stride=9)
    # 221 positions along each side at a step of 1 are too many: 4 by 4 pixels, moved by 2, are 111.
    assert "makes 12321 squares" in reason("occlusion", whole, window=4, stride=2)
    # Moved by 4 they are 56, and at a layer of 7 by 7 there is one for each position.
    assert reason("occlusion", whole, window=4, stride=4) == ""
    assert reason("occlusion", Shapes(False, (7, 7), (224, 224)), window=4, stride=2) == ""


def test_no_methods_file_needs_keras_or_a_network() -> None:
    program = """
import sys
from attribution_core import registry
assert registry.METHODS
loaded = {name.split(".")[0] for name in sys.modules}
assert not loaded & {"keras", "tensorflow", "streamlit", "plotly"}, loaded
assert "attribution_core.network.head" not in sys.modules
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
