"""What is found of one question: whether it is well, and what to do where it is not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Grade = Literal["fine", "note", "wrong"]
"""Well; something that the app does without; something that is to be mended."""


@dataclass(frozen=True)
class Finding:
    """What was looked at, how it is, and in a sentence what was found and what to do."""

    subject: str
    grade: Grade
    said: str
