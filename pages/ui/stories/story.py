"""A story: a TOML file of steps, read and checked."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pages.ui.shell.navigation import PAGES
from pages.ui.shell.settings import text_of

MOST_STEPS = 20
LONGEST = 2000
"""Characters of a text."""

Judge = Callable[[Mapping[str, str]], Collection[str]]
"""Given a link's parameters that all pages share; returns a sentence for each that is unusable."""


@dataclass(frozen=True)
class Step:
    """One screen of a story.

    Attributes
    ----------
    page : str
        One of `PAGES`.
    text : str
        What is told, in Markdown.
    look : str
        What to look at; may be empty.
    question, answer : str
        The answer is shown after a click; both empty where nothing is asked.
    settings : mapping of str to str
        A link's parameters.
    """

    page: str
    text: str
    look: str = ""
    question: str = ""
    answer: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Story:
    """A guided tour.

    Attributes
    ----------
    name : str
        As in links: the file's name without its ending.
    title, summary : str
    minutes : int
        About how long it takes.
    steps : tuple of Step
    """

    name: str
    title: str
    summary: str
    minutes: int
    steps: tuple[Step, ...]


def read_story(path: Path, judge: Judge) -> Story:
    """Read and check a story.

    Raises
    ------
    ValueError
        One sentence that says what is wrong in the file and what would be right.
    """
    name = path.stem
    if not name.replace("_", "").isalnum() or not name.isascii():
        raise _wrong(path, "its name should have letters, digits and underscores only")
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _wrong(path, f"it is not valid TOML ({error})") from None
    except OSError as error:
        raise _wrong(path, f"it cannot be read ({error.strerror})") from None
    _only(path, "the story", content, ("title", "summary", "minutes", "steps"))
    minutes = content.get("minutes")
    if not isinstance(minutes, int) or not 1 <= minutes <= 60:
        raise _wrong(path, "minutes should be a whole number from 1 to 60")
    steps = content.get("steps")
    if not isinstance(steps, list) or not 1 <= len(steps) <= MOST_STEPS:
        raise _wrong(path, f"it should have 1 to {MOST_STEPS} [[steps]]")
    return Story(
        name,
        _text(path, "the story", content, "title"),
        _text(path, "the story", content, "summary"),
        minutes,
        tuple(_step(path, number, step, judge) for number, step in enumerate(steps, start=1)),
    )


def _step(path: Path, number: int, content: Any, judge: Judge) -> Step:
    which = f"step {number}"
    if not isinstance(content, dict):
        raise _wrong(path, f"{which} should begin with [[steps]]")
    _only(path, which, content, ("page", "text", "look", "question", "answer", "settings"))
    page = content.get("page")
    if page not in PAGES:
        raise _wrong(path, f"the page of {which} should be one of {', '.join(PAGES)}")
    if ("question" in content) != ("answer" in content):
        raise _wrong(path, f"{which} should have a question and its answer, or neither")
    optional = {
        key: _text(path, which, content, key)
        for key in ("look", "question", "answer")
        if key in content
    }
    text = _text(path, which, content, "text")
    return Step(page, text, **optional, settings=_settings(path, which, page, content, judge))


def _settings(
    path: Path, which: str, page: str, content: Mapping[str, Any], judge: Judge
) -> dict[str, str]:
    given = content.get("settings", {})
    if not isinstance(given, dict):
        raise _wrong(path, f"the settings of {which} should be a table, [steps.settings]")
    found: dict[str, str] = {}
    for name, value in given.items():
        parts = value if isinstance(value, list) else [value]
        if not all(isinstance(part, str | int | float) for part in parts):
            raise _wrong(
                path,
                f"the setting {name} of {which} should be text, a number, true or false, "
                "or a list of these; a name with a dot stands in quotes",
            )
        if "-" in name and not name.startswith((f"{page}-", "sidebar-")):
            raise _wrong(path, f"the setting {name} of {which} belongs to another page than {page}")
        found[name] = text_of(value)
    complaints = judge({name: text for name, text in found.items() if "-" not in name})
    for complaint in complaints:
        raise _wrong(path, f"{which}: {complaint.removesuffix('.')}")
    return found


def _text(path: Path, which: str, content: Mapping[str, Any], key: str) -> str:
    text = content.get(key)
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST:
        raise _wrong(path, f"the {key} of {which} should be text of 1 to {LONGEST} characters")
    if "![" in text:
        raise _wrong(path, f"the {key} of {which} should have no pictures; the page shows them")
    return " ".join(text.split("\n")).strip() if key != "text" else text.strip()


def _only(path: Path, which: str, content: Mapping[str, Any], known: Collection[str]) -> None:
    for key in content:
        if key not in known:
            raise _wrong(path, f"{which} has “{key}”; it may have {', '.join(known)}")


def _wrong(path: Path, what: str) -> ValueError:
    return ValueError(f"The story {path.name} is left out: {what}.")
