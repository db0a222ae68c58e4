"""The sidebar's settings, and their form in the address bar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from attribution_core.images import INPUT
from attribution_core.methods.options import OptionValue, number_in
from attribution_core.methods.presets import PRESETS
from attribution_core.painting import COLOUR_SCALES, Colours
from attribution_core.references import REFERENCE_KINDS
from attribution_core.registry import METHODS, methods_named
from attribution_core.request import ZEROS
from attribution_core.scores import FINER, QUANTITIES
from attribution_core.segmentations import Grid, Segmentation, Slic

SCORES = (*QUANTITIES, "probability", "contrast", FINER)
SCALES = ("map", "method")
VIEWS = ("overlay", "plain")
CLASS_CHOICES = ("suggested", "top5", "own")
SEGMENTATIONS = ("superpixels", "grid")
MOST_CLASSES = 8
MOST_COMPLAINTS = 5
UPLOAD = "upload"

EXACT, SAMPLED = "shapley_values", "kernel_shap"
"""One of the usual methods, and the one in its place where too much would have to be evaluated."""

MOST_USUAL_EVALUATIONS = 1024

BOUNDS: Mapping[str, tuple[float, float]] = {
    "count": (2, 400),
    "compactness": (0.1, 100.0),
    "seed": (0, 2**31 - 1),
    "clip": (50.0, 100.0),
    "opacity": (0.1, 1.0),
}


@dataclass(frozen=True)
class Settings:
    """The choices of one visitor.

    Attributes
    ----------
    model : str
    picture : str
        Identifier of a gallery picture, or ``"upload"``.
    class_choice : {"suggested", "top5", "own"}
        Whether the target classes follow the picture, or are those in ``classes``.
    classes : tuple of int
    methods : tuple of str
        The usual ones have exact Shapley values where these can be had, else KernelSHAP in their
        place: see `scene_of`.
    layer : str
        Empty for the model's default.
    reference, score : str
    against : int or None
        The class to contrast with.
    segmentation : {"superpixels", "grid"}
    count : int
        Superpixels, or cells of the grid.
    compactness : float
        Of the superpixels.
    seed : int
    options : mapping of (method, option) to value
        Those that differ from the method's defaults.
    colours : {"red-blue", "orange-blue", "absolute"}
        The name of a colour scale.
    scale : {"map", "method"}
        Whether each map has its own colour scale, or all maps of one method share one.
    clip : float
        Percentile of |values| at which colours saturate.
    view : {"overlay", "plain"}
    opacity : float
    smooth : bool
        Whether coarse maps are interpolated.
    """

    model: str = ""
    picture: str = "cat_coffee"
    class_choice: str = "suggested"
    classes: tuple[int, ...] = ()
    methods: tuple[str, ...] = (
        "gradient_times_input",
        "integrated_gradients",
        "grad_cam",
        EXACT,
    )
    layer: str = ""
    reference: str = "black"
    score: str = "logit"
    against: int | None = None
    segmentation: str = "superpixels"
    count: int = 50
    compactness: float = 10.0
    seed: int = 0
    options: Mapping[tuple[str, str], OptionValue] = field(default_factory=dict)
    colours: Colours = "red-blue"
    scale: str = "map"
    clip: float = 99.0
    view: str = "overlay"
    opacity: float = 0.85
    smooth: bool = True

    def options_of(self, method: str) -> dict[str, OptionValue]:
        """The changed options of one method, by name."""
        return {name: value for (owner, name), value in self.options.items() if owner == method}

    def at(self, layer: str) -> Settings:
        """The same at another layer; black stands in for zeros, which are no pixels."""
        no_zeros = layer == INPUT and self.reference == ZEROS
        return replace(self, layer=layer, reference="black" if no_zeros else self.reference)


def segmentation_for(settings: Settings) -> Segmentation:
    """The players of coalition methods."""
    if settings.layer != INPUT:
        return settings.count
    if settings.segmentation == "superpixels":
        return Slic(settings.count, settings.compactness)
    side = max(1, round(settings.count**0.5))
    return Grid(side, max(1, round(settings.count / side)))


def encode(settings: Settings, defaults: Settings) -> dict[str, str]:
    """The address bar's parameters: the settings that differ from the defaults, and the model."""
    parameters = {"model": settings.model}
    for item in fields(Settings):
        value = getattr(settings, item.name)
        if item.name in ("model", "options") or value == getattr(defaults, item.name):
            continue
        if item.name == "classes" and settings.class_choice != "own":
            continue
        parameters[item.name] = text_of(value)
    for (method, name), value in settings.options.items():
        parameters[f"{method}.{name}"] = text_of(value)
    return parameters


def decode(
    parameters: Mapping[str, str],
    defaults: Settings,
    models: tuple[str, ...],
    pictures: tuple[str, ...],
) -> tuple[Settings, tuple[str, ...]]:
    """Settings from the address bar's parameters, and one sentence for each that was unusable.

    Parameters that are not understood leave the default in place; nothing raises. Of very many, the
    last sentence says how many more there were.
    """
    changed: dict[str, Any] = {}
    complaints: list[str] = []
    choices = {
        "model": models,
        "picture": pictures,
        "class_choice": CLASS_CHOICES,
        "reference": (*REFERENCE_KINDS, ZEROS),
        "score": SCORES,
        "segmentation": SEGMENTATIONS,
        "colours": tuple(COLOUR_SCALES),
        "scale": SCALES,
        "view": VIEWS,
    }
    options: dict[tuple[str, str], OptionValue] = dict(defaults.options)
    for name, text in parameters.items():
        try:
            if "." in name:
                method, option = name.split(".", 1)
                if not _is_former(method, option):
                    options[method, option] = _option(method, option, text)
            else:
                changed[name] = (
                    one_of(text, choices[name]) if name in choices else _value(name, text)
                )
        except ValueError as error:
            complaints.append(complaint_of(name, text, error))
    if "classes" in changed:
        changed.setdefault("class_choice", "own")
    if len(complaints) > MOST_COMPLAINTS:
        more = len(complaints) - MOST_COMPLAINTS
        complaints[MOST_COMPLAINTS:] = [
            "One more parameter of the link is not usable."
            if more == 1
            else f"{more} more parameters of the link are not usable."
        ]
    differing = {
        (method, name): value
        for (method, name), value in options.items()
        if value != METHODS[method].option_named(name).default
    }
    return replace(defaults, options=differing, **changed), tuple(complaints)


def complaint_of(name: str, text: str, error: ValueError) -> str:
    """The sentence about a parameter that is not usable."""
    shown = text if len(text) <= 40 else text[:40] + "…"
    return f"The link's {name[:60]} = “{shown}” is not usable: {str(error).removesuffix('.')}."


def text_of(value: Any) -> str:
    """A setting as it stands in the address bar."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        return ",".join(str(part) for part in value)
    # repr brings every float back exactly; a whole number needs no ".0".
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def one_of(text: str, choices: tuple[str, ...]) -> str:
    """One of the choices; ValueError for another."""
    if text not in choices:
        raise ValueError(f"it should be one of {', '.join(choices)}")
    return text


def _value(name: str, text: str) -> Any:
    if name == "methods":
        return tuple(
            dict.fromkeys(name for part in text.split(",") if part for name in _methods_named(part))
        )
    if name == "classes":
        numbers = tuple(dict.fromkeys(whole(part, 0, 10**6) for part in text.split(",") if part))
        if len(numbers) > MOST_CLASSES:
            raise ValueError(f"at most {MOST_CLASSES} classes fit the page")
        return numbers
    if name == "against":
        return whole(text, 0, 10**6)
    if name == "layer":
        if not text or len(text) > 100:
            raise ValueError("it should be the name of a layer")
        return text
    if name == "smooth":
        return one_of(text, ("yes", "no")) == "yes"
    if name in ("count", "seed"):
        return whole(text, *BOUNDS[name])
    if name in ("compactness", "clip", "opacity"):
        return number(text, *BOUNDS[name])
    raise ValueError("no setting has this name")


def _methods_named(text: str) -> tuple[str, ...]:
    """The methods that a part of a link names: one of them, or a set."""
    known = text.lower().replace("_", " ") in PRESETS
    return methods_named(text) if known else (one_of(text, tuple(METHODS)),)


def _is_former(method: str, name: str) -> bool:
    return method in METHODS and name in METHODS[method].former_options


def _option(method: str, name: str, text: str) -> OptionValue:
    option = METHODS[one_of(method, tuple(METHODS))].option_named(name)
    try:
        return option.parsed(text)
    except ValueError:
        raise ValueError(f"it should be {option.expected}") from None


def whole(text: str, low: float, high: float) -> int:
    """A whole number in a range; ValueError for others."""
    value = number(text, low, high)
    if value != int(value):
        raise ValueError(f"it should be a whole number from {low:.15g} to {high:.15g}")
    return int(value)


def number(text: str, low: float, high: float) -> float:
    """A number in a range; ValueError for others."""
    try:
        value = float(number_in(text))
    except (ValueError, OverflowError):
        value = float("nan")
    if not low <= value <= high:
        raise ValueError(f"it should be a number from {low:.15g} to {high:.15g}")
    return value
