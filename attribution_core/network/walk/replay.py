"""A network above a layer taken apart into steps, and replayed with other derivatives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import keras
import numpy as np
import tensorflow as tf

from attribution_core.methods.walked_layers import Family, LayerAbove
from attribution_core.network.graph import flow, is_nested, node_of, operation_name
from attribution_core.network.walk import kernels, kinds
from attribution_core.network.walk.derivatives import Derivative, with_derivative
from attribution_core.network.walk.steps import Affine, Gate, Rectifier, Step

AnyStep = TypeVar("AnyStep", bound=Step)

Rules = Callable[["Walk", Step], Derivative | None]
"""What comes back through a step; None for its own derivative."""

ENTRY = "preprocessing"

_AFFINE = 1e-4
"""By how much preprocessing may bend what it does to colours, as a share of its values' range."""


@dataclass(frozen=True, eq=False)
class Walk:
    """The steps from a layer to the logits, from low to high.

    A layer that is called twice makes steps at each call, a model within the network the steps of
    its layers. A layer with an activation makes two: its product and what bends it. A batch
    normalisation that alone follows a product is folded into it.

    Attributes
    ----------
    steps : tuple of Step
    end : int
        The place of the logits; the points' is 0.
    shape : tuple of int
        Of a point.
    """

    steps: tuple[Step, ...]
    end: int
    shape: tuple[int, ...]

    @classmethod
    def above(
        cls,
        network: keras.Model,
        shape: tuple[int, ...],
        prepare: Callable[[Any], Any] | None = None,
        prepared_by: Family = "movement",
    ) -> Walk:
        """From a network's input to its output.

        Parameters
        ----------
        network : keras.Model
        shape : tuple of int
            Of a point.
        prepare : callable, optional
            What points pass before the network's own layers.
        prepared_by : "movement" or "scaling"
            What that does; scaling is tried, and "unknown" where it bends values.
        """
        taken = _Taken()
        start = 0
        if prepare is not None:
            if prepared_by == "scaling" and not _maps_linearly(prepare, shape):
                prepared_by = "unknown"
            start = taken.add(ENTRY, ENTRY, prepared_by, (0,), prepare)
        (end,) = taken.take(network, [start], "")
        return cls(tuple(taken.steps), end, shape)

    @property
    def layers(self) -> tuple[LayerAbove, ...]:
        """What methods are told of the steps."""
        return tuple(
            LayerAbove(step.name, step.kind, step.family, step.in_float32) for step in self.steps
        )

    def logits(self, rules: Rules | None = None) -> Callable[[Any], Any]:
        """Points ``(n, *shape)`` -> logits ``(n, classes)``, with the rules for derivatives."""
        functions = [self._function(step, rules) for step in self.steps]

        def replayed(points: Any) -> Any:
            values = {0: points}
            for step, function in zip(self.steps, functions, strict=True):
                made = function(*(values[place] for place in step.inputs))
                made = made if len(step.outputs) > 1 else [made]
                values |= dict(zip(step.outputs, made, strict=True))
            return values[self.end]

        return replayed

    def entering(self, step: Step, point: Any, *, moved_only: bool = False) -> Any:
        """What a point ``(1, *shape)`` is where it enters a first product.

        Parameters
        ----------
        step : Affine
            With nothing between it and the walk's start but moves and scales.
        point : tensor
        moved_only : bool
            Leave out what scales it.
        """
        values = {0: point}
        for each in self.steps:
            if each.family in ("movement", "scaling") and all(i in values for i in each.inputs):
                given = [values[place] for place in each.inputs]
                passed = moved_only and each.family == "scaling"
                made = given[0] if passed else each.function(*given)
                made = made if len(each.outputs) > 1 else [made]
                values |= dict(zip(each.outputs, made, strict=True))
        return values[step.inputs[0]]

    def _function(self, step: Step, rules: Rules | None) -> Callable[..., Any]:
        derivative = None if rules is None else rules(self, step)
        return step.function if derivative is None else with_derivative(step.function, derivative)


@dataclass(frozen=True)
class _Known:
    """What is known of a value: it cannot be below 0, has a largest value, lies between 0 and 1 as
    a sigmoid's, comes from the walk's start only moved and scaled."""

    nonnegative: bool = False
    bounded: bool = False
    gate: bool = False
    plain: bool = False


class _Taken:
    """Steps as they are taken from a graph."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._places = 1
        self._known = {0: _Known(plain=True)}

    def take(self, network: keras.Model, entries: list[int], prefix: str) -> list[int]:
        """Add the steps of a network whose inputs stand at these places; places of its outputs."""
        tensors = flow(network)
        calls = {id(node): node for node in map(node_of, tensors)}
        uses = Counter(id(each) for node in calls.values() for each in node.input_tensors)
        uses.update(id(each) for each in network.outputs)
        found = {id(each): place for each, place in zip(network.inputs, entries, strict=True)}
        products: dict[int, tuple[Affine, kernels.Product]] = {}
        for tensor in tensors:
            if id(tensor) in found:
                continue
            node = node_of(tensor)
            operation, given = node.operation, [found[id(each)] for each in node.input_tensors]
            name = prefix + operation_name(operation)
            below = products.get(id(node.input_tensors[0])) if node.input_tensors else None
            alone = len(given) == 1
            if isinstance(operation, keras.Model) and is_nested(operation):
                made = self.take(operation, given, f"{name}/")
            elif alone and (computed := kernels.products_of(operation)):
                made, product = self._take_products(name, operation, given[0], computed)
                if product is not None:
                    products[id(tensor)] = product
            elif alone and _is_normalisation(operation):
                rank = len(tensor.shape)
                once = uses[id(node.input_tensors[0])] == 1
                made = [self._take_normalisation(name, operation, given[0], rank, below, once)]
            else:
                made = self._take_other(name, node, given)
            found |= {
                id(each): place for each, place in zip(node.output_tensors, made, strict=True)
            }
        return [found[id(each)] for each in network.outputs]

    def add(
        self,
        name: str,
        kind: str,
        family: Family,
        inputs: tuple[int, ...],
        function: Callable[..., Any],
        **more: Any,
    ) -> int:
        """A step of one output; its place."""
        place = self._place()
        step = Step(name, kind, family, inputs, (place,), function)
        self._append(replace(step, **more))
        return place

    def _place(self) -> int:
        self._places += 1
        return self._places - 1

    def _append(self, step: AnyStep, *, sigmoid: bool = False) -> AnyStep:
        known = [self._known[place] for place in step.inputs]
        nonnegative = bool(known) and all(each.nonnegative for each in known)
        step = replace(step, nonnegative=nonnegative)
        self.steps.append(step)
        moved = step.family == "movement"
        scaled = step.family == "scaling"
        one = known[0] if len(known) == 1 else _Known()
        of_made = _Known(
            nonnegative=(nonnegative and _keeps_signs(step))
            or step.family == "rectifier"
            or sigmoid,
            bounded=(isinstance(step, Rectifier) and np.isfinite(step.most))
            or (moved and one.bounded),
            gate=sigmoid or (moved and one.gate) or (scaled and one.bounded),
            plain=(moved or scaled) and bool(known) and all(each.plain for each in known),
        )
        self._known |= dict.fromkeys(step.outputs, of_made)
        return step

    def _take_products(
        self, name: str, layer: Any, given: int, computed: tuple[kernels.Product, ...]
    ) -> tuple[list[int], tuple[Affine, kernels.Product] | None]:
        """A layer with a kernel: its products, then its activation."""
        place, affine = given, None
        for product in computed:
            affine = self._affine(name, layer, place, product)
            (place,) = affine.outputs
        activation = getattr(layer, "activation", None)
        if kinds.family_of_activation(activation) == "movement":
            assert affine is not None
            return [place], (affine, computed[-1])
        return [self._take_activation(name, layer, place, activation)], None

    def _affine(self, name: str, layer: Any, given: int, product: kernels.Product) -> Affine:
        step = Affine(
            name,
            kinds.kind_of(layer),
            "affine",
            (given,),
            (self._place(),),
            product,
            _in_float32(layer),
            linear=product.linear,
            kernel=product.kernel,
            bias=product.bias,
            dense=product.dense,
            first=self._known[given].plain,
        )
        return self._append(step)

    def _take_activation(self, name: str, layer: Any, given: int, activation: Any) -> int:
        family = kinds.family_of_activation(activation)
        kind = f"{kinds.kind_of(layer)} with {getattr(activation, '__name__', 'an activation')}"
        step = Step(name, kind, family, (given,), (self._place(),), activation, _in_float32(layer))
        if family == "rectifier":
            step = Rectifier(**vars(step), most=kinds.most_of(activation))
        self._append(step, sigmoid=kinds.is_sigmoid(layer))
        return step.outputs[0]

    def _take_normalisation(
        self,
        name: str,
        layer: Any,
        given: int,
        rank: int,
        below: tuple[Affine, kernels.Product] | None,
        once: bool,
    ) -> int:
        if below is not None and once and layer.axis % rank == below[1].axis % rank:
            step, product = below[0], kernels.folded(below[1], layer)
            # In the place of the product without it, which nothing else takes.
            self.steps[self.steps.index(step)] = replace(
                step, function=product, kernel=product.kernel, bias=product.bias
            )
            return step.outputs[0]
        product = kernels.normalisation(layer, rank)
        if self._known[given].plain:
            # As preprocessing does it.
            kind, in_float32 = kinds.kind_of(layer), _in_float32(layer)
            return self.add(name, kind, "scaling", (given,), product, in_float32=in_float32)
        affine = Affine(
            name,
            kinds.kind_of(layer),
            "normalisation",
            (given,),
            (self._place(),),
            product,
            _in_float32(layer),
            linear=product.linear,
            kernel=product.kernel,
            bias=product.bias,
        )
        self._append(affine)
        return affine.outputs[0]

    def _take_other(self, name: str, node: Any, given: list[int]) -> list[int]:
        operation = node.operation
        first = next(iter(keras.tree.flatten((node.arguments.args, node.arguments.kwargs))), None)
        divided = bool(node.input_tensors) and first is not node.input_tensors[0]
        family = kinds.family_of(operation, len(given), int(divided))
        places = tuple(self._place() for _ in node.output_tensors)
        step = Step(
            name,
            kinds.kind_of(operation),
            family,
            tuple(given),
            places,
            _called(node),
            _in_float32(operation),
        )
        gates = [self._known[place].gate for place in given]
        full = tuple(node.output_tensors[0].shape)
        if (
            family == "product"
            and sum(gates) == 1
            and tuple(node.input_tensors[gates.index(False)].shape) == full
        ):
            step = replace(step, family="gate")
            step = Gate(**vars(step), signal=gates.index(False))
        elif family == "rectifier":
            step = Rectifier(**vars(step), most=_most(operation))
        self._append(step, sigmoid=family == "elementwise" and kinds.is_sigmoid(operation))
        return list(places)


def _keeps_signs(step: Step) -> bool:
    """Whether it makes nothing below 0 of values that are not."""
    interpolated = step.kind in ("Subtract", "Resizing", "UpSampling2D")
    return step.family in ("movement", "maximum", "sum", "product", "gate") and not interpolated


def _most(operation: Any) -> float:
    activation = getattr(operation, "activation", None)
    return kinds.most_of(operation if activation is None else activation)


def _called(node: Any) -> Callable[..., Any]:
    """A call of a layer as a function of tensors."""
    operation = node.operation
    within = isinstance(operation, keras.layers.Layer) and operation._call_has_training_arg

    def function(*values: Any) -> Any:
        by_tensor = {
            id(tensor): value for tensor, value in zip(node.input_tensors, values, strict=True)
        }
        positional, named = node.arguments.fill_in(by_tensor)
        if within:
            named = {**named, "training": False}
        made = keras.tree.flatten(operation(*positional, **named))
        return made if len(made) > 1 else made[0]

    return function


def _is_normalisation(operation: Any) -> bool:
    return type(operation) is keras.layers.BatchNormalization


def _in_float32(operation: Any) -> bool:
    return getattr(operation, "compute_dtype", "float32") in ("float32", "float64")


def _maps_linearly(prepare: Callable[[Any], Any], shape: tuple[int, ...]) -> bool:
    """Whether the middle of two random pictures becomes the middle of what they become."""
    first, second = np.random.default_rng(0).uniform(0, 255, (2, 1, *shape)).astype(np.float32)
    ends = [np.asarray(prepare(tf.constant(each)), np.float64) for each in (first, second)]
    middle = np.asarray(prepare(tf.constant((first + second) / 2)), np.float64)
    return bool(np.abs(middle - sum(ends) / 2).max() <= _AFFINE * np.ptp(ends))
