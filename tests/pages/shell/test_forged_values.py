"""What a browser sends by hand, over a real WebSocket: values of kinds that no widget has."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from pages.ui.shell.wire import DEEPEST, depth
from tests.benchmarks.visitors import LOADING, Session, server, sessions
from tests.event_loop import result_of

LINK = "superpixels", "model=clever_hans&count=4"
FORGED: dict[str, Callable[[WidgetState], object]] = {
    "bytes": lambda state: setattr(state, "bytes_value", b"\xff\x00"),
    "a number": lambda state: setattr(state, "double_value", 1.5),
    "a whole number": lambda state: setattr(state, "int_value", -(2**62)),
    "names": lambda state: state.string_array_value.data.append("x"),
    "deep JSON": lambda state: setattr(state, "json_value", "[" * 2000 + "]" * 2000),
    "deep JSON of an event": lambda state: setattr(
        state, "json_trigger_value", "[" * 900 + "]" * 900
    ),
    "broken JSON": lambda state: setattr(state, "json_value", '{"a": "\\'),
}


class Forger(Session):
    """A tab that knows its widgets, and how its latest run ended."""

    def __init__(self, *arguments: object) -> None:
        self.widgets: dict[str, None] = {}
        self.broken = ""
        super().__init__(*arguments)  # type: ignore[arg-type]

    def _take_in(self, message: ForwardMsg) -> None:
        super()._take_in(message)
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "exception":
            self.broken = f"{element.exception.type}: {element.exception.message}"
        elif name := getattr(getattr(element, kind or "", None), "id", ""):
            self.widgets[name] = None

    async def forge(self, forge: Callable[[WidgetState], object]) -> None:
        """Send such a value for every widget."""
        message = self._message()
        for name in self.widgets:
            forge(message.rerun_script.widget_states.widgets.add(id=name))
        self._finished.clear()
        await self._socket.send(message.SerializeToString())
        assert await self._comes(self._finished, LOADING)


@pytest.mark.thorough
def test_no_value_of_another_kind_breaks_the_tab_that_sends_it() -> None:
    async def visit(port: int) -> None:
        async with sessions(port, [LINK], Forger) as (tab,):
            await tab.load()
            await tab.answer(LOADING)
            assert len(tab.widgets) > 10
            for said, forge in FORGED.items():
                await tab.forge(forge)
                assert not tab.broken, said
            await tab.load()
            assert not tab.broken

    with server() as (port, _):
        result_of(visit(port))


@pytest.mark.parametrize(
    ("value", "deep"),
    [
        (1, 0),
        ("[[[", 0),
        ({"a": [1, {"b": '}"[['}]}, 3),
        ([[], [[]], "\\", '"'], 3),
    ],
)
def test_the_depth_of_json(value: object, deep: int) -> None:
    assert depth(json.dumps(value)) == deep


def test_text_that_is_no_json_has_a_depth_too_soon_told() -> None:
    assert depth('"' + '\\"' * 10**6) == 0
    assert depth("[" * 10**6) == 10**6 > DEEPEST
