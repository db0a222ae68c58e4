"""The tiny classifier, and what it is asked to evaluate."""

from __future__ import annotations

from typing import Any

import pytest

from attribution_core import Classifier
from attribution_core.network.head import Head


@pytest.fixture
def classifier(tiny_classifier: Classifier) -> Classifier:
    """The tiny classifier with an empty cache."""
    tiny_classifier.cache.clear()
    return tiny_classifier


@pytest.fixture
def evaluated(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many points each call of a head was given."""
    calls: list[int] = []
    original = Head._in_batches

    def count(self: Head, function: Any, points: Any, *rest: Any) -> Any:
        calls.append(len(points))
        return original(self, function, points, *rest)

    monkeypatch.setattr(Head, "_in_batches", count)
    return calls
