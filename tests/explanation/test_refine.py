"""refine: estimates at once, and the last is what explain gives."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from attribution_core import Attribution, Classifier, refine
from attribution_core.images import Pixels
from tests.explanation.quick import CLASS, run, shared


@pytest.mark.parametrize("method", ["gradient", "occlusion", "kernel_shap", "smoothgrad"])
def test_refine_hands_out_estimates_at_once(
    classifier: Classifier,
    tiny_image: Pixels,
    method: str,
    evaluated: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(classifier.head("input"), "batch_size", 4)
    steps: list[Attribution] = []
    spent: list[int] = []
    for attribution in refine(classifier, tiny_image, method, CLASS, **shared(method)):
        steps.append(attribution)
        spent.append(sum(evaluated))
    *partial, last = steps
    assert [step.finished for step in steps] == [False] * len(partial) + [True]
    # Two evaluations are those of the point and the reference.
    assert [step.done for step in partial] == [number - 2 for number in spent[:-1]]
    np.testing.assert_array_equal(last.values, partial[-1].values)
    assert last.done == last.planned == partial[-1].done
    assert spent[-1] == spent[-2]
    assert run(classifier, tiny_image, method) is last


def test_an_unfinished_attribution_is_not_kept(
    classifier: Classifier, tiny_image: Pixels, evaluated: list[int]
) -> None:
    estimates = refine(classifier, tiny_image, "smoothgrad", CLASS, samples=600)
    assert isinstance(estimates, Iterator)
    assert not next(estimates).finished
    estimates.close()
    evaluated.clear()
    assert run(classifier, tiny_image, "smoothgrad", samples=600).finished
    assert sum(evaluated) == 600


def test_refine_checks_before_it_starts(classifier: Classifier, tiny_image: Pixels) -> None:
    with pytest.raises(ValueError, match="no option colour"):
        refine(classifier, tiny_image, "gradient", CLASS, colour=1)
