"""No figure may warn."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def no_warnings() -> Iterator[None]:
    """Matplotlib warns of missing glyphs."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
