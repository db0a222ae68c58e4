"""The glossary: its terms, and how they are found in texts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pages.ui.shell.glossary import glossary, meaning, with_words, words_of
from tests.pages.visits import Visit


def test_every_term_is_explained_in_a_sentence_and_found_by_its_own_name() -> None:
    assert {"logit", "reference point", "coalition", "player", "superpixel"} <= set(glossary())
    for term, entry in glossary().items():
        assert entry.text.endswith(".")
        assert entry.text[0].isupper()
        assert entry.forms
        found = words_of(entry.forms[0])
        assert found is not None
        assert meaning(term) in found


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Players form a coalition.", ["Player", "Coalition"]),
        ("The LOGIT of the target class", ["Logit", "Target class"]),
        ("A playground of layered logits", ["Logit"]),
        ("Nothing of it.", []),
    ],
)
def test_terms_are_found_as_words_in_their_order(text: str, terms: list[str]) -> None:
    found = words_of(text) or ""
    assert [line.split("**")[1] for line in found.split("\n\n") if line] == terms
    assert with_words(text).startswith(text)


def test_the_page_lists_all_of_them(visit: Callable[..., Visit]) -> None:
    page = visit(**{"stories-view": "glossary"}).open("stories")
    for term in glossary():
        assert meaning(term).replace("\\", "") in page.words


def test_a_step_explains_its_words_on_hover(visit: Callable[..., Visit]) -> None:
    page = visit().open("stories").press("begin_4_sixteen_seconds")
    told = [part for part in page.app.markdown if "asks the network about" in part.value]
    assert "**Coalition**: " in told[0].proto.help
