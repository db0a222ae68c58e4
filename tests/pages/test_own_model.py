"""Every page on a small network of one's own, which takes no time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from attribution_core import Classifier, Picture
from tests.pages.conftest import forget_own_model
from tests.pages.visits import Visit

pytestmark = pytest.mark.usefixtures("own_model")

OWN = {"model": "own", "classes": "3,1", "layer": "top"}


@pytest.mark.thorough
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


@pytest.mark.thorough
def test_axioms_on_ones_own_model(any_visit: Callable[..., Visit]) -> None:
    visit = any_visit(**OWN).open("axioms")
    visit.wait(
        lambda: "Checks as CSV" in [each.proto.label for each in visit.app.get("download_button")]
    )


def of_another_size(path: Path) -> None:
    """A network of pictures of 96 × 96, whose size its file says."""
    network = keras.Sequential(
        [
            keras.Input((96, 96, 3)),
            keras.layers.Conv2D(4, 3, 8, activation="relu", name="plane"),
            keras.layers.Flatten(),
            keras.layers.Dense(5),
        ]
    )
    network.save(path)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_the_first_visit_to_a_network_of_another_size_is_silent(
    any_visit: Callable[..., Visit],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
    suffix: str,
) -> None:
    """N11 of the list of faults: pictures are never of a size that it does not take."""
    of_another_size(tmp_path / f"other{suffix}")
    monkeypatch.setenv("ATTRIBUTION_MODEL", str(tmp_path / f"other{suffix}"))
    monkeypatch.delenv("ATTRIBUTION_MODEL_LABELS")
    forget_own_model()
    sizes = set()
    activations = Classifier.activations

    def seen(self: Classifier, picture: Picture, layer: str) -> object:
        sizes.add(picture.pixels.shape)
        return activations(self, picture, layer)

    monkeypatch.setattr(Classifier, "activations", seen)
    visit = any_visit(model="own", classes="0", methods="gradient,kernel_shap").open("explore")
    visit.wait(lambda: bool(visit.statuses) and set(visit.statuses) <= {"done"})
    assert sizes == {(96, 96, 3)}
    ours = ("attribution_core", "pages")
    assert not [each for each in caplog.records if each.name.startswith(ours)]
    assert "Traceback" not in capsys.readouterr().err
