"""Collections that are asked for at the same time."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import pytest

from pages.ui.worker import garbage
from tests.patience import UNCHANGED


def test_each_is_made_and_none_while_another_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's own would pass over those that come too early."""
    under_way, made = [0], []

    def collected() -> None:
        under_way[0] += 1
        time.sleep(0.01)
        made.append(under_way[0])
        under_way[0] -= 1

    python_s = SimpleNamespace(unfreeze=list, collect=collected, freeze=list)
    monkeypatch.setattr(garbage, "gc", python_s)
    threads = [threading.Thread(target=garbage.collect) for _ in range(5)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(UNCHANGED)
    # A network that a visitor has taken away is still looked for by a thread of its own.
    assert len(made) >= 5
    assert set(made) == {1}
