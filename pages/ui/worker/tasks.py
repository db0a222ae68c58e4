"""What pages ask the worker for, and what they get."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from attribution_core.images import INPUT, Picture
from attribution_core.request import Request, evaluations_of
from attribution_core.scores import Link, probabilities_of

if TYPE_CHECKING:
    from attribution_core.measures.smallest_parts import Aim
    from attribution_core.network.classifier import Classifier


class Task(Protocol):
    """What the engine can be asked to compute: a frozen dataclass, so that equal tasks run once.

    Its module must not import TensorFlow before `steps` is called: no page should wait for that.
    """

    at_once: ClassVar[bool]
    """Whether it is quick and a visitor waits for it: it goes before all other tasks."""

    @property
    def model(self) -> str:
        """The name of the model it needs."""

    def __hash__(self) -> int: ...

    def steps(self, classifier: Classifier) -> Iterator[object]:
        """Results, each better than the last; their ``done`` and ``planned`` show progress."""

    def multiplications(self, classifier: Classifier) -> float:
        """About how many multiplications it takes; ValueError where it cannot be done."""


@dataclass(frozen=True)
class Prediction:
    """Logits and probabilities ``(classes,)`` of one picture.

    Probabilities are None where the network's outputs are numbers and no logits.
    """

    logits: npt.NDArray[np.float32]
    probabilities: npt.NDArray[np.float64] | None

    @classmethod
    def of(cls, logits: npt.NDArray[np.float32], link: Link) -> Prediction:
        return cls(logits, None if link == "none" else probabilities_of(logits, link))

    def said(self, number: int, digits: int = 1) -> str:
        """The probability of a class in percent, or the output where there are none."""
        if self.probabilities is None:
            return f"{self.logits[number]:.3g}".replace("-", "−")
        return f"{100 * self.probabilities[number]:.{digits}f} %"

    def top(self, count: int) -> tuple[int, ...]:
        """The most probable classes, best first; or the largest outputs."""
        return tuple(int(number) for number in np.argsort(-self.logits, kind="stable")[:count])


@dataclass(frozen=True)
class Predict:
    """A model's prediction for a picture.

    ``layer``, if named, is one whose activations the page's maps need as well: they are computed on
    the way and kept, rather than computed twice.
    """

    at_once: ClassVar[bool] = True

    model: str
    picture: Picture
    layer: str = field(default=INPUT, compare=False)

    def steps(self, classifier: Classifier) -> Iterator[Prediction]:
        layer = self.layer if self.layer in classifier.layers else INPUT
        point = classifier.activations(self.picture, layer)
        yield Prediction.of(classifier.head(layer).logits(point[None])[0], classifier.link)

    def multiplications(self, classifier: Classifier) -> float:
        return classifier.layer("input").multiplications


@dataclass(frozen=True)
class Explain:
    """An attribution by a model.

    ``beside`` are other classes asked for on the same page: where they can share passes through the
    network, they are computed together and found in the cache when their own turn comes.
    """

    at_once: ClassVar[bool] = False

    model: str
    request: Request
    beside: tuple[int, ...] = field(default=(), compare=False)

    def steps(self, classifier: Classifier) -> Iterator[object]:
        from attribution_core.explanation import key_of, refine_request
        from attribution_core.several_classes import refine_together, same_alone

        known = classifier.cache.get(key_of(classifier, self.request)) is not None
        if known or not self.beside or not same_alone(self.request):
            return refine_request(classifier, self.request)
        others = (replace(self.request, target=target) for target in self.beside)
        together = refine_together(classifier, [self.request, *others])
        return (attributions[0] for attributions in together)

    def multiplications(self, classifier: Classifier) -> float:
        return _multiplications(classifier, self.request, evaluations_of(classifier, self.request))


@dataclass(frozen=True)
class Play:
    """A model's prediction when some players of a request's game are absent."""

    at_once: ClassVar[bool] = True

    model: str
    request: Request
    absent: tuple[int, ...]

    def steps(self, classifier: Classifier) -> Iterator[Prediction]:
        from attribution_core.explanation import pose

        game = pose(classifier, self.request).game()
        coalition = np.ones((1, game.players), bool)
        coalition[0, [player for player in self.absent if player < game.players]] = False
        yield Prediction.of(game.logits(coalition)[0], classifier.link)

    def multiplications(self, classifier: Classifier) -> float:
        return _multiplications(classifier, self.request, 1)


@dataclass(frozen=True)
class Interact:
    """The Shapley interactions of all pairs of players in a request's game.

    Exact for at most ``most_exact`` players and where the head is local, else from ``contexts``
    random coalitions; ``evaluations`` in all.
    """

    at_once: ClassVar[bool] = False

    model: str
    request: Request
    most_exact: int
    contexts: int
    evaluations: int

    def steps(self, classifier: Classifier) -> Iterator[object]:
        from attribution_core.explanation import pose
        from attribution_core.methods.shapley_interactions import refine_interactions

        return refine_interactions(
            pose(classifier, self.request), most_exact=self.most_exact, contexts=self.contexts
        )

    def multiplications(self, classifier: Classifier) -> float:
        return _multiplications(classifier, self.request, self.evaluations)


@dataclass(frozen=True)
class InteractAmongAll:
    """The interaction of two players of a request's game, with all others present."""

    at_once: ClassVar[bool] = True

    model: str
    request: Request
    pair: tuple[int, int]

    def steps(self, classifier: Classifier) -> Iterator[float]:
        from attribution_core.explanation import pose
        from attribution_core.methods.shapley_interactions import interaction_among_all

        yield interaction_among_all(pose(classifier, self.request).game(), *self.pair)

    def multiplications(self, classifier: Classifier) -> float:
        return _multiplications(classifier, self.request, 4)


@dataclass(frozen=True)
class FindFewest:
    """The fewest parts of a request's game that keep the answer, or that change it when absent."""

    at_once: ClassVar[bool] = False

    model: str
    request: Request
    aim: Aim
    budget: int

    def steps(self, classifier: Classifier) -> Iterator[object]:
        from attribution_core.measures.smallest_parts import smallest_parts

        return smallest_parts(classifier, self.request, self.aim, budget=self.budget)

    def multiplications(self, classifier: Classifier) -> float:
        return _multiplications(classifier, self.request, self.budget)


@dataclass(frozen=True)
class OpenParts:
    """The Owen values of the parts of a request's picture, as fine as they are opened.

    ``opened`` in the order in which they were; ``budget`` is the most coalitions.
    """

    at_once: ClassVar[bool] = False

    model: str
    request: Request
    opened: tuple[int, ...]
    budget: int

    def steps(self, classifier: Classifier) -> Iterator[object]:
        from attribution_core.measures.owen_parts import owen_parts

        return owen_parts(classifier, self.request, self.opened, budget=self.budget)

    def multiplications(self, classifier: Classifier) -> float:
        # Of n parts opened one after another the last takes at most 2^n coalitions.
        evaluations = min(self.budget, 2 ** min(len(self.opened) + 1, 30))
        return _multiplications(classifier, self.request, evaluations)


@dataclass(frozen=True)
class TimeCoalitions:
    """Seconds per coalition of a request's game, measured without cached values."""

    at_once: ClassVar[bool] = False

    model: str
    request: Request

    def steps(self, classifier: Classifier) -> Iterator[float]:
        from attribution_core.explanation import pose

        yield pose(classifier, self.request).game().seconds_per_coalition()

    def multiplications(self, classifier: Classifier) -> float:
        return _multiplications(classifier, self.request, 32)


def _multiplications(classifier: Classifier, request: Request, evaluations: int) -> float:
    return evaluations * classifier.layer(request.layer).multiplications
