"""Pages of networks that end otherwise than in softmax, or take other pictures than in colour."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from attribution_core import Contrast
from pages.ui.shell.gallery import gallery
from pages.ui.worker.engine import engine
from tests.network.made_networks import NETWORKS
from tests.pages.visits import Visit

NAMES = (
    "one sigmoid",
    "five sigmoids",
    "one number",
    "grey",
    "any size",
    "channels first",
    "a mean of softmaxes",
    "a mean of sigmoids",
)
PAGES = ("explore", "superpixels", "references", "randomisation", "faithfulness", "layers")


@pytest.fixture
def own_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Makes a made network the app's own model, loaded already."""

    def use(name: str, *labels: str) -> None:
        made = NETWORKS[name]()
        made.network.save(tmp_path / "made.keras")
        monkeypatch.setenv("ATTRIBUTION_MODEL", str(tmp_path / "made.keras"))
        if made.input_size:
            monkeypatch.setenv("ATTRIBUTION_MODEL_SIZE", "{}x{}".format(*made.input_size))
        if labels:
            (tmp_path / "labels.txt").write_text("\n".join(labels))
            monkeypatch.setenv("ATTRIBUTION_MODEL_LABELS", str(tmp_path / "labels.txt"))
        engine()._classifiers["own"] = engine()._load("own")

    yield use
    engine()._classifiers.pop("own", None)


def asked(name: str, **more: str) -> dict[str, str]:
    """A link's parameters: of each network other pictures, since answers are kept by its name."""
    picture = gallery()[NAMES.index(name)].id
    usual = {"model": "own", "picture": picture, "reference": "mean", "methods": "gradient"}
    return {**usual, "classes": "0", **more}


def answers(visit: Visit) -> str:
    """All HTML of the page."""
    return " ".join(each.proto.body for each in visit.app.get("html"))


@pytest.mark.thorough
@pytest.mark.parametrize("name", NAMES)
def test_every_page(
    any_visit: Callable[..., Visit], own_model: Callable[..., None], name: str
) -> None:
    """Of a network that is loaded once."""
    own_model(name)
    more = {"faithfulness-steps": "4", "randomisation-seeds": "1", "references-path": "no"}
    for page in PAGES:
        visit = any_visit(**asked(name, methods="gradient,kernel_shap", **more)).open(page)
        visit.wait(lambda shown=visit: bool(shown.statuses) and set(shown.statuses) <= {"done"})
        assert not visit.app.error, page
        visit.leave()


def test_two_classes_of_one_sigmoid(
    any_visit: Callable[..., Visit], own_model: Callable[..., None]
) -> None:
    own_model("one sigmoid", "cat")
    visit = any_visit(**asked("one sigmoid", classes="0,1")).open("explore")
    visit.wait(lambda: set(visit.statuses) == {"done"})
    assert visit.labels[0] == ["not cat", "cat"]


def test_each_class_by_itself(
    any_visit: Callable[..., Visit], own_model: Callable[..., None]
) -> None:
    own_model("five sigmoids")
    visit = any_visit(**asked("five sigmoids", score="probability")).open("explore")
    visit.wait(lambda: set(visit.statuses) == {"done"} and "says of each" in answers(visit))


def test_numbers_have_no_percentages(
    any_visit: Callable[..., Visit], own_model: Callable[..., None]
) -> None:
    own_model("one number")
    visit = any_visit(**asked("one number", score="probability")).run()
    told = visit.words
    visit.open("explore")
    visit.wait(lambda: set(visit.statuses) == {"done"} and "output 0" in answers(visit))
    assert " %" not in answers(visit)
    assert "gives numbers and no probabilities" in told


def test_the_operator_says_what_an_output_is(
    own_model: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTRIBUTION_MODEL_LINK", "sigmoid")
    own_model("one number", "cat")
    assert engine().labels("own") == ("not cat", "cat")
    monkeypatch.setenv("ATTRIBUTION_MODEL_LINK", "tanh")
    with pytest.raises(ValueError, match="ATTRIBUTION_MODEL_LINK: 'tanh' is none of softmax, sig"):
        own_model("one number")


def words_of(visit: Visit) -> str:
    return visit.words + visit.sidebar_words + answers(visit)


@pytest.mark.thorough
@pytest.mark.parametrize("page", PAGES)
def test_nothing_is_called_a_logit_where_there_is_none(
    any_visit: Callable[..., Visit], own_model: Callable[..., None], page: str
) -> None:
    """Not in the link either, which says the score by its name."""
    own_model("a mean of softmaxes")
    more = {"faithfulness-steps": "4", "faithfulness-score": "log-probability"}
    more |= {"randomisation-seeds": "1", "references-path": "yes", "layer": "block"}
    visit = any_visit(**asked("a mean of softmaxes", **more)).open(page)
    visit.wait(lambda: bool(visit.statuses) and set(visit.statuses) <= {"done"})
    assert visit.link["score"] == "log-probability"
    assert "logit" not in words_of(visit)
    if page in ("explore", "superpixels", "references"):
        assert "log-probability" in words_of(visit)


@pytest.mark.parametrize(
    ("page", "says"),
    [("regions", "gives to the class’s log-probability"), ("axioms", "always about log-prob")],
)
def test_pages_of_their_own_scores(
    any_visit: Callable[..., Visit], own_model: Callable[..., None], page: str, says: str
) -> None:
    own_model("a mean of softmaxes")
    more = {"layer": "block", "regions-budget": "64", "axioms-network": "yes"}
    visit = any_visit(**asked("a mean of softmaxes", **more)).open(page)
    visit.wait(lambda: says in visit.words)
    assert "logit" not in words_of(visit)


def test_scores_of_a_network_without_logits(
    any_visit: Callable[..., Visit], own_model: Callable[..., None]
) -> None:
    """Its contrast is of log-probabilities, and a network of logits is shown its own score."""
    own_model("a mean of softmaxes")
    visit = any_visit(**asked("a mean of softmaxes")).run()
    assert visit.scene.scores == ("log-probability", "probability", "contrast", "finer")
    visit.choose("button_group", "score", "contrast").finish()
    assert visit.requests[0].score == Contrast(visit.scene.settings.against or 0, "log-probability")
    assert "log-probability's lead over" in visit.words
    own_model("five sigmoids")
    other = any_visit(**asked("five sigmoids", score="log-probability")).run()
    assert other.scene.settings.score == "logit"
    assert "score" not in other.link
