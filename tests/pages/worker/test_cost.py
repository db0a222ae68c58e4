"""What a task costs: what its speed depends on, and how it is said."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from attribution_core import Classifier
from attribution_core.images import Picture, Pixels
from attribution_core.methods.options import OptionValue
from attribution_core.request import Request, granted, request_or_reason
from attribution_core.running.pace import TimeLeft
from pages.ui.randomisation.tasks import CompareRandomised
from pages.ui.worker.cost import about, share_of, work_of
from pages.ui.worker.tasks import Explain, Predict


@dataclass(frozen=True)
class Done:
    done: int
    planned: int


def asked(
    classifier: Classifier, image: Pixels, method: str, target: int = 2, **options: OptionValue
) -> Request:
    return granted(
        request_or_reason(
            classifier,
            picture=Picture.of(image),
            method=method,
            target=target,
            segmentation=9,
            layer="pooled",
            options=options,
        )
    )


def test_the_amount_grows_with_the_budget_and_the_kind_does_not_change(
    tiny_classifier: Classifier, tiny_image: Pixels
) -> None:
    small, large = (
        work_of(
            Explain("tiny", asked(tiny_classifier, tiny_image, "lime", samples=samples)),
            tiny_classifier,
        )
        for samples in (100, 300)
    )
    assert large.amount == pytest.approx(3 * small.amount)
    assert large.kind == small.kind
    other = work_of(
        Explain("tiny", asked(tiny_classifier, tiny_image, "occlusion")), tiny_classifier
    )
    assert other.kind != small.kind


def test_classes_of_one_game_are_computed_in_one_go_and_other_pictures_are_not(
    tiny_classifier: Classifier, tiny_image: Pixels
) -> None:
    def together(method: str, target: int, image: Pixels, **options: OptionValue) -> object:
        request = asked(tiny_classifier, image, method, target, **options)
        beside = tuple(number for number in (1, 2) if number != target)
        return work_of(Explain("tiny", request, beside), tiny_classifier).together

    assert together("lime", 1, tiny_image) == together("lime", 2, tiny_image)
    assert together("lime", 1, tiny_image) != together("lime", 1, 255 - tiny_image)
    adaptive: dict[str, OptionValue] = {"tolerance": 0.01}
    fixed: dict[str, OptionValue] = {"rule": "midpoint"}
    path = "integrated_gradients"
    assert together(path, 1, tiny_image, **fixed) == together(path, 2, tiny_image, **fixed)
    assert together(path, 1, tiny_image, **adaptive) != together(path, 2, tiny_image, **adaptive)


def test_what_may_stop_early_takes_at_most_its_cost(
    tiny_classifier: Classifier, tiny_image: Pixels
) -> None:
    def at_most(method: str, **options: OptionValue) -> bool:
        request = asked(tiny_classifier, tiny_image, method, **options)
        return work_of(CompareRandomised("tiny", request, (0,), False), tiny_classifier).at_most

    assert at_most("integrated_gradients")
    assert not at_most("integrated_gradients", tolerance=0.0)
    assert not at_most("integrated_gradients", rule="midpoint")
    assert not at_most("kernel_shap")
    assert at_most("kernel_shap", tolerance=0.05)


def test_quick_tasks_count_for_nothing(tiny_classifier: Classifier, tiny_image: Pixels) -> None:
    assert work_of(Predict("tiny", Picture.of(tiny_image)), tiny_classifier).amount == 0


def test_the_share_that_a_result_shows() -> None:
    assert share_of(TimeLeft(3.0)) == 1.0
    assert share_of(Done(3, 12)) == 0.25


def test_a_cost_in_words() -> None:
    said = {seconds: about(TimeLeft(seconds)) for seconds in (0, 5, 7.4, 19, 61, 290)}
    assert list(said.values()) == [
        "",
        "",
        "about 7 s",
        "about 20 s",
        "about 1 min",
        "about 5 min",
    ]
    assert about(None) == ""
    assert about(TimeLeft(33, at_most=True), "left") == "at most 35 s left"
