"""What the C library's allocator keeps for itself: little, on machines with glibc."""

from __future__ import annotations

import ctypes
import sys
from functools import cache

_ARENA_MAX = -8
"""`M_ARENA_MAX` of glibc's malloc.h."""
MOST_ARENAS = 2


def keep_few_arenas() -> None:
    """Let all threads share two arenas.

    By itself each of the many threads of a server gets one, up to eight a processor, and what is
    freed in one is of no use to the others.
    """
    library = _glibc()
    if library is not None:
        library.mallopt(_ARENA_MAX, MOST_ARENAS)


def return_what_is_free() -> None:
    """Give pages that hold nothing any more back to the system."""
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


@cache
def _glibc() -> ctypes.CDLL | None:
    """The C library, where it has what is asked for."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    known = hasattr(library, "mallopt") and hasattr(library, "malloc_trim")
    return library if known else None
