"""The kinds of ImageNet's classes, by the classes on either side of each border."""

from __future__ import annotations

import pytest

from attribution_core.models.imagenet_kinds import imagenet_kind
from attribution_core.models.labels import imagenet_labels


@pytest.mark.parametrize(
    ("label", "kind"),
    {
        "tench": "fish",
        "stingray": "fish",
        "cock": "bird",
        "great grey owl": "bird",
        "European fire salamander": "amphibian or reptile",
        "sidewinder": "amphibian or reptile",
        "trilobite": "arthropod",
        "black grouse": "bird",
        "wombat": "mammal",
        "jellyfish": "invertebrate",
        "Dungeness crab": "arthropod",
        "white stork": "bird",
        "sea lion": "mammal",
        "Chihuahua": "dog",
        "grey fox": "dog",
        "tabby": "cat",
        "cheetah": "cat",
        "brown bear": "mammal",
        "tiger beetle": "arthropod",
        "starfish": "invertebrate",
        "giant panda": "mammal",
        "puffer": "fish",
        "abacus": "thing",
        "coffee mug": "thing",
        "plate": "thing",
        "guacamole": "food",
        "espresso": "food",
        "eggnog": "food",
        "alp": "landscape",
        "volcano": "landscape",
        "ballplayer": "person",
        "rapeseed": "plant",
        "bolete": "plant",
        "toilet tissue": "thing",
    }.items(),
)
def test_each_class_has_its_kind(label: str, kind: str) -> None:
    assert imagenet_kind(imagenet_labels().index(label)) == kind


@pytest.mark.parametrize("number", [-1, 1000])
def test_there_are_a_thousand_classes(number: int) -> None:
    with pytest.raises(ValueError, match="0 to 999"):
        imagenet_kind(number)
