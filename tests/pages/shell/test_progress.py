"""What the progress line says."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import pytest

from attribution_core.images import Picture
from attribution_core.network.classifier import Classifier
from attribution_core.running.pace import TimeLeft
from attribution_core.running.standing import Snapshot, Standing, State
from pages.ui.shell.progress import _Followed
from pages.ui.shell.scene import Scene
from pages.ui.shell.settings import Settings
from pages.ui.worker.engine import Engine
from pages.ui.worker.model_list import Model
from tests.pages.waiting_tasks import WaitForFiles


@pytest.mark.parametrize(
    ("state", "left", "held", "said"),
    [
        ("running", TimeLeft(21.0), 0.0, "0 of 1 maps ready · the files · about 20 s left"),
        ("running", TimeLeft(21.0, at_most=True), 0.0, "… · the files · at most 20 s left"),
        ("running", TimeLeft(4.0), 0.0, "0 of 1 maps ready · the files"),
        ("running", None, 0.0, "0 of 1 maps ready · the files"),
        ("queued", TimeLeft(130.0), 0.0, "0 of 1 maps ready · number 3 in the queue · about 2 min"),
        ("queued", TimeLeft(130.0), 2.5, "… · waiting for another visitor’s long step"),
        ("running", TimeLeft(21.0), 2.5, "… · waiting for another visitor’s long step"),
    ],
)
def test_the_cost_before_and_the_time_left(
    state: State, left: TimeLeft | None, held: float, said: str
) -> None:
    engine = Engine({})
    engine._classifiers["tiny"] = cast("Classifier", object())
    task = WaitForFiles("tiny", Path("nowhere"))
    picture = Picture.of(np.zeros((16, 16, 3), np.float32))
    scene = Scene(Settings(model="tiny"), Model("tiny", "Tiny"), picture, None, (), ())
    line = _Followed(
        engine,
        scene,
        {},
        {task: "the files"},
        (task,),
        lambda snapshots, finished: None,
        "maps",
        None,
        ("Cancel", "Resume"),
        snapshots={task: Snapshot(state)},
        standing=Standing(1, 1, 3 if state == "queued" else None, 1, left, held),
    )
    assert line._headline({task: Snapshot(state)}) == said.replace("…", "0 of 1 maps ready")
    engine.jobs.close()
