"""The axioms on a small random network, where what must come out is known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from attribution_core import METHODS, Classifier, Estimate, Picture, explain, request_or_reason
from attribution_core.axioms.network_outcomes import NETWORK_AXIOMS, NetworkOutcome
from attribution_core.axioms.on_network import (
    _contributions_ahead,
    _most_comparable,
    check_method,
)
from attribution_core.images import Pixels
from attribution_core.network.head import Head
from attribution_core.request import granted
from tests.conftest import OF_CHANNELS, scaled, tiny_network

OWN_REFERENCES = ("expected_gradients", "blur_integrated_gradients")
COMPLETE = (
    *OWN_REFERENCES,
    "xrai",
    "integrated_gradients",
    "deeplift",
    "kernel_shap",
    "shapley_values",
    "owen_values",
)
EXACT = ("shapley_values", "banzhaf_values", "owen_values")
OF_DIFFERENCES = (
    "linear",
    "integrated_gradients",
    "deeplift",
    "rise",
    "lime",
    "kernel_shap",
    *EXACT,
)
RECTIFIED = ("class_activation", "guided_backpropagation", "deconvnet")
"""Cut off below 0 on the way back, of a lead as of a logit; the first as LayerCAM."""
OF_THE_FUNCTION = [
    name for name, each in METHODS.items() if each.needs != "graph" and name not in OF_CHANNELS
]
"""Those that do not ask which layers compute it."""


def checked(
    classifier: Classifier, image: Pixels, method: str, layer: str = "pooled"
) -> dict[str, NetworkOutcome]:
    options = {"window": 8, "stride": 4} if method == "occlusion" else {}
    request = granted(
        request_or_reason(
            classifier,
            picture=Picture.of(image),
            method=method,
            target=2,
            layer=layer,
            segmentation=16,
            options=options,
        )
    )
    *_, end = check_method(classifier, request, 3)
    assert (end.method, end.done, end.planned) == (method, 5, 5)
    found = {outcome.axiom: outcome for outcome in end.outcomes}
    assert tuple(found) == NETWORK_AXIOMS
    return found


@pytest.mark.parametrize("method", list(METHODS))
def test_what_theory_says_of_every_method(
    tiny_classifier: Classifier, tiny_image: Pixels, method: str
) -> None:
    found = checked(tiny_classifier, tiny_image, method)
    # A logit's lead is linear in the logits, and two programs are one function: for all methods but
    # those that cut off what is below 0.
    if method != "xrai":  # its regions may be the same ones for two classes
        assert found["linearity"].holds is (method not in RECTIFIED)
    if METHODS[method].needs == "graph":
        assert found["implementation_invariance"].holds is None
        assert "both programs have the same layers" in found["implementation_invariance"].finding
    elif method not in OF_CHANNELS:
        assert found["implementation_invariance"].holds
    assert found["completeness"].holds is (method in COMPLETE)
    if method == "xrai":
        return  # its regions may or may not end where the part does
    if method in OWN_REFERENCES:
        assert found["dummy"].holds is found["sensitivity"].holds is None
        assert "references of its own" in found["dummy"].finding
        return
    assert found["dummy"].holds is (method in OF_DIFFERENCES)
    if method in OF_DIFFERENCES and method != "rise":
        assert found["dummy"].error < 1e-6
    if method in ("rise", "lime", "kernel_shap", *EXACT):
        assert found["monotonicity"].holds
    if method in (*COMPLETE, "banzhaf_values"):
        # The one part answers for the whole change.
        assert found["sensitivity"].error == pytest.approx(1, abs=0.02)


def test_grad_cams_rectifier_is_not_linear(tiny_classifier: Classifier, tiny_image: Pixels) -> None:
    request = granted(
        request_or_reason(
            tiny_classifier,
            picture=Picture.of(tiny_image),
            method="grad_cam",
            target=2,
            layer="pooled",
            options={"relu": True},
        )
    )
    *_, end = check_method(tiny_classifier, request, 3)
    linearity = next(each for each in end.outcomes if each.axiom == "linearity")
    assert linearity.holds is False


def test_at_the_input_there_is_no_body(tiny_classifier: Classifier, tiny_image: Pixels) -> None:
    found = checked(tiny_classifier, tiny_image, "linear", layer="input")
    assert found["implementation_invariance"].holds is None
    assert "choose an inner layer" in found["implementation_invariance"].finding
    assert found["dummy"].holds


def test_a_composed_head_is_the_whole_network(
    tiny_classifier: Classifier, tiny_image: Pixels
) -> None:
    whole, composed = tiny_classifier.head("input"), tiny_classifier.composed_head("pooled")
    np.testing.assert_allclose(
        composed.logits(tiny_image[None]), whole.logits(tiny_image[None]), rtol=1e-5, atol=1e-6
    )
    assert tiny_classifier.composed_head("pooled") is composed
    with pytest.raises(ValueError, match="cannot be cut"):
        tiny_classifier.composed_head("nowhere")


def test_equal_pictures_have_nothing_to_share(
    tiny_classifier: Classifier, tiny_image: Pixels
) -> None:
    black = Picture.of(np.zeros_like(tiny_image))
    request = granted(request_or_reason(tiny_classifier, picture=black, method="linear", target=2))
    *_, end = check_method(tiny_classifier, request, 3)
    by_axiom = {each.axiom: each for each in end.outcomes}
    assert by_axiom["completeness"].holds is None
    assert by_axiom["sensitivity"].holds is None
    assert by_axiom["dummy"].holds


@pytest.mark.parametrize("method", list(METHODS))
def test_completeness_is_what_the_map_sums_to(
    tiny_classifier: Classifier, tiny_image: Pixels, method: str
) -> None:
    found = checked(tiny_classifier, tiny_image, method)["completeness"]
    options = {"window": 8, "stride": 4} if method == "occlusion" else {}
    attribution = explain(
        tiny_classifier, tiny_image, method, 2, layer="pooled", superpixels=16, **options
    )
    scores = tiny_classifier.scores(np.stack([tiny_image, np.zeros_like(tiny_image)]))[:, 2]
    change = float(scores[0] - scores[1])
    if method in OWN_REFERENCES:
        change = attribution.score - attribution.reference_score
    total = float(attribution.heatmap.sum(dtype=np.float64))
    assert found.error == pytest.approx(abs(total - change) / abs(change), rel=1e-3, abs=1e-4)


def test_shapley_values_the_wrong_way_round_are_not_monotone(
    tiny_classifier: Classifier, tiny_image: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    anew = Classifier("anew", tiny_network(), scaled, tiny_classifier.labels)
    method = METHODS["shapley_values"]

    def contrary(problem: Any, options: Any) -> Iterator[Estimate]:
        for estimate in method.run(problem, options):
            yield replace(estimate, values=-estimate.values)

    monkeypatch.setitem(METHODS, method.name, replace(method, run=contrary))
    found = checked(anew, tiny_image, method.name)["monotonicity"]
    assert found.holds is False
    assert "of 4 parts contribute always more, or always less" in found.finding


def test_parts_that_always_contribute_more_are_found() -> None:
    """Two parts; class 1 is ahead of class 0 by the first part, and of class 2 by neither."""
    logits = np.array([[0, 0, 0], [1, 2, 3], [1, 1, 0], [2, 3, 5]], float)
    ahead = _contributions_ahead(logits, 0)
    np.testing.assert_array_equal(ahead[0, :, 1], [-1, -1])
    np.testing.assert_array_equal(ahead[1, :, 1], [0, 0])
    np.testing.assert_array_equal(ahead[1, :, 2], [1, -1])
    other, signs = _most_comparable(ahead, 0)
    assert other == 1
    assert list(signs) == [-1, 0]


class OtherProgram:
    """A head whose gradients are twice its own: another program for the same values."""

    def __init__(self, head: Head) -> None:
        self._head = head

    def __getattr__(self, name: str) -> Any:
        return getattr(self._head, name)

    def values_and_gradients(self, *arguments: Any) -> Any:
        values, gradients = self._head.values_and_gradients(*arguments)
        return values, 2 * gradients


@pytest.mark.parametrize("method", OF_THE_FUNCTION)
def test_a_method_that_goes_by_the_program_is_found_out(
    tiny_classifier: Classifier, tiny_image: Pixels, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that ask for gradients see the other program, those that play a game do not."""
    composed = tiny_classifier.composed_head("pooled")
    monkeypatch.setattr(tiny_classifier, "composed_head", lambda layer: OtherProgram(composed))
    found = checked(tiny_classifier, tiny_image, method)["implementation_invariance"]
    plays = method in ("occlusion", "rise", "lime", "kernel_shap", *EXACT)
    assert found.holds is plays
    if not plays:
        # |g − 2g| against |g|, at the position where they are largest; XRAI's path has nodes where
        # the program needs them.
        assert found.error == pytest.approx(1, abs=1e-2 if method == "xrai" else 1e-3)


@pytest.mark.parametrize("method", OF_THE_FUNCTION)
def test_another_function_is_no_other_implementation(
    tiny_classifier: Classifier, tiny_image: Pixels, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Classifier("other", tiny_network(2), scaled, tiny_classifier.labels)
    monkeypatch.setattr(tiny_classifier, "composed_head", other.composed_head)
    found = checked(tiny_classifier, tiny_image, method)["implementation_invariance"]
    assert found.holds is False
