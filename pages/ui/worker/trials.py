"""What is asked of the worker before a visitor's own network is used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from attribution_core.images import Picture
from attribution_core.models.preprocessing import Preprocessing
from attribution_core.scores import Link
from pages.ui.worker.own_model_names import Undecided

if TYPE_CHECKING:
    from attribution_core.models.preprocessing_trial import Advice, Tried
    from attribution_core.network.classifier import Classifier


@dataclass(frozen=True)
class Opened:
    """What is known of a network that has been read: its input's height and width, its classes,
    what makes probabilities of its logits, and what it leaves to its owner."""

    input_size: tuple[int, int]
    classes: int
    link: Link
    undecided: Undecided


@dataclass(frozen=True)
class Open:
    """Read a network."""

    at_once: ClassVar[bool] = True

    model: str

    def steps(self, classifier: Classifier) -> Iterator[Opened]:
        undecided = Undecided.by(classifier.ends)
        yield Opened(classifier.input_size, classifier.classes, classifier.link, undecided)

    def multiplications(self, classifier: Classifier) -> float:
        return 0.0


@dataclass(frozen=True)
class Trial:
    """What a network makes of a picture under each preprocessing, and which seems right."""

    tried: tuple[Tried, ...]
    advice: Advice


@dataclass(frozen=True)
class TryPreprocessings:
    """Ask a network about a picture under each preprocessing; ``beside`` are others, to compare."""

    at_once: ClassVar[bool] = True

    model: str
    picture: Picture
    beside: tuple[Picture, ...]
    kinds: tuple[Preprocessing, ...]

    def steps(self, classifier: Classifier) -> Iterator[Trial]:
        from attribution_core.models.preprocessing_trial import advice, try_preprocessings

        tried = try_preprocessings(
            classifier.network,
            self.picture.pixels,
            self.kinds,
            [each.pixels for each in self.beside],
            classifier.entering,
        )
        yield Trial(tried, advice(classifier.network, tried, classifier.link))

    def multiplications(self, classifier: Classifier) -> float:
        return len(self.kinds) * classifier.layer("input").multiplications
