"""The sidebar's settings in the address bar: there and back, and whatever else a link may hold."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attribution_core.methods.options import Option, OptionValue
from attribution_core.painting import COLOUR_SCALES
from attribution_core.references import REFERENCE_KINDS
from attribution_core.registry import METHODS
from attribution_core.request import ZEROS
from pages.ui.shell.settings import (
    BOUNDS,
    CLASS_CHOICES,
    MOST_CLASSES,
    SCALES,
    SCORES,
    SEGMENTATIONS,
    VIEWS,
    Settings,
    decode,
    encode,
)

MODELS = ("vgg16", "efficientnet_lite0", "own")
PICTURES = ("cat_coffee", "cat", "rocket", "upload")
DEFAULTS = Settings(model="efficientnet_lite0")
OPTIONS = {
    (method.name, option.name): option for method in METHODS.values() for option in method.options
}

classes = st.integers(0, 999)


def bounded(name: str) -> st.SearchStrategy[float]:
    return st.floats(*BOUNDS[name])


def changed_value(option: Option) -> st.SearchStrategy[OptionValue]:
    """Every value of an option but its default, which is not part of the settings."""
    values: st.SearchStrategy[OptionValue]
    if isinstance(option.default, bool):
        values = st.booleans()
    elif isinstance(option.default, str):
        values = st.sampled_from(option.choices)
    else:
        assert option.minimum is not None
        assert option.maximum is not None
        if isinstance(option.default, int):
            values = st.integers(int(option.minimum), int(option.maximum))
        else:
            values = st.floats(option.minimum, option.maximum)
    return values.filter(lambda value: value != option.default)


@st.composite
def every_settings(draw: st.DrawFn) -> Settings:
    """Any settings that the sidebar can bring about."""
    choice = draw(st.sampled_from(CLASS_CHOICES))
    own = st.lists(classes, max_size=MOST_CLASSES, unique=True).map(tuple)
    return Settings(
        model=draw(st.sampled_from(MODELS)),
        picture=draw(st.sampled_from(PICTURES)),
        class_choice=choice,
        classes=draw(own) if choice == "own" else (),
        methods=tuple(draw(st.lists(st.sampled_from(list(METHODS)), unique=True))),
        layer=draw(st.text(min_size=1, max_size=100)),
        reference=draw(st.sampled_from((*REFERENCE_KINDS, ZEROS))),
        score=draw(st.sampled_from(SCORES)),
        against=draw(st.none() | classes),
        segmentation=draw(st.sampled_from(SEGMENTATIONS)),
        count=draw(st.integers(2, 200)),
        compactness=draw(bounded("compactness")),
        seed=draw(st.integers(0, 2**31 - 1)),
        options=draw(
            st.fixed_dictionaries(
                {}, optional={place: changed_value(option) for place, option in OPTIONS.items()}
            )
        ),
        colours=draw(st.sampled_from(tuple(COLOUR_SCALES))),
        scale=draw(st.sampled_from(SCALES)),
        clip=draw(bounded("clip")),
        view=draw(st.sampled_from(VIEWS)),
        opacity=draw(bounded("opacity")),
        smooth=draw(st.booleans()),
    )


@pytest.mark.thorough
@given(every_settings())
def test_a_link_brings_back_every_setting(settings: Settings) -> None:
    parameters = encode(settings, DEFAULTS)
    assert all(isinstance(text, str) for text in parameters.values())
    assert decode(parameters, DEFAULTS, MODELS, PICTURES) == (settings, ())


def test_defaults_are_left_out_of_the_link() -> None:
    assert encode(DEFAULTS, DEFAULTS) == {"model": "efficientnet_lite0"}
    # What follows the picture must not be frozen in the link.
    followed = replace(DEFAULTS, classes=(285, 967))
    assert encode(followed, DEFAULTS) == {"model": "efficientnet_lite0"}


def test_a_link_can_be_read_by_a_person() -> None:
    settings = replace(
        DEFAULTS,
        class_choice="own",
        classes=(285, 967),
        methods=("gradient", "lime"),
        clip=97.5,
        opacity=0.5,
        smooth=False,
        options={("lime", "samples"): 1000, ("lime", "kernel_width"): 0.25},
    )
    assert encode(settings, DEFAULTS) == {
        "model": "efficientnet_lite0",
        "class_choice": "own",
        "classes": "285,967",
        "methods": "gradient,lime",
        "clip": "97.5",
        "opacity": "0.5",
        "smooth": "no",
        "lime.samples": "1000",
        "lime.kernel_width": "0.25",
    }


def test_classes_named_without_more_are_ones_own() -> None:
    settings, complaints = decode({"classes": "285,967"}, DEFAULTS, MODELS, PICTURES)
    assert settings == replace(DEFAULTS, class_choice="own", classes=(285, 967))
    assert complaints == ()


LONG = "x" * 10_000
USELESS = [
    ("nonsense", "1"),
    ("options", "{}"),
    ("__class__", "1"),
    ("", ""),
    (LONG, "1"),
    ("<script>alert(1)</script>", "1"),
    ("model", "resnet50"),
    ("model", "../../etc/passwd"),
    ("model", ""),
    ("model", LONG),
    ("picture", "<script>alert(1)</script>"),
    ("picture", "/etc/passwd"),
    ("class_choice", "all"),
    ("classes", "285,cat"),
    ("classes", "-1"),
    ("classes", "1.5"),
    ("classes", "1e400"),
    ("classes", "nan"),
    ("classes", ",".join(map(str, range(MOST_CLASSES + 1)))),
    ("classes", ",".join(map(str, range(5000)))),
    ("methods", "gradient,voodoo"),
    ("methods", LONG),
    ("layer", ""),
    ("layer", LONG),
    ("reference", "green"),
    ("score", "loss"),
    ("against", "-1"),
    ("against", "nan"),
    ("against", ""),
    ("segmentation", "voronoi"),
    ("count", "0"),
    ("count", "-50"),
    ("count", "1e30"),
    ("count", "2.5"),
    ("count", "fifty"),
    ("compactness", "inf"),
    ("compactness", "0"),
    ("seed", "-1"),
    ("seed", str(2**31)),
    ("seed", "9" * 5000),
    ("clip", "nan"),
    ("clip", "100.1"),
    ("opacity", "-inf"),
    ("opacity", "0"),
    ("smooth", "maybe"),
    ("scale", "log"),
    ("colours", "jet"),
    ("view", "3d"),
    (".", "1"),
    ("voodoo.samples", "1"),
    ("gradient.samples", "1"),
    ("lime.voodoo", "1"),
    ("lime.samples", "1"),
    ("lime.samples", "1e9"),
    ("lime.samples", "50.5"),
    ("lime.samples", "nan"),
    ("lime.kernel_width", "inf"),
    ("lime.kernel_width", "wide"),
    ("lime.samples.more", "1"),
    ("integrated_gradients.rule", "<b>"),
    ("grad_cam.relu", "1"),
]


@pytest.mark.parametrize(
    ("name", "text"), USELESS, ids=[f"{name[:20]}={text[:20]}" for name, text in USELESS]
)
def test_what_is_not_usable_leaves_the_default_and_gives_a_sentence(name: str, text: str) -> None:
    parameters = {"clip": "95", name: text, "opacity": "0.5"}
    if name in ("clip", "opacity"):
        parameters = {name: text}
    settings, complaints = decode(parameters, DEFAULTS, MODELS, PICTURES)
    if name in ("clip", "opacity"):
        assert settings == DEFAULTS
    else:
        assert settings == replace(DEFAULTS, clip=95.0, opacity=0.5)
    (complaint,) = complaints
    assert name[:60] in complaint
    assert complaint.endswith(".")
    assert len(complaint) < 400


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("gradient.steps", "3", "Gradient has no option steps."),
        (
            "lime.steps",
            "3",
            "LIME has no option steps; its options are samples, kernel_width, bfloat16.",
        ),
        ("voodoo.steps", "3", "it should be one of gradient, gradient_times_input, "),
        ("lime.samples", "1", "it should be a whole number from 2 to 20000."),
        ("grad_cam.relu", "1", "it should be yes or no."),
        (
            "integrated_gradients.rule",
            "simpson",
            "it should be adaptive or midpoint or trapezoid or gauss_legendre.",
        ),
        ("smoothgrad.sigma", "2", "it should be a number from 0 to 1."),
    ],
)
def test_an_option_that_is_not_usable_says_what_would_be(name: str, text: str, said: str) -> None:
    _, (complaint,) = decode({name: text}, DEFAULTS, MODELS, PICTURES)
    assert complaint.startswith(f"The link's {name} = “{text}” is not usable: {said}")


def test_a_link_names_a_set_of_methods() -> None:
    settings, complaints = decode({"methods": "sanity check,lime"}, DEFAULTS, MODELS, PICTURES)
    assert complaints == ()
    failing = ("guided_backpropagation", "deconvnet")
    assert settings.methods == ("gradient", "grad_cam", *failing, "lime")
    again, _ = decode({"methods": "Sanity_check,lime"}, DEFAULTS, MODELS, PICTURES)
    assert again.methods == settings.methods


def test_many_useless_parameters_do_not_bury_the_page_in_sentences() -> None:
    parameters = {f"nonsense{number}": "1" for number in range(5000)}
    settings, complaints = decode(parameters, DEFAULTS, MODELS, PICTURES)
    assert settings == DEFAULTS
    assert len(complaints) <= 6
    assert "4995" in complaints[-1]


names = st.sampled_from(
    [
        *(name for name in Settings.__dataclass_fields__),
        *(f"{method}.{option}" for method, option in OPTIONS),
    ]
)
numbers = st.floats(allow_nan=True, allow_infinity=True) | st.integers()
hostile = (
    st.text(max_size=200)
    | numbers.map(str)
    | st.lists(numbers.map(str) | st.sampled_from(list(METHODS)), max_size=12).map(",".join)
)


@given(st.dictionaries(names | st.text(max_size=80), hostile, max_size=8))
def test_whatever_a_link_says_gives_valid_settings(parameters: dict[str, str]) -> None:
    settings, complaints = decode(parameters, DEFAULTS, MODELS, PICTURES)
    assert len(complaints) <= len(parameters)
    assert settings.model in MODELS
    assert settings.picture in PICTURES
    assert settings.class_choice in CLASS_CHOICES
    assert len(settings.classes) <= MOST_CLASSES
    assert all(type(number) is int and number >= 0 for number in settings.classes)
    assert set(settings.methods) <= set(METHODS)
    assert len(set(settings.methods)) == len(settings.methods)
    assert settings.against is None or type(settings.against) is int
    for name, (low, high) in BOUNDS.items():
        value = getattr(settings, name)
        assert type(value) is type(getattr(DEFAULTS, name))
        assert math.isfinite(value)
        assert low <= value <= high
    for (method, name), value in settings.options.items():
        option = OPTIONS[method, name]
        assert option.validated(value) == value
    # And what came out can itself be linked to.
    again, complaints = decode(encode(settings, DEFAULTS), DEFAULTS, MODELS, PICTURES)
    assert complaints == ()
    assert again.options == settings.options


def test_an_option_at_its_default_is_as_if_it_were_not_in_the_link() -> None:
    link = {"smoothgrad.of": "gradient", "smoothgrad.samples": "7"}
    settings, complaints = decode(link, DEFAULTS, MODELS, PICTURES)
    assert complaints == ()
    assert settings.options == {("smoothgrad", "samples"): 7}
