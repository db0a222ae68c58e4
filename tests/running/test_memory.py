"""Memory: what the process takes, and the most that it may."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from attribution_core.running.memory import most_bytes, resident_bytes

MACHINE = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def test_what_is_taken_counts_and_what_is_given_back_does_not() -> None:
    before = resident_bytes()
    assert before is not None
    held = np.ones(64 * 2**20, np.uint8)
    during = resident_bytes()
    assert during is not None
    assert held.nbytes * 0.9 < during - before < held.nbytes * 1.5


def test_a_system_that_does_not_say_it_is_no_error(tmp_path: Path) -> None:
    assert resident_bytes(tmp_path) is None
    (tmp_path / "statm").write_text("no numbers")
    assert resident_bytes(tmp_path) is None


@pytest.mark.parametrize(
    ("file", "limit", "most"),
    [
        ("memory.max", "1000000\n", 1_000_000),
        ("memory.max", "max\n", MACHINE),
        ("memory/memory.limit_in_bytes", "2000000\n", 2_000_000),
        ("memory/memory.limit_in_bytes", "9223372036854771712\n", MACHINE),
    ],
)
def test_a_containers_limit_is_the_most(file: str, limit: str, most: int, tmp_path: Path) -> None:
    said = tmp_path / "sys" / "fs" / "cgroup" / file
    said.parent.mkdir(parents=True)
    said.write_text(limit)
    assert most_bytes(tmp_path) == most


def test_without_a_limit_it_is_the_machines(tmp_path: Path) -> None:
    assert most_bytes(tmp_path) == MACHINE
