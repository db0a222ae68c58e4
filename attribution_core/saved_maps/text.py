"""The parts of an untrusted JSON text, each read as the type that it should be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

LARGEST = 2**63 - 1


class Part:
    """A mapping in a JSON text; its ValueErrors are clauses that follow the file's name.

    Parameters
    ----------
    content : object
        Should be a mapping.
    place : str
        What the clauses call it.
    """

    def __init__(self, content: Any, place: str) -> None:
        if not isinstance(content, dict):
            raise ValueError(f"says nothing usable of {place}")
        self._content: dict[str, Any] = content
        self._place = place

    def names(self) -> set[str]:
        return set(self._content)

    def text(self, name: str, longest: int) -> str:
        found = self._content.get(name)
        if not isinstance(found, str) or len(found) > longest:
            raise self._wrong(name)
        return found

    def text_or_none(self, name: str, longest: int) -> str | None:
        return None if self._content.get(name) is None else self.text(name, longest)

    def choice(self, name: str, choices: Sequence[str]) -> str:
        found = self._content.get(name)
        if found not in choices:
            raise self._wrong(name)
        return str(found)

    def whole(self, name: str) -> int:
        """A whole number from 0 to 2⁶³ − 1."""
        found = self._content.get(name)
        if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found <= LARGEST:
            raise self._wrong(name)
        return found

    def wholes(self, name: str, most: int) -> tuple[int, ...]:
        """At most so many whole numbers from 0 to 2⁶³ − 1; none where there is no list."""
        found = self._content.get(name, [])
        if not isinstance(found, list) or len(found) > most:
            raise self._wrong(name)
        if not all(type(each) is int and 0 <= each <= LARGEST for each in found):
            raise self._wrong(name)
        return tuple(found)

    def number(self, name: str) -> float:
        """A finite number."""
        found = self._content.get(name)
        if not isinstance(found, int | float) or isinstance(found, bool):
            raise self._wrong(name)
        if isinstance(found, int) and abs(found) > LARGEST:
            raise self._wrong(name)
        if not math.isfinite(found):
            raise self._wrong(name)
        return float(found)

    def number_or_none(self, name: str) -> float | None:
        return None if self._content.get(name) is None else self.number(name)

    def flag(self, name: str) -> bool:
        found = self._content.get(name)
        if not isinstance(found, bool):
            raise self._wrong(name)
        return found

    def flag_or_no(self, name: str) -> bool:
        """A yes or no that files of earlier versions lack, where it is no."""
        return name in self._content and self.flag(name)

    def part(self, name: str) -> Part:
        return Part(self._content.get(name), f"{self._place}’s {name}")

    def part_or_none(self, name: str) -> Part | None:
        return None if self._content.get(name) is None else self.part(name)

    def part_or_text(self, name: str) -> Part | str:
        found = self._content.get(name)
        return self.text(name, 100) if isinstance(found, str) else self.part(name)

    def whole_part_or_none(self, name: str) -> Part | int | None:
        found = self._content.get(name)
        if found is None:
            return None
        return self.whole(name) if isinstance(found, int) else self.part(name)

    def parts(self, name: str, most: int) -> list[Part]:
        found = self._content.get(name)
        if not isinstance(found, list) or len(found) > most:
            raise self._wrong(name)
        return [Part(each, f"{self._place}’s {name}") for each in found]

    def numbers(self) -> dict[str, float]:
        """All of it, names with finite numbers."""
        return {name: self.number(name) for name in self._names()}

    def values(self) -> dict[str, int | float | str | bool]:
        """All of it, names with finite numbers, texts or yes and no."""
        return {name: self._value(name) for name in self._names()}

    def _value(self, name: str) -> int | float | str | bool:
        found = self._content[name]
        if isinstance(found, bool):
            return found
        if isinstance(found, str):
            return self.text(name, 100)
        self.number(name)
        return int(found) if isinstance(found, int) else float(found)

    def _names(self) -> list[str]:
        if len(self._content) > 100 or any(len(name) > 100 for name in self._content):
            raise ValueError(f"says too much of {self._place}")
        return list(self._content)

    def _wrong(self, name: str) -> ValueError:
        shown = repr(self._content[name])[:40] if name in self._content else "nothing"
        return ValueError(f"has {shown} for {self._place}’s {name}")
