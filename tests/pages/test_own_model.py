"""Every page on a small network of one's own, which takes no time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.pages.visits import Visit

pytestmark = pytest.mark.usefixtures("own_model")

OWN = {"model": "own", "classes": "3,1", "layer": "top"}


@pytest.mark.parametrize(
    ("page", "choices", "maps"),
    [
        ("explore", {"methods": "gradient,kernel_shap,grad_cam"}, 6),
        ("superpixels", {"count": "9"}, 8),
        ("layers", {"layers-extent": "all"}, 10),
        ("references", {"references-path": "no"}, 14),
        ("randomisation", {"randomisation-seeds": "1"}, 8),
        ("faithfulness", {"methods": "gradient,grad_cam", "faithfulness-steps": "4"}, 2),
    ],
)
def test_every_page_on_ones_own_model(
    any_visit: Callable[..., Visit], page: str, choices: dict[str, str], maps: int
) -> None:
    visit = any_visit(**OWN, **choices).open(page)
    visit.wait(lambda: len(visit.statuses) >= maps and set(visit.statuses) <= {"done"})
    assert len(visit.statuses) == maps
    for values in visit.maps:
        assert np.abs(values).max() > 0
    assert visit.labels[0][0] == "dog"


def test_axioms_on_ones_own_model(any_visit: Callable[..., Visit]) -> None:
    visit = any_visit(**OWN).open("axioms")
    visit.wait(
        lambda: "Checks as CSV" in [each.proto.label for each in visit.app.get("download_button")]
    )
