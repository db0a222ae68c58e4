"""Nothing is evaluated twice: for the same again, another class or method, or after a stop."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from attribution_core import METHODS, Attribution, Classifier, Contrast, Grid, refine
from attribution_core.games.coalitions import draw_pairs, draw_uniform
from attribution_core.images import Pixels
from tests.conftest import OF_CHANNELS
from tests.explanation.quick import CLASS, INNER, QUICK, run, shared


@pytest.mark.parametrize("method", [name for name in METHODS if name not in OF_CHANNELS])
def test_the_same_again_evaluates_nothing(
    classifier: Classifier, tiny_image: Pixels, evaluated: list[int], method: str
) -> None:
    first = run(classifier, tiny_image, method)
    assert evaluated
    evaluated.clear()
    assert run(classifier, tiny_image.copy(), method, target=np.int64(CLASS)) is first
    finished = list(refine(classifier, tiny_image, method, CLASS, **shared(method)))
    assert finished == [first]
    assert not evaluated


@pytest.mark.parametrize("layer", ["input", INNER])
@pytest.mark.parametrize("method", ["occlusion", "lime", "kernel_shap", "shapley_values"])
def test_another_class_evaluates_nothing(
    classifier: Classifier, tiny_image: Pixels, evaluated: list[int], method: str, layer: str
) -> None:
    first = run(classifier, tiny_image, method, layer=layer)
    evaluated.clear()
    for settings in ({"target": 4}, {"score": "probability"}, {"score": Contrast(0)}):
        other = run(classifier, tiny_image, method, layer=layer, **settings)
        assert (other.values != first.values).any()
        assert other.evaluations == first.evaluations
    assert not evaluated


def test_methods_share_coalitions(
    classifier: Classifier, tiny_image: Pixels, evaluated: list[int]
) -> None:
    run(classifier, tiny_image, "shapley_values", superpixels=Grid(2, 3))
    evaluated.clear()
    run(classifier, tiny_image, "kernel_shap", superpixels=Grid(2, 3))
    run(classifier, tiny_image, "lime", superpixels=Grid(2, 3))
    assert not evaluated


def test_sampling_methods_share_what_both_draw(
    classifier: Classifier, tiny_image: Pixels, evaluated: list[int]
) -> None:
    """LIME after KernelSHAP, and a larger budget, evaluate only what is new."""
    game = {"superpixels": Grid(5, 6), "seed": 3}
    run(classifier, tiny_image, "kernel_shap", budget=256, **game)
    evaluated.clear()
    run(classifier, tiny_image, "lime", samples=200, **game)
    fresh = sum(evaluated)
    pairs = draw_pairs(30, 127, seed=3).members
    known = {row.tobytes() for row in np.concatenate([pairs, ~pairs])}
    drawn = {row.tobytes() for row in draw_uniform(30, 200, seed=3).members}
    assert fresh == len(drawn - known) < 130
    evaluated.clear()
    run(classifier, tiny_image, "kernel_shap", budget=512, **game)
    more = draw_pairs(30, 255, seed=3).members
    wanted = {row.tobytes() for row in np.concatenate([more, ~more])}
    assert sum(evaluated) == len(wanted - known - drawn) < 256


@pytest.mark.parametrize("method", ["lime", "kernel_shap", "shapley_values"])
def test_stopped_work_goes_on_without_evaluating_anything_twice(
    classifier: Classifier,
    tiny_image: Pixels,
    method: str,
    evaluated: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(classifier.head("input"), "batch_size", 4)
    settings = {"superpixels": Grid(3, 3)}
    uninterrupted = run(classifier, tiny_image, method, **settings)
    once = sum(evaluated)
    classifier.cache.clear()
    evaluated.clear()
    stopped = refine(classifier, tiny_image, method, CLASS, **QUICK.get(method, {}) | settings)
    partial = [next(stopped) for _ in range(8)][-1]
    stopped.close()
    assert 0 < sum(evaluated) < once
    assert partial.done < partial.planned
    resumed = run(classifier, tiny_image, method, **settings)
    assert sum(evaluated) == once
    np.testing.assert_array_equal(resumed.values, uninterrupted.values)


def test_two_threads_compute_once(
    classifier: Classifier, tiny_image: Pixels, evaluated: list[int]
) -> None:
    together = threading.Barrier(4)

    def ask() -> Attribution:
        together.wait()
        return run(classifier, tiny_image, "smoothgrad")

    with ThreadPoolExecutor(4) as pool:
        results = [future.result() for future in [pool.submit(ask) for _ in range(4)]]
    assert all(result is results[0] for result in results)
    alone = list(evaluated)
    evaluated.clear()
    classifier.cache.clear()
    run(classifier, tiny_image, "smoothgrad")
    assert sorted(alone) == sorted(evaluated)
