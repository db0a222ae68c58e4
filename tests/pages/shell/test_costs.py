"""The costs in the method's help are worked out when they can have changed, and only then."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from attribution_core.request import Reason, Request
from pages.ui.shell import costs
from pages.ui.shell.scene import Scene
from pages.ui.worker.engine import engine
from tests.pages.visits import Visit


@pytest.mark.usefixtures("own_model")
def test_a_click_on_looks_asks_for_no_cost(
    any_visit: Callable[..., Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    request_for = costs.request_for

    def watched(scene: Scene, method: str, target: int) -> Request | Reason:
        asked.append(method)
        return request_for(scene, method, target)

    visit = any_visit(model="own", class_choice="own", classes="1,2", layer="joined").finish()
    visit.run()
    monkeypatch.setattr(costs, "request_for", watched)
    visit.choose("slider", "opacity", 0.5)
    assert not asked
    visit.choose("selectbox", "reference", "mean")
    assert asked
    visit.finish().run()
    asked.clear()
    engine().jobs._waiting.times.ended += 1
    visit.run()
    assert asked


@pytest.mark.usefixtures("own_model")
def test_sets_leave_out_what_cannot_be_run(any_visit: Callable[..., Visit]) -> None:
    visit = any_visit(model="own", class_choice="own", classes="1", layer="input").finish()
    visit.press("preset_sanity_check").finish()
    assert visit.link["methods"] == "gradient,guided_backpropagation,deconvnet"
    shown = visit.app.multiselect(key="choose_methods")
    assert shown.value == ["gradient", "guided_backpropagation", "deconvnet"]
    visit.press("preset_first_look").finish()
    assert "methods" not in visit.link
