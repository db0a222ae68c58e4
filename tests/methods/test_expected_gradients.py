"""Expected Gradients against closed forms, Integrated Gradients, and its own standard errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from attribution_core import Classifier, Picture, expected_gradients, explain, integrated_gradients
from attribution_core.images import Pixels
from attribution_core.methods.estimate import TOTAL_ERROR
from attribution_core.references import REFERENCES, reference_pictures


class Plane:
    """A function of two variables by numpy, many times as quick here as by TensorFlow."""

    batch_size = 512

    def __init__(self, function: Any, slopes: Any) -> None:
        self._function, self._slopes = function, slopes

    def values(self, points: Any) -> Any:
        return self._function(*points.T)

    def values_and_gradients(self, points: Any) -> Any:
        return self.values(points), np.stack(self._slopes(*points.T), axis=1)


product = Plane(lambda x, y: x * y, lambda x, y: (y, x))
crooked = Plane(
    lambda x, y: np.maximum(x - 0.7, 0) * y + np.sin(3 * y),
    lambda x, y: ((x > 0.7) * y, np.maximum(x - 0.7, 0) + 3 * np.cos(3 * y)),
)
CORNERS = [np.array([0.0, 0.0]), np.array([2.0, 2.0])]


def test_the_mean_over_two_references_by_hand() -> None:
    """Of x·y at (1, 2): from (0, 0) both get 1, from (2, 2) they get −2 and 0."""
    found = expected_gradients(product, np.array([1.0, 2.0]), CORNERS, samples=8192)
    np.testing.assert_allclose(found.values, [-0.5, 0.5], atol=0.01)
    assert found.reference_score == 2
    assert found.evaluations == found.done == found.planned == 8192 + 2
    assert found.values.sum() == pytest.approx(2 - 2, abs=4 * found.diagnostics[TOTAL_ERROR])


def test_of_a_linear_function_nothing_is_left_to_chance_but_the_references() -> None:
    """A round has each of eight references once, so that w · (x − mean x′) is exact."""
    weights = np.array([3.0, -1.0, 2.0])
    random = np.random.default_rng(2)
    point, references = random.normal(size=3), list(random.normal(size=(8, 3)))
    found = expected_gradients(lambda z: (z @ weights[:, None])[:, 0], point, references)
    expected = weights * (point - np.mean(references, axis=0))
    assert found.planned == 8 + 96
    np.testing.assert_allclose(found.values, expected, rtol=1e-12)
    assert found.standard_error is not None
    assert found.standard_error.max() < 1e-12


def test_with_one_reference_it_is_integrated_gradients() -> None:
    point, reference = np.array([2.0, 1.0]), np.array([-1.0, 0.5])
    path = integrated_gradients(crooked, point, reference, steps=1024)
    found = expected_gradients(crooked, point, [reference], samples=2048)
    assert found.standard_error is not None
    assert found.standard_error.max() < 0.01
    np.testing.assert_array_less(
        np.abs(found.values - path.values), 4 * found.standard_error + 1e-4
    )


@pytest.mark.thorough
def test_standard_errors_are_what_seeds_differ_by() -> None:
    """Of the values and of their sum, to a quarter of each."""
    point = np.array([1.0, 2.0])
    found = [
        expected_gradients(
            crooked, point, [*CORNERS, np.array([1.0, -1.0])], samples=128, seed=seed
        )
        for seed in range(200)
    ]
    errors = np.array([each.standard_error for each in found])
    spread = np.std([each.values for each in found], axis=0)
    np.testing.assert_allclose(np.sqrt((errors**2).mean(axis=0)), spread, rtol=0.25)
    of_sums = np.std([each.values.sum() for each in found])
    told = np.sqrt(np.mean([each.diagnostics[TOTAL_ERROR] ** 2 for each in found]))
    assert told == pytest.approx(of_sums, rel=0.25)


def test_many_references_come_in_parts() -> None:
    """Each of 100 equally often in the mean: of x at 1, from 0 to 0.99."""
    references = [np.array([number / 100]) for number in range(100)]
    found = expected_gradients(lambda z: z[:, 0], np.array([1.0]), references, samples=32 * 30)
    assert (found.planned, found.reference_score) == (100 + 32 * 30, pytest.approx(0.495))
    assert found.standard_error is not None
    assert 0 < found.standard_error[0] < 0.01
    assert abs(found.values[0] - 0.505) < 4 * found.standard_error[0]


def test_estimates_on_the_way() -> None:
    class Small:
        batch_size = 3

        def values(self, points: Any) -> Any:
            assert len(points) <= 3
            return points[:, 0] * points[:, 1]

        def values_and_gradients(self, points: Any) -> Any:
            assert len(points) <= 3
            return self.values(points), points[:, ::-1]

    arguments = (np.array([1.0, 2.0]), CORNERS)
    found = list(expected_gradients.refine(Small(), *arguments, samples=20))
    assert [each.done for each in found] == [10, 18, 26]
    assert {each.planned for each in found} == {26}
    assert [each.standard_error is None for each in found] == [True, False, False]
    whole = expected_gradients(product, *arguments, samples=24)
    np.testing.assert_allclose(found[-1].values, whole.values, rtol=1e-12)


@pytest.mark.parametrize(
    ("references", "samples", "said"),
    [
        ([], 8, "8 samples and 0 references"),
        (CORNERS, 0, "0 samples and 2 references"),
        ([np.zeros(2), np.zeros(3)], 8, "should have the point's shape"),
    ],
)
def test_what_it_refuses(references: Any, samples: int, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        expected_gradients(product, np.array([1.0, 2.0]), references, samples=samples)


@pytest.mark.parametrize("kind", REFERENCES)
def test_sets_of_references(tiny_image: Pixels, kind: Any) -> None:
    picture = Picture.of(tiny_image)
    found = reference_pictures(picture, kind)
    assert len(set(found)) == REFERENCES[kind]
    assert picture not in found
    assert {each.pixels.shape for each in found} == {(16, 16, 3)}
    # A picture of the gallery is compared with the others.
    assert found[0] not in reference_pictures(found[0], kind) or kind != "pictures"


def test_blurs_are_wider_and_wider(tiny_image: Pixels) -> None:
    spread = [each.pixels.std() for each in reference_pictures(Picture.of(tiny_image), "blurs")]
    assert (np.diff(spread) < 0).all()
    with pytest.raises(ValueError, match="use pictures, blurs, black and white"):
        reference_pictures(Picture.of(tiny_image), "none")  # type: ignore[arg-type]


@pytest.mark.parametrize("layer", ["input", "pooled"])
@pytest.mark.parametrize("kind", REFERENCES)
def test_on_a_network(
    tiny_classifier: Classifier, tiny_image: Pixels, kind: Any, layer: str
) -> None:
    found = explain(
        tiny_classifier, tiny_image, "expected_gradients", 2, layer=layer, references=kind
    )
    pictures = [each.pixels for each in reference_pictures(Picture.of(tiny_image), kind)]
    expected = tiny_classifier.scores(np.stack(pictures))[:, 2].mean()
    assert found.reference_score == pytest.approx(expected, rel=1e-4)
    change = found.score - found.reference_score
    error = found.diagnostics[TOTAL_ERROR]
    assert found.completeness_gap == pytest.approx(abs(found.total - change), abs=1e-4)
    assert abs(found.total - change) < 5 * error
