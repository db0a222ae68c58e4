"""The process of `limited`: a picture's file comes on standard input, its pixels leave it."""

from __future__ import annotations

import json
import sys
import types
from pathlib import Path


def main() -> None:
    """Decode under the limits named by the arguments: height, width, seconds, megabytes."""
    # Only what reads pictures: all of the package would take three times as long to import.
    package = types.ModuleType("attribution_core")
    package.__path__ = [str(Path(__file__).resolve().parents[1])]
    sys.modules[package.__name__] = package
    import numpy as np

    from attribution_core.images.files import decode, import_decoders

    height, width, seconds, megabytes = map(int, sys.argv[1:])
    content = sys.stdin.buffer.read()
    import_decoders(content)
    _limit(seconds, megabytes)
    try:
        decoded = decode(content, (height, width))
    except ValueError as error:
        answer, pixels = {"refused": str(error)}, b""
    else:
        answer, pixels = {"assumed": decoded.assumed}, decoded.pixels.astype(np.uint8).tobytes()
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + pixels)


def _limit(seconds: int, megabytes: int) -> None:
    """Let this process use so much time in all, and so much memory besides what it has."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    in_use = Path("/proc/self/statm")
    if in_use.exists():
        most = int(in_use.read_text().split()[0]) * resource.getpagesize() + megabytes * 2**20
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    main()
