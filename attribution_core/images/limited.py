"""A picture from a stranger, decoded in a process of its own that has a limit of time and memory.

What a decoder does with a file made to be costly is known only when it has done it. So on a server
each picture of a visitor is read by a process that is ended where it takes too long.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np

from attribution_core.images.files import Decoded

SECONDS, MEGABYTES = 4, 200
"""Of the processor's time, and of memory beside what the process itself is of."""
PATIENCE = 20
"""Seconds that it may take beside other work, or wait for other pictures."""
_PROGRAM = Path(__file__).with_name("limited_process.py")
_ONE_AT_A_TIME = threading.Lock()


def decode_limited(content: bytes, size: tuple[int, int]) -> Decoded:
    """Read a picture as `decode` does, one at a time in a process with limits.

    The limits of processor time and memory are those of POSIX systems (that of memory is kept by
    Linux alone); everywhere the process is ended after 20 seconds.

    Parameters
    ----------
    content : bytes
        Of the file.
    size : (height, width)
        Of the result, in pixels.

    Raises
    ------
    ValueError
        As `decode`, and where reading takes too long or too much memory.
    """
    if not _ONE_AT_A_TIME.acquire(timeout=PATIENCE):
        raise ValueError("The server is busy with other pictures; try again in a minute.")
    try:
        return _decoded(content, size)
    finally:
        _ONE_AT_A_TIME.release()


def _decoded(content: bytes, size: tuple[int, int]) -> Decoded:
    height, width = size
    limits = (str(each) for each in (height, width, SECONDS, MEGABYTES))
    # Threads and arenas of their own reserve memory that is never used.
    calm = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
    try:
        done = subprocess.run(
            [sys.executable, "-P", str(_PROGRAM), *limits],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **calm},
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _too_costly() from None
    said, _, pixels = done.stdout.partition(b"\n")
    if done.returncode or not said:
        raise _too_costly()
    answer = json.loads(said)
    if "refused" in answer:
        raise ValueError(answer["refused"])
    found = np.frombuffer(pixels, np.uint8).reshape(height, width, 3)
    return Decoded(found.astype(np.float32), answer["assumed"])


def _too_costly() -> ValueError:
    return ValueError(
        "Reading the picture takes too long or too much memory; save it smaller, as a plain JPEG "
        "or PNG file, and retry."
    )
