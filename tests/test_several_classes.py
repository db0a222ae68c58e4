"""Integrated Gradients of several classes against the same of each alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
import tensorflow as tf

from attribution_core import Classifier, explain, explain_classes, integrated_gradients
from attribution_core.arrays import FloatArray
from attribution_core.explanation import key_of, refine_request
from attribution_core.images import Picture, Pixels
from attribution_core.request import Request, granted, request_or_reason
from attribution_core.scores import Score
from attribution_core.several_classes import refine_together
from pages.ui.worker.tasks import Explain


class Two:
    """relu(s − 10) + 3 relu(s + 1) − 1 with s = x₁ + x₂ + x₃, and x₁²."""

    batch_size = 4

    def values(self, points: FloatArray) -> FloatArray:
        return self.values_and_gradients(points)[0]

    def values_and_gradients(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        batch = tf.constant(np.asarray(points, np.float64))
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(batch)
            total = tf.reduce_sum(batch, axis=1)
            scores = [tf.nn.relu(total - 10) + 3 * tf.nn.relu(total + 1) - 1, batch[:, 0] ** 2]
        gradients = [tape.gradient(score, batch).numpy() for score in scores]
        return np.stack(scores, axis=1), np.stack(gradients, axis=1)


@pytest.mark.parametrize("rule", ["adaptive", "midpoint", "gauss_legendre"])
def test_known_values_of_two_functions_at_once(rule: str) -> None:
    point, reference = np.array([20.0, 50, 30]), np.zeros(3)
    found = integrated_gradients(Two(), point, reference, steps=200, rule=rule)
    np.testing.assert_allclose(found.values, [[78, 195, 117], [400, 0, 0]], atol=0.6)


def test_the_adaptive_rule_goes_on_until_each_is_good_enough() -> None:
    point, reference = np.array([20.0, 50, 30]), np.zeros(3)
    found = integrated_gradients(Two(), point, reference, steps=500, tolerance=0.001)
    sums = found.values.sum(axis=1)
    np.testing.assert_allclose(sums, [390, 400], rtol=0.001)
    assert found.evaluations < 500


@pytest.mark.parametrize("layer", ["input", "pooled"])
@pytest.mark.parametrize("score", ["logit", "probability"])
def test_several_scores_have_the_gradients_of_each(
    tiny_classifier: Classifier, layer: str, score: str
) -> None:
    head = tiny_classifier.head(layer)
    points = np.random.default_rng(0).uniform(0, 1, (3, *head.shape)).astype(np.float32)
    scores = [Score(target, probability=score == "probability") for target in (0, 3)]
    values, gradients = head.values_and_gradients_of(points, scores)
    for number, each in enumerate(scores):
        alone, slope = head.values_and_gradients(points, each)
        np.testing.assert_allclose(values[:, number], alone, rtol=1e-5)
        np.testing.assert_allclose(gradients[:, number], slope, rtol=1e-4, atol=1e-7)


def test_fixed_rules_give_what_each_class_gives_alone(
    tiny_classifier: Classifier, tiny_image: Pixels
) -> None:
    options = {"steps": 12, "rule": "midpoint"}
    together = explain_classes(tiny_classifier, tiny_image, (1, 4, 2), **options)
    for attribution, target in zip(together, (1, 4, 2), strict=True):
        tiny_classifier.cache.clear()
        alone = explain(tiny_classifier, tiny_image, "integrated_gradients", target, **options)
        assert attribution.target == target
        assert attribution.evaluations == alone.evaluations == 12
        np.testing.assert_allclose(attribution.values, alone.values, rtol=1e-3, atol=1e-6)
        assert attribution.completeness_gap == pytest.approx(alone.completeness_gap, abs=1e-4)


def test_the_adaptive_rule_keeps_its_promise_to_every_class(
    tiny_classifier: Classifier, tiny_image: Pixels
) -> None:
    for attribution in explain_classes(tiny_classifier, tiny_image, (0, 1, 2), tolerance=0.01):
        change = abs(attribution.score - attribution.reference_score)
        assert attribution.completeness_gap is not None
        assert attribution.completeness_gap <= 0.01 * change + 1e-4
        # And not only its sum is right: the map is that of very many gradients.
        exact = explain(
            tiny_classifier,
            tiny_image,
            "integrated_gradients",
            attribution.target,
            steps=512,
            rule="midpoint",
        ).values
        error = np.linalg.norm(attribution.values - exact) / np.linalg.norm(exact)
        assert error < 0.05


def test_work_leaves_the_other_classes_in_the_cache(
    tiny_classifier: Classifier, tiny_image: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_classifier.cache.clear()
    first, second = (
        integrated(tiny_classifier, tiny_image, target, steps=8, rule="gauss_legendre")
        for target in (0, 1)
    )
    work = Explain("tiny", first, beside=(1,))
    # Who else is asked for does not make it another piece of work.
    assert work == Explain("tiny", first)
    *_, last = work.steps(tiny_classifier)
    assert last.finished
    assert tiny_classifier.cache.get(key_of(tiny_classifier, second)) is not None
    asked = spied(tiny_classifier, monkeypatch)
    *_, found = refine_request(tiny_classifier, second)
    assert found.target == 1
    assert asked() == 0


def test_adaptive_results_depend_on_nobody_else(
    tiny_classifier: Classifier, tiny_image: Pixels
) -> None:
    """Same request, same result: nodes placed for several classes are not kept for each."""
    tiny_classifier.cache.clear()
    request = integrated(tiny_classifier, tiny_image, 0)
    list(refine_together(tiny_classifier, [request, replace(request, target=1)]))
    assert tiny_classifier.cache.get(key_of(tiny_classifier, request)) is None


def integrated(classifier: Classifier, image: Pixels, target: int, **options: int | str) -> Request:
    return granted(
        request_or_reason(
            classifier,
            picture=Picture.of(image),
            method="integrated_gradients",
            target=target,
            options=options,
        )
    )


def test_other_methods_say_which_can(tiny_classifier: Classifier, tiny_image: Pixels) -> None:
    with pytest.raises(ValueError, match="LIME does not share passes among classes; Integrated"):
        explain_classes(tiny_classifier, tiny_image, (0, 1), method="lime")


def test_no_classes(tiny_classifier: Classifier, tiny_image: Pixels) -> None:
    with pytest.raises(ValueError, match="at least one"):
        explain_classes(tiny_classifier, tiny_image, ())


def spied(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Counts the head's batches from now on."""
    head, calls = classifier.head("input"), []
    original = head._in_batches

    def counted(*arguments: object) -> object:
        calls.append(1)
        return original(*arguments)

    monkeypatch.setattr(head, "_in_batches", counted)
    return lambda: len(calls)


class Counted:
    """A straight score, one with a jump of its slope and one with two, apart or all together.

    ``passes`` counts the gradients of each that were asked for.
    """

    batch_size = 4

    def __init__(self) -> None:
        self.passes = np.zeros(3, int)

    def values(self, points: FloatArray) -> FloatArray:
        total = points.sum(axis=1)[:, None]
        return np.concatenate([total, np.abs(total - 20), 3 * np.abs(total - 7) - total], axis=1)

    def values_and_gradients(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        return self._some(points, [0, 1, 2])

    def _some(self, points: FloatArray, kept: Sequence[int]) -> tuple[FloatArray, FloatArray]:
        self.passes[list(kept)] += len(points)
        total = points.sum(axis=1)
        slopes = np.stack([np.ones(len(points)), np.sign(total - 20), 3 * np.sign(total - 7) - 1])
        gradients = slopes.T[:, :, None] * np.ones((1, 1, points.shape[1]))
        return self.values(points)[:, kept], gradients[:, kept]


class CountedApart(Counted):
    def only(self, kept: Sequence[int]) -> Some:
        return Some(self, kept)


@dataclass(frozen=True)
class Some:
    of: Counted
    kept: Sequence[int]
    batch_size = 4

    def values(self, points: FloatArray) -> FloatArray:
        return self.of.values(points)[:, self.kept]

    def values_and_gradients(self, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        return self.of._some(points, self.kept)


def test_scores_that_are_good_enough_cost_no_more() -> None:
    """The straight one needs the first round alone; what is found does not depend on it."""
    point, reference = np.array([9.0, 30, 22.3]), np.zeros(3)
    together, apart = Counted(), CountedApart()
    first, second = (
        integrated_gradients(each, point, reference, steps=200, tolerance=0.001)
        for each in (together, apart)
    )
    assert list(together.passes) == [first.evaluations] * 3
    assert second.evaluations == first.evaluations == max(apart.passes)
    assert 4 == apart.passes[0] < apart.passes[1] < apart.passes[2]
    np.testing.assert_allclose(second.values, first.values, atol=1e-6)
    # |61.3 − 20| − 20, and 3 · 54.3 − 61.3 − 21, shared out in proportion.
    np.testing.assert_allclose(second.values.sum(axis=1), [61.3, 21.3, 80.6], rtol=0.001)


def test_a_score_that_is_not_asked_for_takes_no_pass_back(tiny_classifier: Classifier) -> None:
    head = tiny_classifier.head("input")
    points = np.random.default_rng(0).uniform(0, 1, (2, *head.shape)).astype(np.float32)
    scores = [Score(target) for target in (0, 3, 1)]
    every = head.values_and_gradients_of(points, scores)
    some = head.values_and_gradients_of(points, scores, [2, 0])
    for found, whole in zip(some, every, strict=True):
        np.testing.assert_array_equal(found, whole[:, [2, 0]])
