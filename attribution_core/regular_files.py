"""Files that somebody names, opened only where they are files: not pipes, devices or folders."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import BinaryIO


def open_regular(path: str | Path, instead: str) -> BinaryIO:
    """Open a file that is read to its end.

    A pipe that nobody writes to would be waited for without end, and a device such as
    ``/dev/zero`` has none.

    Parameters
    ----------
    path : str or Path
    instead : str
        What to do where there is no such file: the end of the sentence, without the full stop.

    Raises
    ------
    ValueError
        In one sentence.
    """
    shown = str(path) if len(str(path)) <= 100 else f"{str(path)[:97]}…"
    try:
        kind = Path(path).stat().st_mode
        if stat.S_ISREG(kind):
            return Path(path).open("rb")
        reason = "Is a directory" if stat.S_ISDIR(kind) else "Not a file but a pipe or a device"
    except OSError as error:
        reason = error.strerror or type(error).__name__
    except ValueError:
        reason = "A name has no null bytes"
    raise ValueError(f"The file {shown} cannot be read ({reason}); {instead}.")
