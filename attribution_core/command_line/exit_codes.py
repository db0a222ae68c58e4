"""How a command ends: exit codes, and errors in one line."""

from __future__ import annotations

DONE, SOME_FAILED, WRONG_USAGE = 0, 1, 2


def sentence(error: Exception) -> str:
    """An error in one line; our own sentences as they are, the system's by file and reason."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename or 'A file'} cannot be used: {error.strerror}."
    return " ".join(str(error).split()) or type(error).__name__
