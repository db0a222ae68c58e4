"""Where a picture shows the class: by edges, by hand, or by a mask file."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from attribution_core import Classifier, explain
from attribution_core.measures.localisation import share_inside
from attribution_core.measures.pointing import Region
from pages.ui.faithfulness.kept_regions import MOST, KeptRegion
from pages.ui.faithfulness.region import rectangle
from tests.pages.visits import Visit

OWN = {
    "model": "own",
    "methods": "gradient",
    "layer": "top",
    "classes": "0",
    "faithfulness-view": "measures",
    "faithfulness-measured": "this",
    "faithfulness-measures": "energy_inside",
    "faithfulness-region": "mask",
}


def as_png(pixels: np.ndarray) -> bytes:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


LEFT_HALF = np.repeat(np.uint8([[255, 0]]), 16, axis=1).repeat(24, axis=0)
"""A mask ``(24, 32)``, of which a square picture has the middle ``(24, 24)``."""

SEEN_THROUGH = np.stack([LEFT_HALF] * 4, axis=2)
"""White where it is bright, and transparent elsewhere."""

MASKS = {
    "eight bits": as_png(LEFT_HALF),
    "one bit": as_png(LEFT_HALF > 0),
    "sixteen bits": as_png(LEFT_HALF.astype(np.uint16) * 257),
    "colours": as_png(np.stack([LEFT_HALF] * 3, axis=2)),
}

NO_MASKS = {
    "a text": (b"*no* picture", "The file is not a picture that can be read"),
    "half a file": (as_png(LEFT_HALF)[:60], "damaged"),
    "nothing": (b"", "The file is not a picture that can be read"),
    "black": (as_png(0 * LEFT_HALF), "dark everywhere"),
    "labels 0 and 1": (as_png(LEFT_HALF // 255), "dark everywhere"),
    "one pixel": (as_png(np.uint8([[255]])), "bright everywhere"),
    "transparent": (as_png(SEEN_THROUGH), "bright everywhere, as what is transparent"),
    "huge": (as_png(np.zeros((7000, 7000), bool)), "at most 40 million"),
}


@pytest.mark.thorough
def test_a_mask_of_this_picture_or_why_it_is_none(
    any_visit: Callable[..., Visit], own_model: tuple[int, int], tiny_classifier: Classifier
) -> None:
    page = any_visit(**OWN).open("faithfulness")
    page.wait(lambda: "need a region" in page.words)
    assert not page.app.error
    refused = iter(NO_MASKS.items())
    for mask in MASKS.values():
        upload(page, mask)
        page.wait(lambda: "Means over 1 picture**" in page.words)
        assert not page.app.error
        expect_energy_in(left_half(own_model), page, tiny_classifier)
        for _, (content, words) in itertools.islice(refused, 2):
            upload(page, content)
            page.wait(lambda: "need a region" in page.words)
            (said,) = page.app.error
            assert words in said.value.replace("\\", "")


def upload(page: Visit, content: bytes) -> None:
    (uploader,) = (each for each in page.app.get("file_uploader") if each.label == "Mask")
    uploader.set_value(("mask.png", content, "image/png"))
    page.run()


def left_half(size: tuple[int, int]) -> Region:
    inside = np.zeros(size, bool)
    inside[:, : size[1] // 2] = True
    return inside


def expect_energy_in(inside: Region, page: Visit, classifier: Classifier) -> None:
    """The table has the share of the map's positive values that lies in a region."""
    picture = page.scene.picture.pixels
    heatmap = explain(classifier, picture, "gradient", 0, layer="top").heatmap
    found = page.app.dataframe[0].value["energy_inside"][0]
    assert found == pytest.approx(share_inside(heatmap, inside), rel=1e-4)


def test_a_mask_and_a_drawing_stay_with_their_picture(
    any_visit: Callable[..., Visit], own_model: tuple[int, int], tiny_classifier: Classifier
) -> None:
    page = any_visit(**OWN).open("faithfulness")
    page.wait(lambda: "need a region" in page.words)
    upload(page, MASKS["eight bits"])
    page.wait(lambda: "Means over 1 picture**" in page.words)
    page.open("axioms").open("faithfulness")
    page.wait(lambda: "Means over 1 picture**" in page.words)
    assert "The mask of **mask.png** is still here" in page.words
    expect_energy_in(left_half(own_model), page, tiny_classifier)

    # Drawn at another size of the same shape, as for another network.
    regions = page.app.session_state["session"].regions
    ((_, picture),) = regions
    drawn = ~left_half((48, 48))
    regions["drawing", picture] = KeptRegion(drawn)
    page.choose("segmented_control", "faithfulness-region", "drawing")
    page.wait(lambda: "Means over 1 picture**" in page.words)
    expect_energy_in(~left_half(own_model), page, tiny_classifier)
    regions["drawing", picture] = KeptRegion(drawn | True)
    page.run()
    page.wait(lambda: "need a region" in page.words)
    assert "All of the picture is marked" in " ".join(each.value for each in page.app.error)

    page.choose("segmented_control", "faithfulness-region", "mask")
    page.wait(lambda: "Means over 1 picture**" in page.words)
    page.press("faithfulness_forget")
    page.wait(lambda: "need a region" in page.words)
    assert ("mask", picture) not in regions
    # What has been kept longest goes first.
    regions.update({("drawing", str(number)): KeptRegion(drawn) for number in range(MOST)})
    upload(page, MASKS["one bit"])
    assert len(regions) == MOST
    assert ("drawing", picture) not in regions
    assert ("mask", picture) in regions


def test_a_rectangle_in_per_cent() -> None:
    assert rectangle((4, 10), (25, 75, 0, 30)).sum() == 2 * 3
    assert rectangle((4, 10), (25, 75, 0, 30))[1:3, :3].all()
