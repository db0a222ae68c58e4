"""All questions in their order, and what is printed of them."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from attribution_core.command_line.doctor.disk import look_at_disk
from attribution_core.command_line.doctor.drawing import look_at_drawing
from attribution_core.command_line.doctor.finding import Finding
from attribution_core.command_line.doctor.memory import look_at_memory
from attribution_core.command_line.doctor.packages import look_at_packages
from attribution_core.command_line.doctor.port import look_at_port
from attribution_core.command_line.doctor.processors import look_at_processors
from attribution_core.command_line.doctor.python_version import look_at_python
from attribution_core.command_line.doctor.scheduler import look_at_scheduler
from attribution_core.command_line.doctor.tensorflow_starts import look_at_tensorflow
from attribution_core.command_line.doctor.weights import look_at_weights
from attribution_core.command_line.exit_codes import DONE, SOME_FAILED


def examine(asked: argparse.Namespace) -> int:
    """Print a line for each question; the exit code is 1 where something is wrong."""
    wrong = 0
    for finding in findings(asked.port):
        wrong += finding.grade == "wrong"
        print(f"{finding.grade:5}  {finding.subject}: {finding.said}", flush=True)
    if wrong:
        print(f"\nTo be mended before the app is served from here: {wrong}.")
        return SOME_FAILED
    print("\nThe app can be served from here.")
    return DONE


def findings(port: int) -> Iterator[Finding]:
    """What is found, the quickest first."""
    yield look_at_python()
    yield look_at_packages()
    yield look_at_processors()
    yield look_at_memory()
    yield from look_at_disk()
    yield look_at_port(port)
    yield from look_at_drawing()
    yield from look_at_scheduler()
    yield from look_at_weights()
    yield look_at_tensorflow()
