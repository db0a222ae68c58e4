"""The task of the page: what each place gives to all classes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from attribution_core.measures.class_values import ClassValues, refine_class_values
from attribution_core.request import Request, evaluations_of

if TYPE_CHECKING:
    from attribution_core.network.classifier import Classifier


@dataclass(frozen=True)
class ValueClasses:
    """What each place gives to all classes, for a request of `class_values_request`."""

    at_once: ClassVar[bool] = False

    model: str
    request: Request

    def steps(self, classifier: Classifier) -> Iterator[ClassValues]:
        return refine_class_values(classifier, self.request)

    def multiplications(self, classifier: Classifier) -> float:
        each = classifier.layer(self.request.layer).multiplications
        return evaluations_of(classifier, self.request) * each
