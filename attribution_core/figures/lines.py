"""Lines of text: glyphs that exist, widths in millimetres, and where lines break."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache

from matplotlib.font_manager import FontProperties, fontManager, get_font
from matplotlib.textpath import text_to_path

FAMILY = "DejaVu Sans"
"""Comes with Matplotlib, and has × − ′ σ ∂ ⁻ ⁵."""

UNBROKEN = "\u00a0"
"""A space at which no line breaks."""

POINT = 25.4 / 72
"""Millimetres of a typographic point."""

LEADING = 1.2
"""From one line to the next, in units of the size."""

BASELINE = 0.86
"""From a line's upper edge to its baseline: DejaVu Sans reaches 0.76 above it and 0.24 below."""

_STANDARD_SIZE = 100.0


def drawable(text: str) -> str:
    """A text in one line whose characters all have a glyph in a font of this machine.

    A character that no font has is replaced by its code point, as in ``U+732B``.
    """
    said = []
    for character in re.sub(r"[ \t\r\n\f\v]+", " ", text):
        if _family_with(character) is not None:
            said.append(character)
        elif unicodedata.category(character) not in ("Cc", "Cf", "Mn"):
            # Joiners, and selectors of a variant, mean nothing without the glyph that they change.
            said.append(f" U+{ord(character):04X} ")
    return re.sub(" +", " ", "".join(said)).strip(" ")


def font(text: str, size: float) -> FontProperties:
    """The font of a drawable text, in points; other families follow for what DejaVu Sans lacks."""
    families = [FAMILY]
    for character in text:
        family = _family_with(character)
        if family is not None and family not in families:
            families.append(family)
    # What a viewer of an SVG takes where it has none of them.
    return FontProperties(family=[*families, "sans-serif"], size=size)


def width_of(text: str, size: float) -> float:
    """The width of a drawable text in millimetres, at a size in points."""
    return _standard_width(text) * size * POINT / _STANDARD_SIZE


_ALL = 10**6
"""More lines than any text has."""

_FEWEST_LETTERS = 4
"""With fewer at both ends together, a beginning says more."""


def height_of(lines: Sequence[str], size: float) -> float:
    """The height of lines in millimetres."""
    return len(lines) * size * LEADING * POINT


def wrapped(text: str, size: float, width: float, most: int) -> tuple[str, ...]:
    """A text as lines.

    Parameters
    ----------
    text : str
        Made drawable here. A newline in it always breaks, a no-break space never does.
    size : float
        In points.
    width : float
        Of the widest line, in millimetres.
    most : int
        Lines; the last one ends in "…" where that leaves something out.

    Returns
    -------
    tuple of str
        None of them empty.
    """
    lines: list[str] = []
    # A sign belongs to what follows it.
    text = text.replace("× ", f"×{UNBROKEN}")
    for paragraph in text.split("\n"):
        line = ""
        for piece in _pieces(drawable(paragraph), size, width):
            if line and width_of((line + piece).rstrip(), size) > width:
                lines.append(line.rstrip())
                line = ""
            line += piece
        lines.append(line.rstrip())
    lines = [line for line in lines if line]
    if len(lines) > most:
        last = lines[most - 1]
        while last and width_of(last + "…", size) > width:
            last = last[:-1].rstrip()
        lines[most - 1 :] = [last + "…"]
    return tuple(line.replace(UNBROKEN, " ") for line in lines)


def shortened(text: str, size: float, width: float, most: int) -> tuple[str, ...]:
    """A title as lines, with "…" in the middle where they are too many: names differ at both ends.

    Parameters as of `wrapped`; the longest paragraph is the one that is shortened.
    """
    lines = wrapped(text, size, width, _ALL)
    if len(lines) <= most:
        return lines
    paragraphs = text.split("\n")
    longest = max(range(len(paragraphs)), key=lambda each: len(paragraphs[each]))
    name = paragraphs[longest]

    def with_kept(letters: int) -> tuple[str, ...]:
        end = name[len(name) - letters // 2 :].lstrip()
        paragraphs[longest] = f"{name[: letters - letters // 2].rstrip()}… {end}"
        return wrapped("\n".join(paragraphs), size, width, _ALL)

    fitting = bisect_left(
        range(len(name)), True, lo=_FEWEST_LETTERS, key=lambda each: len(with_kept(each)) > most
    )
    if fitting <= _FEWEST_LETTERS:
        return wrapped(text, size, width, most)
    return with_kept(fitting - 1)


def widest_word(text: str, size: float) -> float:
    """What `wrapped` needs at least to break no word, in millimetres."""
    words = [word for part in text.split("\n") for word in _words(drawable(part))]
    return max((width_of(word.rstrip(), size) for word in words), default=0.0)


def _words(text: str) -> list[str]:
    """What stays together: up to a space, or to a _ or - inside of a word."""
    return re.findall(r"[^ ]+?[_-](?=\w)|[^ ]+ *", text)


def _pieces(text: str, size: float, width: float) -> list[str]:
    """The words, those that are wider than a line cut into letters."""
    pieces = []
    for word in _words(text):
        pieces += [word] if width_of(word.rstrip(), size) <= width else list(word)
    return pieces


@lru_cache(maxsize=4096)
def _standard_width(text: str) -> float:
    if not text:
        return 0.0
    width, _, _ = text_to_path.get_text_width_height_descent(
        text, font(text, _STANDARD_SIZE), False
    )
    # Unhinted widths scale with the size; drawn, they may still differ slightly.
    return 1.005 * float(width)


@lru_cache(maxsize=4096)
def _family_with(character: str) -> str | None:
    """A font family that has the character, DejaVu Sans before others; None where none has."""
    if unicodedata.category(character) in ("Co", "Cs"):
        # Fonts put there what they like.
        return None
    entries = sorted(
        (entry for entry in fontManager.ttflist if "Last Resort" not in entry.name),
        key=lambda entry: (entry.name != FAMILY, entry.style != "normal", entry.name, entry.fname),
    )
    for entry in entries:
        if str(entry.weight) not in ("400", "regular", "normal") or entry.style != "normal":
            continue
        try:
            if get_font(entry.fname).get_char_index(ord(character)):
                return entry.name
        except (OSError, RuntimeError):
            # A font of coloured pictures, or a damaged one: some other may do.
            continue
    return None
