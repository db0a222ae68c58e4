"""What maps will take, by what was measured of the same method or of others, and their order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from attribution_core.images import Picture, Pixels
from attribution_core.registry import METHODS
from attribution_core.request import granted, request_or_reason
from attribution_core.running.pace import TimeLeft
from attribution_core.running.standing import Snapshot
from pages.ui.methods.asked import Asked, quickest_first, times_before
from pages.ui.worker.engine import Engine
from pages.ui.worker.tasks import Explain, Task
from tests.pages.maps.test_drawing import an_attribution


class Measured:
    """An engine that has measured some methods, in seconds."""

    def __init__(self, **seconds: float) -> None:
        self.jobs = self
        self._seconds = seconds

    def cost(self, tasks: list[Explain]) -> TimeLeft | None:
        known = self._seconds.get(tasks[0].request.method)
        return None if known is None else TimeLeft(known)


def asked(picture: Pixels, name: str, passes: int) -> Asked:
    request = granted(
        request_or_reason(None, picture=Picture.of(picture), method=name, target=0, layer="top")
    )
    return Asked(METHODS[name], Explain("own", request), passes=passes)


def before(measured: Measured, every: list[Asked], snapshots: Any = None) -> dict[str, float]:
    times = times_before(cast(Engine, measured), every, snapshots or {})
    return {name: left.seconds for name, left in times.items()}


def test_nothing_is_said_where_nothing_was_measured(tiny_image: Pixels) -> None:
    every = [asked(tiny_image, "lime", 500), asked(tiny_image, "gradient", 1)]
    assert before(Measured(), every) == {}
    # The fewest passes first, then.
    assert [each.method.name for each in quickest_first(every, {})] == ["gradient", "lime"]


def test_the_pace_of_others_that_need_the_same(tiny_image: Pixels) -> None:
    every = [
        asked(tiny_image, "smoothgrad", 50),
        asked(tiny_image, "integrated_gradients", 100),
        asked(tiny_image, "lime", 500),
        asked(tiny_image, "kernel_shap", 1000),
        asked(tiny_image, "lrp", 2),
    ]
    # .02 s a gradient, .001 s a coalition; of LRP nothing like it is known: the median.
    found = before(Measured(smoothgrad=1.0, lime=0.5), every)
    assert found == {
        "smoothgrad": 1.0,
        "integrated_gradients": 2.0,
        "lime": 0.5,
        "kernel_shap": 1.0,
        "lrp": 2 * (0.02 + 0.001) / 2,
    }
    times = {name: TimeLeft(seconds) for name, seconds in found.items()}
    assert [each.method.name for each in quickest_first(every, times)][:2] == ["lrp", "lime"]
    assert times_before(cast(Engine, Measured(lime=0.5)), every, {})["integrated_gradients"].at_most


def test_maps_that_are_made_tell_of_the_others(tiny_image: Pixels) -> None:
    lime, one, ig = (
        asked(tiny_image, "lime", 100),
        asked(tiny_image, "gradient", 1),
        asked(tiny_image, "integrated_gradients", 10),
    )
    made = an_attribution(tiny_image, seconds=2.0, evaluations=100)
    single = replace(made, seconds=9.0, evaluations=1)
    snapshots: dict[Task | None, Snapshot[object]] = {
        lime.task: Snapshot("done", estimate=made),
        one.task: Snapshot("done", estimate=single),
        ig.task: Snapshot("queued"),
    }
    # A single pass tells of the preparation, not of the pace.
    assert before(Measured(), [lime, one, ig], snapshots)["integrated_gradients"] == 0.2
