"""Figures that are saved at their size, whatever the user's settings of Matplotlib are."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import matplotlib
from matplotlib.figure import Figure

from attribution_core.figures.style import SUFFIXES
from attribution_core.version import PROGRAM

DPI = 300

MILLIMETRES_PER_INCH = 25.4

# Matplotlib's settings, fonts and caches of glyphs belong to the whole process, and the pages of an
# app are drawn by several threads.
_one_at_a_time = threading.RLock()


class MapFigure(Figure):
    """A Matplotlib figure that is saved at its size, with text as text.

    ``savefig`` works as Matplotlib's, independent of the user's settings: PDF embeds TrueType
    fonts, SVG has text elements, PNG has 300 dpi.
    """

    def savefig(
        self, fname: str | Any | IO[Any], *, transparent: bool | None = None, **kwargs: Any
    ) -> None:
        with print_settings():
            super().savefig(fname, transparent=transparent, **kwargs)

    def rendered(self, suffix: str, dpi: float = DPI) -> bytes:
        """The figure as a file's content; the same figure gives the same bytes.

        Parameters
        ----------
        suffix : {"png", "pdf", "svg"}
        dpi : float
            Of a PNG, and of the maps that PDF and SVG hold as interpolated images.

        Raises
        ------
        ValueError
            When the suffix is none of the three.
        """
        suffix = suffix.lower().removeprefix(".")
        if suffix not in SUFFIXES:
            raise ValueError(f"A figure cannot be a {suffix} file; use {', '.join(SUFFIXES)}.")
        undated = {
            "png": {"Software": PROGRAM},
            "pdf": {"CreationDate": None, "Creator": PROGRAM},
            "svg": {"Date": None, "Creator": PROGRAM},
        }[suffix]
        buffer = io.BytesIO()
        self.savefig(buffer, format=suffix, dpi=dpi, metadata=undated)
        return buffer.getvalue()

    def _repr_png_(self) -> bytes:
        return self.rendered("png", DPI / 2)


@contextmanager
def print_settings() -> Iterator[None]:
    """Matplotlib's own settings instead of the user's, and no other thread drawing meanwhile."""
    with _one_at_a_time, matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(
            {
                "pdf.fonttype": 42,
                "svg.fonttype": "none",
                "svg.hashsalt": "attributions",
                # Widths are the layout's, at any resolution; every map stays an image of its own.
                "text.hinting": "no_hinting",
                "image.composite_image": False,
            }
        )
        yield
