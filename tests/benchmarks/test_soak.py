"""That the soak tells what it has measured, by visitors who have everything at once."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.benchmarks import soak
from tests.event_loop import result_of


class Quick:
    """A tab whose maps are there as soon as they are asked for, but for those of one link."""

    asked = 0

    async def load(self) -> None:
        pass

    async def maps(self, patience: float) -> None:
        pass

    async def answer(self, patience: float) -> bool:
        return True

    async def go(self, link: str, patience: float) -> bool:
        Quick.asked += 1
        return Quick.asked != 1


@asynccontextmanager
async def quick_sessions(
    port: int, links: list[tuple[str, str]], kind: object
) -> AsyncIterator[list[Quick]]:
    yield [Quick() for _ in links]


def test_a_row_for_each_round_and_each_tenth(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(soak, "sessions", quick_sessions)
    monkeypatch.setattr(soak, "QUIET_SECONDS", 0.0)
    monkeypatch.setattr(soak, "FORGOTTEN_SECONDS", 0.0)
    monkeypatch.setattr(Quick, "asked", 0)
    result_of(soak._measure(0, os.getpid(), 2, 160))
    lines = capsys.readouterr().out.splitlines()
    names = [line[:24].strip() for line in lines]
    rounds = [f"2 came and went, {number}" for number in range(1, 6)]
    tenths = [f"{16 * number} requests" for number in range(1, 11)]
    assert names[:-2] == [
        "",
        "the first visitor",
        *rounds,
        "they are forgotten",
        *tenths,
        "all have left",
    ]
    assert Quick.asked == 160
    assert [int(line.split()[-1]) for line in lines[1:-2]] == [0] * 7 + [1] + [0] * 10
    assert "from the second quarter on: " in lines[-1]
