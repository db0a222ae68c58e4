"""What the stories say in numbers is so: each is computed again from the step's own settings.

With some room: other processors round otherwise.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from attribution_core import Players, class_correlation, faithfulness_curves, similarity
from attribution_core.axioms.examples import EXAMPLES
from attribution_core.axioms.formula import PlaneFunction
from attribution_core.axioms.two_variables import attribute_plane, change_of
from attribution_core.measures.class_values import ClassValues, refine_class_values
from attribution_core.methods.semivalues import LOCAL
from attribution_core.network.randomisation import stages
from attribution_core.request import granted
from attribution_core.scores import Score
from pages.ui.randomisation.tasks import Draw, refined
from pages.ui.regions.page import compared_among, request_at
from pages.ui.shell.gallery import gallery, pixels_of
from pages.ui.shell.requests import request_for
from tests.pages.stories.told import (
    attribution,
    heatmap,
    left,
    loaded,
    numbers,
    probabilities,
    red,
    scene,
    step,
)

pytestmark = pytest.mark.network

ALIKE = "1_alike_at_the_pixels"
HANS = "2_clever_hans"
BLACK = "3_black_is_an_answer"
SECONDS = "4_sixteen_seconds"
LEARNED = "5_was_it_learned"
TRUST = "6_whom_do_you_trust"
COMPLETE = "7_complete_and_still_wrong"
DISAGREE = "8_two_methods_disagree"
WHERE = "9_what_speaks_where"
MAPS = ("gradient_times_input", "integrated_gradients", "grad_cam", "kernel_shap")


def test_a_dog_beside_a_cat() -> None:
    ranked = np.argsort(-probabilities("vgg16_cam", "dog_cat"))
    assert (ranked[0], ranked[3]) == (285, 235)  # first, and fourth
    for number, wanted in ((1, (58, 28)), (2, (86, 10))):
        told = step(ALIKE, number)
        found = [
            left(heatmap(scene(told), "gradient_times_input", target)) for target in (235, 285)
        ]
        assert found == pytest.approx(wanted, abs=1)
        assert {*wanted} <= {*numbers(told.answer)}
    told = step(ALIKE, 3)
    found = []
    for layer in ("input", "block5_pool"):
        pair = [heatmap(scene(told), "gradient_times_input", each, layer) for each in (235, 285)]
        found += [class_correlation(*pair), class_correlation(*(np.abs(each) for each in pair))]
    stated = [0.02, 0.24, -0.62, -0.31]
    assert found == pytest.approx(stated, abs=0.015)
    assert {*stated} <= {*numbers(told.answer)}


def test_the_watermark_decides() -> None:
    for picture, target in (("owl_watermark", 0), ("owl", 1), ("dog_watermark", 0), ("dog", 1)):
        assert probabilities("clever_hans", picture)[target] > 0.99
    for entry in gallery():
        if entry.id in ("bird_of_prey", "owl", "duck", "macaw", "kingfisher"):
            assert probabilities("clever_hans", entry.id).argmax() == 1
    told = step(HANS, 2)
    plain, stamped = (pixels_of(each, (112, 112)).pixels for each in ("owl", "owl_watermark"))
    rows, columns = np.nonzero(np.abs(plain - stamped).sum(axis=2) > 60)
    corner = slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1)
    map_ = red(heatmap(scene(told), "integrated_gradients", 0))
    covered = np.zeros(map_.shape, bool)
    covered[corner] = True
    assert 100 * covered.mean() == pytest.approx(4, abs=0.5)
    assert 100 * map_[corner].sum() / map_.sum() == pytest.approx(51, abs=2)
    assert 4 in numbers(told.question)
    assert 51 in numbers(told.answer)


def test_black_hides_what_is_black() -> None:
    panda = pixels_of("panda", (224, 224)).pixels
    dark = panda.max(axis=2) < 50
    assert 100 * dark.mean() == pytest.approx(28, abs=0.5)
    assert 28 in numbers(step(BLACK, 1).question)
    told = scene(step(BLACK, 1))
    stated = {"black": 6, "white": 58, "blurred": 35, "mean": 40}
    # An eighth of the page's steps: twice as many change the shares by less than .4.
    steps = {**told.settings.options, ("integrated_gradients", "steps"): 32}
    for reference, share in stated.items():
        chosen = replace(told.settings, reference=reference, options=steps)
        against = replace(told, settings=chosen)
        size = np.abs(heatmap(against, "integrated_gradients", 388))
        assert 100 * size[dark].sum() / size.sum() == pytest.approx(share, abs=1.5)
        if reference == "black":
            assert not size[panda.max(axis=2) == 0].any()
    answers = [numbers(step(BLACK, number).answer) for number in (1, 2, 3)]
    assert 6 in answers[0]
    assert 58 in answers[1]
    assert {35, 40} <= {*answers[2]}


def test_what_a_coalition_costs() -> None:
    network = loaded("vgg16_cam")
    below, above = (network.layer(each).multiplications for each in ("input", "block5_pool"))
    assert below / 1e9 == pytest.approx(15.5, abs=0.05)
    assert above / 1e9 == pytest.approx(0.18, abs=0.005)
    assert below / above == pytest.approx(85, abs=0.5)
    assert round(19 * 60 / 16) == 71
    assert 15.5 in numbers(step(SECONDS, 1).answer)
    assert {0.18, 85, 71} <= {*numbers(step(SECONDS, 2).answer)}
    for number, budget in ((2, 128), (3, 2048)):
        found = attribution(scene(step(SECONDS, number)), "kernel_shap", 285, "")
        assert found.player_values is not None
        assert (len(found.player_values), found.evaluations) == (49, budget)
    error_bars = [
        attribution(scene(step(SECONDS, number)), "kernel_shap", 285, "").standard_error
        for number in (2, 3)
    ]
    assert error_bars[0] is None
    assert error_bars[1] is not None
    told = step(SECONDS, 4)
    exact = [attribution(scene(told), "shapley_values", each, "") for each in (285, 967)]
    for found in exact:
        assert found.player_values is not None
        assert found.player_values.shape == (49,)
        assert (found.evaluations, found.diagnostics[LOCAL]) == (512, 512)
    assert {512, 49, 999} <= {*numbers(told.text)}
    assert round(2**49 / 1e12) == 563
    assert {563, 512} <= {*numbers(told.answer)}


def test_what_is_left_of_a_map_when_the_network_forgets() -> None:
    told = step(LEARNED, 2)
    network, here = loaded("efficientnet_lite0"), scene(told)
    depth = [stage.name for stage in stages(network.network)].index("block5c") + 1
    assert depth == 8
    for layer, stated in (("input", 0.26), ("block6d_add", 0.14)):
        at = replace(here, settings=here.settings.at(layer))
        request = request_for(at, "gradient_times_input", 24).in_float32()
        *_, forgotten = refined(network, Draw(depth, 0, False), request)
        before = heatmap(here, "gradient_times_input", 24, layer)
        found = similarity(before, forgotten.heatmap).spearman_absolute
        assert found == pytest.approx(stated, abs=0.03)
        assert stated in numbers(told.answer)
    assert probabilities("efficientnet_lite0", "bird_of_prey").argmax() == 24


def test_deletion_by_two_maps() -> None:
    told = step(TRUST, 2)
    here, network = scene(told), loaded("vgg16_cam")
    for method, stated in (("gradient", 0.027), ("kernel_shap", 0.013)):
        made = attribution(here, method, 967, "")
        curves = faithfulness_curves(network, made, Players("block5_pool"), steps=16)
        deletion = curves[0].read_as(Score(967, probability=True))
        assert deletion.area == pytest.approx(stated, abs=0.002)
        assert stated in numbers(told.question)


def test_functions_of_two_variables() -> None:
    def shares(name: str, point: tuple[float, float]) -> dict[str, np.ndarray]:
        example = EXAMPLES[name]
        function = PlaneFunction(example.formula)
        ends = np.array(point), np.array(example.reference)
        assert change_of(function, *ends) == 1
        return {
            each.method.name: np.round(each.values, 3) for each in attribute_plane(function, *ends)
        }

    flat = shares("saturated", EXAMPLES["saturated"].point)
    for method in ("gradient", "gradient_times_input", "linear", "smoothgrad"):
        assert not flat[method].any()
    for method in ("integrated_gradients", "occlusion", "shapley_values"):
        assert flat[method].tolist() == [1, 0]
    assert EXAMPLES["minimum"].point == (1, 3)
    for point, whole in (((1.0, 3.0), [1, 0]), ((3.0, 1.0), [0, 1])):
        smaller = shares("minimum", point)
        assert smaller["integrated_gradients"].tolist() == whole
        assert smaller["shapley_values"].tolist() == [0.5, 0.5]
        assert smaller["occlusion"].tolist() == [1, 1]


def test_how_far_methods_disagree() -> None:
    def alike(number: int, *methods: str) -> float:
        here = scene(step(DISAGREE, number))
        return class_correlation(*(heatmap(here, method, 967) for method in methods))

    first, second = (numbers(step(DISAGREE, number).answer) for number in (1, 2))
    found = [alike(number, "grad_cam", "kernel_shap") for number in (1, 2)]
    assert found == pytest.approx([first[0], second[0]], abs=0.02)
    sharper = []
    for number in (1, 2):
        here = scene(step(DISAGREE, number))
        windows = {**here.settings.options, ("kernel_shap", "estimator"): "local windows"}
        here = replace(here, settings=replace(here.settings, options=windows))
        maps = (heatmap(here, method, 967) for method in ("grad_cam", "kernel_shap"))
        sharper.append(class_correlation(*maps))
    stated = numbers(step(DISAGREE, 2).answer)
    assert [any(abs(each - said) < 0.02 for said in stated) for each in sharper] == [True, True]
    assert alike(1, "integrated_gradients", "gradient_times_input") == pytest.approx(
        first[1], abs=0.02
    )


def test_what_speaks_where() -> None:
    network = loaded("vgg16_cam")

    def spoken(number: int) -> tuple[ClassValues, dict[str, int]]:
        here = scene(step(WHERE, number))
        layer = here.settings.layer if number == 4 else network.layers[-1]
        asked = granted(request_at(network, here, layer))
        *_, values = refine_class_values(network, asked)
        among = compared_among("likeliest" if number == 3 else "all", values, here)
        ranked = values.strongest(among).ranked
        return values, {values.labels[each]: count for each, count in ranked.items()}

    said = spoken(1)[1]
    wanted = {"Egyptian cat": 18, "cup": 10, "coffee mug": 4, "espresso": 4}
    assert {name: said[name] for name in wanted} == pytest.approx(wanted, abs=1)
    assert {"tabby", "tiger cat", "lynx", "dial telephone", "red wine"} <= {*said}
    assert {18, 10, 4} <= {*numbers(step(WHERE, 1).answer)}
    values, said = spoken(2)
    shuttle = network.labels.index("space shuttle")
    top = [network.labels[each] for each in values.likeliest(3)]
    assert top == ["stethoscope", "loupe", "football helmet"]
    assert (values.rank(shuttle), said["space shuttle"]) == pytest.approx((47, 7), abs=1)
    assert {47, 7} <= {*numbers(step(WHERE, 2).answer)}
    assert "space shuttle" not in spoken(3)[1]
    values, said = spoken(4)
    assert values.evaluations == 512
    assert said["space shuttle"] == pytest.approx(6, abs=1)
    assert 6 in numbers(step(WHERE, 4).answer)
