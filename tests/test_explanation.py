"""explain and refine: every method at every layer, completeness, caching, errors."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from attribution_core import (
    METHODS,
    Attribution,
    Cache,
    Classifier,
    Contrast,
    Estimate,
    Grid,
    Slic,
    explain,
    gradient,
    integrated_gradients,
    reference_image,
    refine,
    request_or_reason,
    shapley_values,
)
from attribution_core.arrays import FloatArray
from attribution_core.explanation import explain_request, pose, reference_picture
from attribution_core.games.coalitions import draw_pairs, draw_uniform
from attribution_core.images import Picture, Pixels
from attribution_core.methods.estimate import TOTAL_ERROR
from attribution_core.methods.functions import TensorFunction
from attribution_core.methods.kernel_shap import AROUND_PRIOR, GRADIENTS
from attribution_core.network.head import Head
from attribution_core.problem import Problem
from attribution_core.request import granted
from tests.conftest import OF_CHANNELS

QUICK: dict[str, dict[str, Any]] = {
    "integrated_gradients": {"steps": 128},
    "expected_gradients": {"references": "blurs", "samples": 32},
    "blur_integrated_gradients": {"steps": 256},
    "xrai": {"steps": 128},
    "smoothgrad": {"samples": 6},
    "occlusion": {"window": 6, "stride": 4},
    "rise": {"samples": 60},
    "lime": {"samples": 60},
    "kernel_shap": {"budget": 80, "estimator": "least squares"},
    "shapley_values": {"superpixels": 6},
    "banzhaf_values": {"superpixels": 6},
}
INNER = "pooled"
CLASS = 2


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


def run(classifier: Classifier, image: Pixels, method: str, **settings: Any) -> Attribution:
    settings = {"superpixels": Grid(4, 4)} | QUICK.get(method, {}) | settings
    return explain(classifier, image, method, settings.pop("target", CLASS), **settings)


@pytest.mark.parametrize("layer", ["input", INNER])
@pytest.mark.parametrize("method", METHODS)
def test_every_method_at_every_kind_of_layer(
    classifier: Classifier, tiny_image: Pixels, method: str, layer: str
) -> None:
    if method in OF_CHANNELS and layer == "input":
        with pytest.raises(ValueError, match="choose an inner layer"):
            run(classifier, tiny_image, method)
        return
    found = run(classifier, tiny_image, method, layer=layer, reference="mean")
    height, width, channels = classifier.layer(layer).shape
    entry = METHODS[method]
    flat = entry.needs == "game" or method in (*OF_CHANNELS, "xrai")
    assert found.values.shape == ((height, width) if flat else (height, width, channels))
    assert found.values.dtype == found.heatmap.dtype == np.float32
    assert found.heatmap.shape == (height, width)
    expected = found.values if flat else found.values.sum(axis=2)
    np.testing.assert_allclose(found.heatmap, expected, rtol=1e-5)
    assert np.isfinite(found.values).all()
    assert np.abs(found.values).max() > 0
    assert found.target == CLASS
    assert found.finished
    assert found.seconds > 0
    assert found.evaluations >= 1
    reference = reference_image(tiny_image, "mean")
    assert found.score == pytest.approx(classifier.scores(tiny_image)[CLASS], rel=1e-4)
    if entry.has_own_references:
        assert found.reference_score != classifier.scores(reference)[CLASS]
    else:
        assert found.reference_score == pytest.approx(classifier.scores(reference)[CLASS], rel=1e-4)
    change = found.score - found.reference_score
    assert found.total == pytest.approx(found.heatmap.sum(dtype=float), rel=1e-4, abs=1e-4)
    if entry.splits_change:
        gap = abs(found.total - change)
        assert found.completeness_gap == pytest.approx(gap, rel=1e-3, abs=1e-5)
        by_chance = 4 * found.diagnostics.get(TOTAL_ERROR, 0.0)
        assert method == "linear" or gap < 0.01 * abs(change) + by_chance
    elif entry.splits_score:
        gap = abs(found.total - found.score)
        assert found.completeness_gap == pytest.approx(gap, rel=1e-3, abs=1e-5)
    else:
        assert found.completeness_gap is None
    if METHODS[method].of_players:
        assert found.segments is not None
        assert found.player_values is not None
        sizes = np.bincount(found.segments.ravel())
        np.testing.assert_allclose(
            found.values, (found.player_values / sizes)[found.segments], rtol=1e-5
        )
    else:
        assert found.segments is None
        assert found.player_values is None
    if entry.precision == "sampled" or method == "kernel_shap":
        whole = found.values if found.player_values is None else found.player_values
        assert found.standard_error is not None
        assert found.standard_error.shape == whole.shape


def by_hand(classifier: Classifier, image: Pixels) -> FloatArray:
    """The gradient of the tiny network's logit, by TensorFlow alone."""

    def logit(images: Any) -> Any:
        import tensorflow as tf

        network, preprocess = classifier._network, classifier._preprocess
        return network(preprocess(tf.cast(images, tf.float32)))[:, CLASS]

    return gradient(TensorFunction(logit), image).values


def test_the_gradient_by_hand(classifier: Classifier, tiny_image: Pixels) -> None:
    expected = by_hand(classifier, tiny_image)
    assert expected.shape == (16, 16, 3)
    np.testing.assert_allclose(
        run(classifier, tiny_image, "gradient").values, expected, rtol=1e-3, atol=1e-6
    )
    np.testing.assert_allclose(
        run(classifier, tiny_image, "gradient_times_input").values,
        expected * tiny_image,
        rtol=1e-3,
        atol=1e-4,
    )
    np.testing.assert_allclose(
        run(classifier, tiny_image, "linear", reference="white").values,
        expected * (tiny_image - 255),
        rtol=1e-3,
        atol=1e-4,
    )


def test_shapley_values_by_hand(classifier: Classifier, tiny_image: Pixels) -> None:
    """Four quarters of the picture, masked here, before the network."""
    from attribution_core import FunctionGame

    quarters = np.kron([[0, 1], [2, 3]], np.ones((8, 8), int))
    white = np.full_like(tiny_image, 255)
    game = FunctionGame(
        4,
        lambda z: classifier.scores(np.where(z[:, quarters, None], tiny_image, white))[:, CLASS],
    )
    expected = shapley_values(game).values
    for method, options in (("kernel_shap", {"budget": 16}), ("shapley_values", {})):
        for superpixels in (quarters, quarters.tolist(), Grid(2, 2)):
            found = run(
                classifier,
                tiny_image,
                method,
                reference="white",
                superpixels=superpixels,
                **options,
            )
            assert found.player_values is not None
            np.testing.assert_allclose(found.player_values, expected, rtol=1e-3, atol=1e-4)


def test_scores(classifier: Classifier, tiny_image: Pixels) -> None:
    """A linear method's map of a contrast is the difference of two classes' maps."""
    first, second = (run(classifier, tiny_image, "gradient", target=n) for n in (1, 3))
    contrast = run(classifier, tiny_image, "gradient", target=1, score=Contrast(3))
    np.testing.assert_allclose(contrast.values, first.values - second.values, rtol=1e-3, atol=1e-6)
    assert contrast.score == pytest.approx(first.score - second.score, rel=1e-5)
    probability = run(classifier, tiny_image, "kernel_shap", target=1, score="probability")
    assert probability.score == pytest.approx(classifier.probabilities(tiny_image)[1], rel=1e-4)
    assert probability.total == pytest.approx(
        probability.score - probability.reference_score, abs=1e-6
    )


def test_zeros_as_the_reference_of_a_layer(classifier: Classifier, tiny_image: Pixels) -> None:
    zeros = np.zeros((1, *classifier.layer(INNER).shape))
    found = run(classifier, tiny_image, "linear", layer=INNER, reference="zeros")
    expected = classifier.head(INNER).logits(zeros)[0, CLASS]
    assert found.reference_score == pytest.approx(expected, rel=1e-5)
    black = run(classifier, tiny_image, "linear", layer=INNER, reference="black")
    assert abs(found.reference_score - black.reference_score) > 1e-3
    with pytest.raises(ValueError, match="'zeros' is not known at the layer input"):
        run(classifier, tiny_image, "linear", reference="zeros")


def test_noise_as_the_reference_depends_on_the_seed(
    classifier: Classifier, tiny_image: Pixels
) -> None:
    def reference(kind: str, seed: int) -> Picture:
        request = request_or_reason(
            classifier,
            picture=Picture.of(tiny_image),
            method="linear",
            target=0,
            reference=kind,
            seed=seed,
        )
        return reference_picture(classifier, granted(request))

    assert reference("noise", 1) == reference("noise", 1)
    assert reference("noise", 1) != reference("noise", 2)
    assert reference("shuffled", 1) == reference("shuffled", 1)
    assert reference("shuffled", 1) != reference("shuffled", 2)
    assert reference("blurred", 1) is reference("blurred", 2)


def test_smoothgrads_noise_is_smaller_at_inner_layers(
    classifier: Classifier, tiny_image: Pixels
) -> None:
    """Where no σ is given; one that is given stays, as links and saved maps name it."""

    def smoothed(layer: str, **options: float) -> FloatArray:
        return explain(classifier, tiny_image, "smoothgrad", 0, layer=layer, **options).values

    for layer, sigma in (("input", 0.15), ("stem", 0.003)):
        np.testing.assert_array_equal(smoothed(layer), smoothed(layer, sigma=sigma))
    assert not np.allclose(smoothed("stem"), smoothed("stem", sigma=0.15))


def test_shuffled_at_an_inner_layer_are_its_own_positions(
    classifier: Classifier, tiny_image: Pixels
) -> None:
    """Not the activations of the shuffled picture: each position's channels stay together."""

    def posed(seed: int) -> Problem:
        request = request_or_reason(
            classifier,
            picture=Picture.of(tiny_image),
            method="linear",
            target=0,
            layer="pooled",
            reference="shuffled",
            seed=seed,
        )
        return pose(classifier, granted(request))

    first, same, other = posed(1), posed(1), posed(2)
    rows = [
        sorted(map(tuple, each.reshape(-1, each.shape[-1]).tolist()))
        for each in (first.point, first.reference)
    ]
    assert rows[0] == rows[1]
    assert not np.array_equal(first.point, first.reference)
    np.testing.assert_array_equal(first.reference, same.reference)
    assert not np.array_equal(first.reference, other.reference)
    assert first.ends[1].tolist() == first.head.logits(first.reference[None])[0].tolist()
    assert first.ends[1].tolist() != other.ends[1].tolist()


def test_occlusion_is_the_mean_density_of_the_drops(
    classifier: Classifier, tiny_image: Pixels
) -> None:
    """Windows of 6 by steps of 4 start at 0, 4, 8, 10; drops are spread over 36 positions."""
    found = run(classifier, tiny_image, "occlusion")
    total, times = np.zeros((16, 16)), np.zeros((16, 16))
    whole = classifier.scores(tiny_image)[CLASS]
    for top in (0, 4, 8, 10):
        for left in (0, 4, 8, 10):
            hidden = tiny_image.copy()
            hidden[top : top + 6, left : left + 6] = 0
            drop = whole - classifier.scores(hidden)[CLASS]
            total[top : top + 6, left : left + 6] += drop / 36
            times[top : top + 6, left : left + 6] += 1
    np.testing.assert_allclose(found.values, total / times, rtol=1e-3, atol=1e-6)
    assert found.evaluations == 17


def test_occlusion_at_a_layer_scales_its_window(classifier: Classifier, tiny_image: Pixels) -> None:
    """``pooled`` has 8 of the input's 16 rows: windows of 3 by 2 start at 0, 2, 4, 5."""
    found = run(classifier, tiny_image, "occlusion", layer=INNER)
    assert found.evaluations == 17
    with pytest.raises(ValueError, match="A stride of 8 leaves gaps between squares of 6"):
        run(classifier, tiny_image, "occlusion", stride=8)


def test_players_at_a_layer(classifier: Classifier, tiny_image: Pixels) -> None:
    def players(**settings: Any) -> int:
        found = run(classifier, tiny_image, "kernel_shap", **settings)
        assert found.segments is not None
        return int(found.segments.max()) + 1

    assert players(layer=INNER, superpixels=None) == 49
    assert players(layer=INNER, superpixels=9) == 9
    assert players(superpixels=Slic(5, compactness=100)) == 5
    assert players(superpixels=np.int64(1)) == 1


@pytest.mark.parametrize(
    ("method", "settings", "players"),
    [
        ("gradient", {}, ""),
        ("occlusion", {"layer": INNER}, "16 squares"),
        ("lime", {}, "16 grid cells"),
        ("kernel_shap", {"superpixels": 7}, "7 superpixels"),
        ("kernel_shap", {"superpixels": Slic(7, compactness=100)}, "7 superpixels"),
        ("kernel_shap", {"superpixels": np.arange(16)[:, None].repeat(16, 1) % 5}, "5 segments"),
        ("kernel_shap", {"layer": INNER, "superpixels": None}, "49 grid cells"),
        ("kernel_shap", {"layer": INNER, "superpixels": 64}, "64 positions"),
        ("kernel_shap", {"layer": INNER, "superpixels": 9}, "9 grid cells"),
        ("shapley_values", {"superpixels": 10}, "10 superpixels"),
        ("shapley_values", {"superpixels": 6, "layer": INNER}, "6 grid cells"),
    ],
)
def test_an_attribution_names_its_players(
    classifier: Classifier,
    tiny_image: Pixels,
    method: str,
    settings: dict[str, Any],
    players: str,
) -> None:
    found = run(classifier, tiny_image, method, **settings)
    assert found.players == players
    if method == "shapley_values":
        assert found.evaluations == 2 ** int(players.split()[0])


def test_too_many_players_for_exact_values(classifier: Classifier, tiny_image: Pixels) -> None:
    with pytest.raises(ValueError, match="give at most 16 players at the input"):
        run(classifier, tiny_image, "shapley_values", superpixels=Grid(5, 5), score="probability")
    settings = {"superpixels": 25, "layer": INNER, "score": "probability"}
    with pytest.raises(ValueError, match="at most 20 players"):
        run(classifier, tiny_image, "shapley_values", **settings)


@pytest.mark.parametrize("method", ["smoothgrad", "lime", "kernel_shap"])
def test_the_seed_decides(classifier: Classifier, tiny_image: Pixels, method: str) -> None:
    first, other = (run(classifier, tiny_image, method, seed=seed) for seed in (5, 6))
    assert (first.values != other.values).any()
    classifier.cache.clear()
    again = run(classifier, tiny_image, method, seed=5)
    np.testing.assert_array_equal(first.values, again.values)


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


def shared(method: str) -> dict[str, Any]:
    return {"superpixels": Grid(4, 4)} | QUICK.get(method, {})


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


def test_what_matters_is_part_of_the_key(classifier: Classifier, tiny_image: Pixels) -> None:
    """Requests that differ in one setting have answers of their own."""
    found = [
        run(classifier, tiny_image, "kernel_shap", **settings)
        for settings in (
            {},
            {"target": 1},
            {"layer": INNER},
            {"reference": "white"},
            {"score": "probability"},
            {"superpixels": Grid(2, 2)},
            {"seed": 1},
            {"budget": 64},
        )
    ]
    found.append(run(classifier, 255 - tiny_image, "kernel_shap"))
    maps = {(attribution.values.shape, attribution.values.tobytes()) for attribution in found}
    assert len(maps) == len(found)


def test_the_cache_counts_all_that_an_attribution_keeps(
    classifier: Classifier, tiny_image: Pixels
) -> None:
    from attribution_core.running.cache import size_of

    found = run(classifier, tiny_image, "kernel_shap")
    assert found.segments is not None
    assert found.player_values is not None
    arrays = (found.values, found.segments, found.player_values, found.request.picture.pixels)
    assert size_of(found) > sum(array.nbytes for array in arrays)
    assert found.heatmap is found.values


def test_nobody_can_spoil_what_is_cached(classifier: Classifier, tiny_image: Pixels) -> None:
    found = run(classifier, tiny_image, "integrated_gradients")
    with pytest.raises(ValueError, match="read-only"):
        found.values[0] = 0
    with pytest.raises(ValueError, match="read-only"):
        found.heatmap[0] = 0


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


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"method": "magic"}, "method 'magic' is not known"),
        ({"target": 5}, "no class 5; give a number between 0 and 4"),
        ({"target": -1}, "target cannot be -1"),
        ({"target": 1.0}, "target cannot be 1.0"),
        ({"layer": "inside"}, "cannot be cut at a layer 'inside'"),
        ({"reference": "grey"}, "reference 'grey' is not known"),
        ({"score": "odds"}, "score 'odds' is not known"),
        ({"score": Contrast(CLASS)}, "contrasted with itself"),
        ({"score": Contrast(9)}, "no class 9"),
        ({"seed": -1}, "seed cannot be -1"),
        ({"colour": 3}, "no option colour"),
        ({"budget": 1}, "budget cannot be 1"),
        ({"superpixels": 0}, "between 1 and 256"),
        ({"superpixels": "slic"}, "superpixels cannot be 'slic'"),
        ({"superpixels": Grid(17, 1)}, "no grid of 17x1"),
        ({"superpixels": np.zeros((4, 4), int)}, r"shape \(16, 16\)"),
        ({"superpixels": Slic(5), "layer": INNER}, "belong to the picture"),
        ({"image": np.zeros((16, 15, 3))}, "16 x 15 pixels"),
        ({"image": np.zeros((16, 16))}, "should have shape"),
        ({"image": np.full((16, 16, 3), 300.0)}, "outside 0..255"),
    ],
)
def test_what_does_not_exist(
    classifier: Classifier, tiny_image: Pixels, settings: dict[str, Any], message: str
) -> None:
    full = {"image": tiny_image, "method": "kernel_shap"} | settings
    with pytest.raises(ValueError, match=message) as caught:
        run(classifier, full.pop("image"), full.pop("method"), **full)
    text = str(caught.value)
    assert "\n" not in text
    assert text.endswith(".")


def test_a_request_is_all_it_takes(classifier: Classifier, tiny_image: Pixels) -> None:
    first = run(classifier, tiny_image, "lime")
    assert explain_request(classifier, first.request) is first


def test_small_budgets_begin_from_integrated_gradients(
    classifier: Classifier, tiny_image: Pixels
) -> None:
    """Of the layer, where coalitions are few; not at the pixels."""

    def found(**options: object) -> Attribution:
        return explain(classifier, tiny_image, "kernel_shap", 1, layer=INNER, **options)

    truth = found(budget=6000, estimator="least squares").heatmap
    errors = {
        estimator: np.linalg.norm(found(budget=48, estimator=estimator).heatmap - truth)
        for estimator in ("least squares", "local windows")
    }
    assert errors["local windows"] < 0.6 * errors["least squares"]
    near = found(budget=48)
    assert AROUND_PRIOR in near.diagnostics
    assert near.standard_error is None
    assert near.completeness_gap == pytest.approx(0, abs=1e-5)
    assert AROUND_PRIOR not in found(budget=600).diagnostics
    pixels = explain(classifier, tiny_image, "kernel_shap", 1, superpixels=Grid(4, 4), budget=40)
    assert AROUND_PRIOR not in pixels.diagnostics


def test_gradients_beside_the_budget_are_counted(
    classifier: Classifier, tiny_image: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []

    def counted(*arguments: Any, **settings: Any) -> Estimate:
        found = integrated_gradients(*arguments, **settings)
        taken.append(found.evaluations)
        return found

    monkeypatch.setattr("attribution_core.methods.kernel_shap.integrated_gradients", counted)
    monkeypatch.setattr(classifier, "cache", Cache(2**28))
    likeliest = np.argsort(-classifier.scores(tiny_image))
    for target, classes in ((likeliest[-1], 5), (likeliest[0], 4)):
        classifier.cache.clear()
        taken.clear()
        found = explain(classifier, tiny_image, "kernel_shap", int(target), layer=INNER, budget=48)
        assert found.diagnostics[GRADIENTS] == sum(taken) == 16 * classes
    many = explain(classifier, tiny_image, "kernel_shap", 1, layer=INNER, budget=600)
    assert GRADIENTS not in many.diagnostics


def test_small_budgets_do_without_gradients_that_are_not_finite(
    classifier: Classifier, tiny_image: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object, **__: object) -> None:
        raise ValueError("gradients should be finite")

    monkeypatch.setattr("attribution_core.methods.kernel_shap.integrated_gradients", none)
    monkeypatch.setattr(classifier, "cache", Cache(2**28))
    found = explain(classifier, tiny_image, "kernel_shap", 1, layer=INNER, budget=48)
    assert AROUND_PRIOR not in found.diagnostics
    assert found.completeness_gap == pytest.approx(0, abs=1e-5)
