"""The methods by name: their options, what they ask of a layer, and how they are run on a head."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from numbers import Real
from typing import TYPE_CHECKING, Literal, cast

import numpy as np

from attribution_core.estimate import Estimate, FloatArray
from attribution_core.methods.grad_cam import grad_cam
from attribution_core.methods.gradient import gradient
from attribution_core.methods.gradient_times_input import gradient_times_input
from attribution_core.methods.integrated_gradients import Rule, integrated_gradients
from attribution_core.methods.kernel_shap import kernel_shap
from attribution_core.methods.lime import lime
from attribution_core.methods.linear_attribution import linear_attribution
from attribution_core.methods.occlusion import occlusion, sliding_squares
from attribution_core.methods.shapley_values import MOST_PLAYERS, shapley_values
from attribution_core.methods.smoothgrad import Averaged, smoothgrad
from attribution_core.segmentations import Segments

if TYPE_CHECKING:
    from attribution_core.problem import Problem

OptionValue = int | float | str | bool
MOST_PLAYERS_AT_INPUT = 16
MOST_SQUARES = 4096
_PRIOR_GRADIENTS = 16


@dataclass(frozen=True)
class Option:
    """A setting of a method, from which a control and its help text can be drawn.

    ``minimum``, ``maximum`` and ``step`` bound a number; ``choices`` lists the values of a text.
    """

    name: str
    label: str
    help: str
    default: OptionValue
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()

    def validated(self, value: object) -> OptionValue:
        """The value in the option's own type; ValueError where it is out of bounds."""
        expected = f"{self.label.lower()} should be {self._range()}"
        if isinstance(self.default, bool):
            if isinstance(value, bool):
                return value
        elif isinstance(self.default, str):
            if isinstance(value, str) and value in self.choices:
                return value
        elif isinstance(value, Real) and not isinstance(value, bool):
            number, whole = float(value), isinstance(self.default, int)
            within = (self.minimum is None or number >= self.minimum) and (
                self.maximum is None or number <= self.maximum
            )
            if within and (not whole or number.is_integer()):
                return int(number) if whole else number
        raise ValueError(f"The option {self.name} cannot be {value!r}; {expected}.")

    def _range(self) -> str:
        if isinstance(self.default, bool):
            return "True or False"
        if self.choices:
            return " or ".join(self.choices)
        kind = "a whole number" if isinstance(self.default, int) else "a number"
        least = "" if self.minimum is None else f" from {self.minimum:g}"
        most = "" if self.maximum is None else f" to {self.maximum:g}"
        return f"{kind}{least}{most}"


@dataclass(frozen=True)
class Run:
    """A method set to work: its estimates, and the players where they have a value each."""

    estimates: Iterator[Estimate]
    segments: Segments | None = None


@dataclass(frozen=True)
class Method:
    """A method of attribution as the registry knows it.

    Attributes
    ----------
    name, title : str
    family : {"gradient", "coalition"}
        Whether it needs derivatives of the score, or only its values on coalitions.
    summary : str
        One or two sentences for a person, with the literature.
    complete : bool
        Whether it promises that a map sums to f(x) − f(x′).
    uses_reference : bool
    options : tuple of Option
    run : callable
        From a problem and validated options to a `Run`.
    evaluations : callable
        From validated options to the evaluations foreseen, before anything is run and for any
        layer: a method that stops early, finds coalitions in the cache or has few positions to hide
        needs fewer.
    not_at_input : str
        Why it cannot be run at the input; empty where it can.
    """

    name: str
    title: str
    family: Literal["gradient", "coalition"]
    summary: str
    complete: bool
    uses_reference: bool
    run: Callable[[Problem, Mapping[str, OptionValue]], Run]
    evaluations: Callable[[Mapping[str, OptionValue]], int]
    options: tuple[Option, ...] = ()
    not_at_input: str = ""

    def validated(self, options: Mapping[str, object]) -> dict[str, OptionValue]:
        """All options, defaults filled in; ValueError for an unknown one or one out of bounds."""
        known = {option.name: option for option in self.options}
        unknown = sorted(set(options) - set(known))
        if unknown:
            offered = ", ".join(known) if known else "none"
            raise ValueError(
                f"{self.title} has no option {', '.join(unknown)}; its options are: {offered}."
            )
        return {
            name: option.validated(options.get(name, option.default))
            for name, option in known.items()
        }


def _run_occlusion(problem: Problem, options: Mapping[str, OptionValue]) -> Run:
    height, width, _ = problem.head.shape
    scale = height / problem.input_height
    window, stride = float(options["window"]), float(options["stride"])
    if stride > window:
        raise ValueError(
            f"A stride of {stride:g} leaves gaps between squares of {window:g}; "
            "give at most the window."
        )
    window = min(max(1, round(window * scale)), height, width)
    stride = min(max(1, round(stride * scale)), window)
    number = _steps(height, window, stride) * _steps(width, window, stride)
    if number > MOST_SQUARES:
        raise ValueError(
            f"A window of {window} moved by {stride} makes {number} squares; "
            f"widen the stride until there are at most {MOST_SQUARES}."
        )
    segments, squares = sliding_squares(height, width, window, stride)
    estimates = occlusion.refine(problem.play(segments), squares)
    # The squares are what is hidden, the players only where their edges cross. So a map comes out,
    # with each square's drop spread evenly over its positions.
    return Run(replace(e, values=e.values[segments] / window**2) for e in estimates)


def _steps(length: int, window: int, stride: int) -> int:
    """Positions of a window that slides over a length, the last one moved inwards."""
    return -(-(length - window) // stride) + 1


def _run_lime(problem: Problem, options: Mapping[str, OptionValue]) -> Run:
    game = problem.game(bfloat16=bool(options["bfloat16"]))
    estimates = lime.refine(
        game,
        samples=int(options["samples"]),
        kernel_width=float(options["kernel_width"]),
        seed=problem.seed,
    )
    return Run(estimates, game.segments)


def _run_kernel_shap(problem: Problem, options: Mapping[str, OptionValue]) -> Run:
    game = problem.game(bfloat16=bool(options["bfloat16"]))

    @cache
    def layer_gradients() -> FloatArray:
        found = integrated_gradients(
            problem.function, problem.point, problem.reference, steps=_PRIOR_GRADIENTS
        )
        heatmap = found.values.sum(axis=2, dtype=np.float64)
        return np.asarray(np.bincount(game.segments.ravel(), heatmap.ravel()), np.float64)

    wanted = options["prior"] and not problem.at_input
    estimates = kernel_shap.refine(
        game,
        budget=int(options["budget"]),
        tolerance=float(options["tolerance"]),
        seed=problem.seed,
        prior=layer_gradients if wanted else None,
    )
    return Run(estimates, game.segments)


def _run_shapley_values(problem: Problem, options: Mapping[str, OptionValue]) -> Run:
    players = int(options["players"])
    segments = problem.segments_of(players or None)
    game = problem.play(segments, bfloat16=bool(options["bfloat16"]))
    if problem.at_input and game.players > MOST_PLAYERS_AT_INPUT:
        raise ValueError(
            f"Exact Shapley values of {game.players} superpixels need 2^{game.players} passes "
            f"through the whole network; give at most {MOST_PLAYERS_AT_INPUT} players at the "
            "input, or use KernelSHAP."
        )
    return Run(shapley_values.refine(game), game.segments)


def _run_integrated_gradients(problem: Problem, options: Mapping[str, OptionValue]) -> Run:
    estimates = integrated_gradients.refine(
        problem.function,
        problem.point,
        problem.reference,
        steps=int(options["steps"]),
        rule=cast(Rule, options["rule"]),
        tolerance=float(options["tolerance"]),
    )
    return Run(estimates)


def _run_smoothgrad(problem: Problem, options: Mapping[str, OptionValue]) -> Run:
    estimates = smoothgrad.refine(
        problem.function,
        problem.point,
        samples=int(options["samples"]),
        sigma=float(options["sigma"]),
        of=cast(Averaged, options["of"]),
        seed=problem.seed,
    )
    return Run(estimates)


BFLOAT16 = Option(
    "bfloat16",
    "Evaluate in bfloat16",
    "Coalitions are evaluated with 8 bits of precision for 24: VGG16's networks take little more "
    "than half the time on a processor that computes so, and scores change by up to .4 % of their "
    "range, far less than by sampling. Others gain nothing.",
    False,
)

_ALL = (
    Method(
        name="gradient",
        title="Gradient",
        family="gradient",
        summary="∂f/∂x: how the score would move with each value (Simonyan et al. 2014).",
        complete=False,
        uses_reference=False,
        run=lambda problem, options: Run(gradient.refine(problem.function, problem.point)),
        evaluations=lambda options: 1,
    ),
    Method(
        name="gradient_times_input",
        title="Gradient × Input",
        family="gradient",
        summary="x · ∂f/∂x: the gradient weighed by what is there (Shrikumar et al. 2016).",
        complete=False,
        uses_reference=False,
        run=lambda problem, options: Run(
            gradient_times_input.refine(problem.function, problem.point)
        ),
        evaluations=lambda options: 1,
    ),
    Method(
        name="linear",
        title="Linear",
        family="gradient",
        summary=(
            "∂f/∂x · (x − x′): the first Taylor term between reference and picture "
            "(thesis, equation 2.11)."
        ),
        complete=True,
        uses_reference=True,
        run=lambda problem, options: Run(
            linear_attribution.refine(problem.function, problem.point, problem.reference)
        ),
        evaluations=lambda options: 1,
    ),
    Method(
        name="integrated_gradients",
        title="Integrated Gradients",
        family="gradient",
        summary=(
            "(x − x′) times the gradient's mean along the straight path from the reference "
            "(Sundararajan et al. 2017). Sums to f(x) − f(x′) as the steps grow."
        ),
        complete=True,
        uses_reference=True,
        run=_run_integrated_gradients,
        evaluations=lambda options: int(options["steps"]),
        options=(
            Option("steps", "Steps", "Gradients along the path, at most.", 256, 1, 1024, 1),
            Option(
                "rule",
                "Rule",
                "Where on the path the gradients are taken: adaptively where it is rough, or at "
                "the fixed nodes of a quadrature rule.",
                "adaptive",
                choices=("adaptive", "midpoint", "trapezoid", "gauss_legendre"),
            ),
            Option(
                "tolerance",
                "Tolerance",
                "The adaptive rule stops once the gap is, and would be with random signs, at most "
                "this share of f(x) − f(x′). 0 uses all steps.",
                0.01,
                0.0,
                0.5,
                0.005,
            ),
        ),
    ),
    Method(
        name="smoothgrad",
        title="SmoothGrad",
        family="gradient",
        summary="The gradient averaged over noisy copies of the picture (Smilkov et al. 2017).",
        complete=False,
        uses_reference=False,
        run=_run_smoothgrad,
        evaluations=lambda options: int(options["samples"]),
        options=(
            Option("samples", "Samples", "Noisy copies, in pairs ±ε.", 50, 2, 1000, 2),
            Option(
                "sigma",
                "Noise σ",
                "Standard deviation of the noise as a share of the values' range.",
                0.15,
                0.0,
                1.0,
                0.01,
            ),
            Option(
                "of",
                "Average of",
                "What is averaged: the gradient, or gradient × input.",
                "gradient",
                choices=("gradient", "gradient_times_input"),
            ),
        ),
    ),
    Method(
        name="grad_cam",
        title="Grad-CAM",
        family="gradient",
        summary=(
            "A layer's channels added up, each weighed by its mean gradient "
            "(Selvaraju et al. 2017)."
        ),
        complete=False,
        uses_reference=False,
        run=lambda problem, options: Run(
            grad_cam.refine(problem.function, problem.point, relu=bool(options["relu"]))
        ),
        evaluations=lambda options: 1,
        options=(
            Option(
                "relu",
                "Positive evidence only",
                "Cut negative values off, as in the paper; the map is signed otherwise.",
                False,
            ),
        ),
        not_at_input=(
            "Grad-CAM weighs the channels of a convolutional layer, and the input has only its "
            "three colours: choose an inner layer."
        ),
    ),
    Method(
        name="occlusion",
        title="Occlusion",
        family="coalition",
        summary=(
            "How much the score drops when a square takes the reference's values, spread over the "
            "square and averaged over those that cover a point (Zeiler and Fergus 2014)."
        ),
        complete=False,
        uses_reference=True,
        run=_run_occlusion,
        evaluations=lambda options: (
            _steps(224, int(options["window"]), int(options["stride"])) ** 2 + 1
        ),
        options=(
            Option(
                "window", "Window", "Side of the square, in pixels of the input.", 32, 4, 112, 1
            ),
            Option(
                "stride", "Stride", "Step between squares, in pixels of the input.", 16, 2, 112, 1
            ),
        ),
    ),
    Method(
        name="lime",
        title="LIME",
        family="coalition",
        summary=(
            "A linear model fitted to the scores of random coalitions, near ones weighing more "
            "(Ribeiro et al. 2016)."
        ),
        complete=False,
        uses_reference=True,
        run=_run_lime,
        evaluations=lambda options: int(options["samples"]),
        options=(
            Option("samples", "Samples", "Random coalitions.", 500, 2, 20000, 50),
            Option(
                "kernel_width",
                "Kernel width",
                "How far coalitions may be from the whole picture and still count: σ in units of "
                "the square root of the number of players.",
                0.75,
                0.05,
                10.0,
                0.05,
            ),
            BFLOAT16,
        ),
    ),
    Method(
        name="kernel_shap",
        title="KernelSHAP",
        family="coalition",
        summary=(
            "Shapley values by least squares on sampled coalitions (Lundberg and Lee 2017). Sums "
            "to f(x) − f(x′) at every budget, with standard errors."
        ),
        complete=True,
        uses_reference=True,
        run=_run_kernel_shap,
        evaluations=lambda options: int(options["budget"]),
        options=(
            Option("budget", "Budget", "Coalitions evaluated, at most.", 512, 4, 100000, 64),
            Option(
                "tolerance",
                "Tolerance",
                "Stops early once the largest standard error is below this share of the values' "
                "range. 0 uses the whole budget.",
                0.0,
                0.0,
                0.5,
                0.005,
            ),
            Option(
                "prior",
                "Start from Integrated Gradients",
                "At inner layers, where the budget has fewer than six coalitions a player: the "
                "estimate is drawn towards Integrated Gradients with 16 gradients, as far as "
                "cross-validation says. Nearer to the Shapley values, but without error bars, and "
                "every class asks for its own gradients.",
                False,
            ),
            BFLOAT16,
        ),
    ),
    Method(
        name="shapley_values",
        title="Shapley values, exact",
        family="coalition",
        summary=(
            "Every player's contribution averaged over all coalitions, each evaluated once "
            "(Shapley 1953)."
        ),
        complete=True,
        uses_reference=True,
        run=_run_shapley_values,
        evaluations=lambda options: 2 ** (int(options["players"]) or 10),
        options=(
            Option(
                "players",
                "Players",
                "The picture is cut into this many superpixels for the exact values, since they "
                "need 2^players evaluations; an inner layer into a grid of at most as many cells. "
                "0 takes the segmentation of the other methods.",
                10,
                0,
                MOST_PLAYERS,
                1,
            ),
            BFLOAT16,
        ),
    ),
)

METHODS: Mapping[str, Method] = {method.name: method for method in _ALL}


def method_named(name: str) -> Method:
    """The registry's entry; ValueError that lists the names where there is none."""
    if name not in METHODS:
        raise ValueError(f"The method '{name}' is not known; use {', '.join(METHODS)}.")
    return METHODS[name]


def unavailable(method: Method, *, at_input: bool) -> str:
    """Why a method makes no sense at a layer, as one sentence; empty where it does."""
    return method.not_at_input if at_input else ""
