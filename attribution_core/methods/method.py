"""The description of a method: its name, options, promises, needs and cost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

import numpy as np

from attribution_core.arrays import FloatArray
from attribution_core.games.game import FunctionGame
from attribution_core.methods.estimate import Estimate
from attribution_core.methods.functions import Differentiable
from attribution_core.methods.options import Option, OptionValue, options_in, values_in
from attribution_core.methods.walked_layers import LayerAbove

if TYPE_CHECKING:
    from attribution_core.problem import Problem

OptionsType = TypeVar("OptionsType")

Unit = Literal["share", "slope", "squared slope", "squared share", "share × activation"]
"""What values are: shares of the score, its change per unit of the point, or of another kind."""
Precision = Literal["exact", "quadrature", "sampled"]
Question = Literal["small_change", "shares", "positions", "missing_parts", "historic"]
QUESTIONS: Mapping[Question, str] = {
    "small_change": "What if a pixel changed a little?",
    "shares": "How is the score shared out?",
    "positions": "Which positions of a layer speak for the class?",
    "missing_parts": "What if parts were missing?",
    "historic": "Historic: these fail the sanity check",
}
"""What methods are asked, in the order in which lists have them."""
Promise = Literal[
    "dummy",
    "sensitivity",
    "completeness",
    "symmetry",
    "linearity",
    "monotonicity",
    "implementation_invariance",
]
ALL_BUT_COMPLETENESS: tuple[Promise, ...] = (
    "dummy",
    "sensitivity",
    "symmetry",
    "linearity",
    "monotonicity",
    "implementation_invariance",
)
ALL_PROMISES: tuple[Promise, ...] = ("completeness", *ALL_BUT_COMPLETENESS)
OF_PATHS: tuple[Promise, ...] = (
    "completeness",
    "dummy",
    "sensitivity",
    "symmetry",
    "linearity",
    "implementation_invariance",
)
"""The axioms of Integrated Gradients, which see the path and not only its coalitions."""
OF_SLOPES: tuple[Promise, ...] = ("dummy", "symmetry", "linearity", "implementation_invariance")
"""The axioms of every method that uses only gradients at and around the point."""


@dataclass(frozen=True)
class Shapes:
    """What is known about a request before anything is computed.

    Attributes
    ----------
    at_input : bool
        Whether the layer is the input.
    plane : (height, width) or None
        Of the layer's activations; None while the network is not loaded.
    input_size : (height, width)
        Of the picture, in pixels.
    players : int or None
        How many the method has; None where it has none, or the number is not known yet.
    colours : int or None
        How many tell the players apart in every window of a local head, so that 2^colours
        coalitions give exact values (see `games.local_game`); None where that is not known or not
        so.
    channels : int or None
        Of the layer's activations; None while the network is not loaded.
    above : tuple of LayerAbove or None
        The steps from the layer to the logits, for methods that need the graph; None while the
        network is not loaded.
    probability : bool
        Whether the score is the class's probability.
    """

    at_input: bool
    plane: tuple[int, int] | None
    input_size: tuple[int, int]
    players: int | None = None
    colours: int | None = None
    channels: int | None = None
    above: tuple[LayerAbove, ...] | None = None
    probability: bool = False


@dataclass(frozen=True)
class TwoVariables:
    """A method on a function of two variables, for the page of axioms.

    Attributes
    ----------
    attribute : callable
        From a function, a point ``(2,)`` and a reference ``(2,)`` to an `Estimate`, whose values
        ``(2,)`` are those of x and of y; ValueError where the function has no value, or no slope,
        at a place that the method needs.
    formula : str
        LaTeX.
    remark : str
        What is special here, in full sentences of Markdown; may be empty.
    """

    attribute: Callable[[Differentiable, FloatArray, FloatArray], Estimate]
    formula: str
    remark: str = ""


def game_of_variables(
    function: Differentiable, point: FloatArray, reference: FloatArray
) -> FunctionGame:
    """The game whose players are a point's coordinates: absent ones take the reference's value.

    Parameters
    ----------
    function : Differentiable
    point, reference : float arrays ``(players,)``
    """
    return FunctionGame(
        len(point),
        lambda coalitions: function.values(np.where(coalitions, point, reference)),
        batch_size=1024,
    )


@dataclass(frozen=True)
class SharedPasses(Generic[OptionsType]):
    """How a method explains several classes with the same forward passes.

    Attributes
    ----------
    refine : callable
        From a function of several scores, ``(n, *shape) -> (n, scores)``, a point, a reference and
        options to estimates with values ``(scores, *shape)``.
    same_alone : callable
        From options to whether each class gets what it would get alone, to rounding.
    rules : callable
        From options to the rules that the function of several scores follows back; see
        `Problem.walked`. Empty for its derivatives.
    """

    refine: Callable[[Differentiable, FloatArray, FloatArray, OptionsType], Iterator[Estimate]]
    same_alone: Callable[[OptionsType], bool]
    rules: Callable[[OptionsType], str] = lambda options: ""


def _always(shapes: Shapes, options: object) -> str:
    return ""


def _never(options: object) -> bool:
    return False


def _nothing(options: object) -> str:
    return ""


def _share(options: object) -> Unit:
    return "share"


@dataclass(frozen=True, eq=False, kw_only=True)
class Method(Generic[OptionsType]):
    """A method of attribution; each is made at the end of its file.

    Attributes
    ----------
    name : str
        In requests, links and files; never to be changed.
    title, summary : str
        Shown to the user; the summary is one or two full sentences.
    paper, thesis : str
        The source, such as ``Simonyan et al. 2014`` and ``section 2.2``; one of them may be empty.
    options_type : type
        The frozen dataclass of its options; see `option`.
    run : callable
        From a `Problem` and options to estimates, at least one: with values of the point's shape
        or ``(h, w)``, or ``(players,)`` where ``players`` is given.
    evaluations : callable
        From options and `Shapes` to the number of evaluations planned, before anything is run: a
        method that stops early, finds coalitions in the cache or has few positions to hide needs
        fewer.
    stops_early : callable
        From options to whether it may end with fewer evaluations than planned, once its values are
        good enough.
    needs : {"gradient", "game", "graph"}
        Whether it needs derivatives of the score, only its values on coalitions, or each layer on
        the way to it.
    uses_reference : bool
        Whether its values depend on the request's reference.
    unavailable : callable
        From `Shapes` and options to the reason why it cannot be run, one sentence; empty where it
        can.
    splits_change : bool
        Whether its values are meant to sum to f(x) − f(x′): every map then reports the gap. Of a
        method that does not use the request's reference, f(x′) is the score that its estimates
        give.
    splits_score : bool
        Whether they are meant to sum to f(x) itself; likewise.
    unit : callable
        From options to what its values are.
    variant : callable
        From options to what tells its maps from others that it makes, in a word or two that stand
        below them; empty where no option changes what is meant.
    positive_only : callable
        From options to whether it leaves out what speaks against the class.
    asked : Question, optional
        The question that it answers, where that does not follow from the rest: see `question`.
    promises : tuple of str
        The axioms that it satisfies for every function, in expectation if it samples.
    precision : {"exact", "quadrature", "sampled"}
        Whether its values are those of its formula up to rounding, quadrature error or sampling
        error.
    of_players : bool
        Whether each player of the request's segmentation gets a value; otherwise the values are a
        map.
    every_coalition : bool
        Whether it needs the worth of all 2^players coalitions.
    former_options : tuple of str
        Names that links and files of earlier versions may give, and that mean nothing any more.
    diagnostics : mapping of str to str
        The diagnostics of its estimates that are shown, each with a template to format.
    quick : options, optional
        For checks that hold at any number of evaluations; the defaults where not given.
    shared_passes : SharedPasses, optional
    two_variables : TwoVariables, optional
        None where it is not defined on a function of two variables.
    """

    name: str
    title: str
    summary: str
    options_type: type[OptionsType]
    run: Callable[[Problem, OptionsType], Iterator[Estimate]]
    evaluations: Callable[[OptionsType, Shapes], int]
    needs: Literal["gradient", "game", "graph"]
    uses_reference: bool
    paper: str = ""
    thesis: str = ""
    unavailable: Callable[[Shapes, OptionsType], str] = _always
    stops_early: Callable[[OptionsType], bool] = _never
    splits_change: bool = False
    splits_score: bool = False
    unit: Callable[[OptionsType], Unit] = _share
    variant: Callable[[OptionsType], str] = _nothing
    positive_only: Callable[[OptionsType], bool] = _never
    asked: Question | None = None
    promises: tuple[Promise, ...] = ()
    precision: Precision = "exact"
    of_players: bool = False
    every_coalition: bool = False
    former_options: tuple[str, ...] = ()
    diagnostics: Mapping[str, str] = field(default_factory=dict)
    quick: OptionsType | None = None
    shared_passes: SharedPasses[OptionsType] | None = None
    two_variables: TwoVariables | None = None

    def unit_of(self, values: Mapping[str, object]) -> Unit:
        """What values are, with options by name."""
        return self.unit(self.read_options(values))

    def variant_of(self, values: Mapping[str, object]) -> str:
        """What tells its maps from others that it makes, with options by name."""
        return self.variant(self.read_options(values))

    @cached_property
    def question(self) -> Question:
        """The question that it answers, of `QUESTIONS`.

        Methods whose values are meant to sum to something share it out, other methods on coalitions
        take parts away, and those for inner layers alone weigh positions.
        """
        if self.asked is not None:
            return self.asked
        if self.splits_change or self.splits_score:
            return "shares"
        if self.needs == "game":
            return "missing_parts"
        return "positions" if self.inner_layers_only else "small_change"

    @property
    def inner_layers_only(self) -> bool:
        """Whether it cannot be run at the input, whatever the network."""
        at_input = Shapes(at_input=True, plane=None, input_size=(1, 1))
        inside = Shapes(at_input=False, plane=None, input_size=(1, 1))
        usual = self.read_options({})
        return bool(self.unavailable(at_input, usual)) and not self.unavailable(inside, usual)

    def is_signed(self, values: Mapping[str, object]) -> bool:
        """Whether a value below 0 speaks against the class, with options by name."""
        options = self.read_options(values)
        return not (self.positive_only(options) or self.unit(options).startswith("squared"))

    @property
    def slopes(self) -> bool:
        """Whether its values are slopes where no option is set."""
        return self.unit_of({}) == "slope"

    @property
    def has_own_references(self) -> bool:
        """Whether it compares the point with references that are not the request's."""
        return self.splits_change and not self.uses_reference

    @cached_property
    def options(self) -> tuple[Option, ...]:
        """Its options, in the order in which they are shown."""
        return options_in(self.options_type)

    @property
    def source(self) -> str:
        """The literature, without a full stop."""
        named = [self.paper, self.thesis and f"thesis, {self.thesis}"]
        text = "; ".join(each for each in named if each)
        return text[:1].upper() + text[1:]

    @property
    def help(self) -> str:
        """Summary and literature."""
        return f"{self.summary} {self.source}." if self.source else self.summary

    def option_named(self, name: str) -> Option:
        """One of its options; ValueError that says which it has where there is none."""
        known = {each.name: each for each in self.options}
        if name not in known:
            offered = f"; its options are {', '.join(known)}" if known else ""
            raise ValueError(f"{self.title} has no option {name[:60]}{offered}.")
        return known[name]

    def read_options(self, values: Mapping[str, object]) -> OptionsType:
        """Values by name as options, defaults filled in.

        ValueError for a name that is none of its options, or a value out of bounds.
        """
        for name in values:
            self.option_named(name)
        given = {
            each.name: each.validated(values.get(each.name, each.default)) for each in self.options
        }
        return self.options_type(**given)

    def validated(self, values: Mapping[str, object]) -> dict[str, OptionValue]:
        """The same as `read_options`, by name."""
        return dict(values_in(self.read_options(values)))

    def quick_options(self) -> dict[str, OptionValue]:
        """The options of few evaluations, by name."""
        return dict(values_in(self.options_type() if self.quick is None else self.quick))
