"""Stories as files: read, checked, and refused with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from pages.ui.stories.shelf import FOLDER, read_shelf
from pages.ui.stories.story import read_story

MODELS = ("vgg16_cam", "efficientnet_lite0", "clever_hans")
GOOD = """
title = "A title"
summary = "What it is about."
minutes = 2

[[steps]]
page = "layers"
text = "Something."
question = "Is it so?"
answer = "It is."
[steps.settings]
model = "vgg16_cam"
classes = [3, 5]
smooth = true
"integrated_gradients.steps" = 12
layers-method = "gradient"
"""


def test_a_story_is_read(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(GOOD)
    shelf = read_shelf((tmp_path,), MODELS)
    assert not shelf.complaints
    story = shelf.stories["mine"]
    assert (story.title, story.minutes, story.steps[0].look) == ("A title", 2, "")
    assert story.steps[0].settings == {
        "model": "vgg16_cam",
        "classes": "3,5",
        "smooth": "yes",
        "integrated_gradients.steps": "12",
        "layers-method": "gradient",
    }


@pytest.mark.parametrize(
    ("good", "bad", "sentence"),
    [
        ("minutes = 2", "minutes = 2.5", "minutes should be a whole number from 1 to 60"),
        ("minutes = 2", "minutes = 2\nauthor = 1", "the story has “author”; it may have title"),
        ('page = "layers"', 'page = "home"', "the page of step 1 should be one of explore,"),
        ('text = "Something."', 'text = " "', "the text of step 1 should be text of 1 to 2000"),
        ('text = "Something."', 'text = "![x](http://x)"', "should have no pictures"),
        ('answer = "It is."', "", "step 1 should have a question and its answer, or neither"),
        ("classes = [3, 5]", "clases = [3]", "step 1: The link's clases = “3” is not usable"),
        (
            '"vgg16_cam"',
            '"vgg19"',
            "it should be one of vgg16_cam, efficientnet_lite0, clever_hans",
        ),
        ("layers-method", "axioms-x", "axioms-x of step 1 belongs to another page than layers"),
        ("smooth = true", "smooth = {}", "the setting smooth of step 1 should be text, a number"),
        ("[[steps]]", "[[steps]", "it is not valid TOML"),
        ("[[steps]]", "[[scenes]]", "the story has “scenes”"),
    ],
)
def test_a_faulty_file_is_left_out_with_a_sentence(
    tmp_path: Path, good: str, bad: str, sentence: str
) -> None:
    (tmp_path / "faulty.toml").write_text(GOOD.replace(good, bad))
    (tmp_path / "good.toml").write_text(GOOD)
    shelf = read_shelf((tmp_path,), MODELS)
    assert list(shelf.stories) == ["good"]
    (complaint,) = shelf.complaints
    assert complaint.startswith("The story faulty.toml is left out: ")
    assert sentence in complaint


def test_a_name_that_links_cannot_carry(tmp_path: Path) -> None:
    path = tmp_path / "a&b.toml"
    path.write_text(GOOD)
    with pytest.raises(ValueError, match="letters, digits and underscores"):
        read_story(path, lambda parameters: ())


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    shelf = read_shelf((FOLDER, tmp_path / "nowhere"), MODELS)
    assert len(shelf.stories) >= 8
    assert "There is no folder of stories" in shelf.complaints[0]


def test_the_operators_story_takes_the_place_of_one_of_its_name(tmp_path: Path) -> None:
    name = sorted(FOLDER.glob("*.toml"))[0].stem
    (tmp_path / f"{name}.toml").write_text(GOOD)
    assert read_shelf((FOLDER, tmp_path), MODELS).stories[name].title == "A title"


def test_all_of_the_apps_own_are_good() -> None:
    shelf = read_shelf((FOLDER,), MODELS)
    assert not shelf.complaints
    assert {story.title for story in shelf.stories.values()} >= {
        "Why do all classes look alike at the pixels?",
        "The Clever Hans in the corner",
        "Black is an answer, too",
        "Sixteen seconds instead of nineteen minutes",
        "Does the map care what was learned?",
        "Whom do you trust? Deletion with random orders",
        "Complete and still wrong",
        "When two methods disagree",
    }
    assert all(len(story.steps) >= 3 for story in shelf.stories.values())
