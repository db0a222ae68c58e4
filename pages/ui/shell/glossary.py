"""The glossary: terms of the field, and those that a text uses."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from attribution_core.assets import ASSETS


@dataclass(frozen=True)
class Entry:
    """A term's explanation; ``forms`` are the words by which it is recognised in a text."""

    text: str
    forms: tuple[str, ...]


@cache
def glossary() -> Mapping[str, Entry]:
    """All terms in the order of the alphabet."""
    entries = tomllib.loads((ASSETS / "glossary.toml").read_text("utf-8"))
    return {
        term: Entry(entries[term]["text"], tuple(entries[term]["forms"]))
        for term in sorted(entries, key=str.casefold)
    }


@cache
def words_of(text: str) -> str | None:
    """The terms that a text uses with their explanations, in Markdown for a tooltip; or None."""
    found = {}
    for term, entry in glossary().items():
        forms = "|".join(re.escape(form) for form in entry.forms)
        match = re.search(rf"(?<!\w)(?:{forms})(?!\w)", text, re.IGNORECASE)
        if match:
            found[term] = match.start()
    return "\n\n".join(meaning(term) for term in sorted(found, key=found.__getitem__)) or None


def with_words(text: str) -> str:
    """A text, and below it the terms that it uses with their explanations."""
    words = words_of(text)
    return text if words is None else f"{text}\n\n{words}"


def meaning(term: str) -> str:
    """A term with its explanation, in Markdown."""
    return f"**{term[0].upper()}{term[1:]}**: {glossary()[term].text}"
