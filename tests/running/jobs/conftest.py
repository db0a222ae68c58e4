"""Stages, closed at the end of a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.running.jobs.stage import SOON, Stage


@pytest.fixture
def stages() -> Iterator[Callable[..., Stage]]:
    made: list[Stage] = []

    def make(**settings: Any) -> Stage:
        made.append(Stage(**settings))
        return made[-1]

    yield make
    for stage in made:
        stage.open()
        stage.runner.close(SOON)


@pytest.fixture
def stage(stages: Callable[..., Stage]) -> Stage:
    return stages()
