"""What a browser says of a widget is checked before Streamlit takes it in."""

from __future__ import annotations

import logging
import re
from typing import Any

from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.runtime.state.common import WidgetMetadata
from streamlit.runtime.state.session_state import Serialized, Value, WStates

DEEPEST = 32
"""Lists and objects within each other in what a component of ours says: it says far less."""

_JSON = ("json_value", "json_trigger_value")
_BRACKETS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|([\[{])|([\]}])', re.DOTALL)
_log = logging.getLogger(__name__)

take_as_it_is = WStates.__getitem__
"""Streamlit's own way, which raises whatever reading a value raises, in each run from then on."""


def check_what_browsers_send() -> None:
    """Have a value that its widget cannot have count as none, as if it had not been touched.

    A browser that runs the app's own pages sends none. Streamlit 1.67 reads a value where a run
    first asks for it, before the page's script or within it, and keeps it: bytes or a number where
    a component's JSON should be, or JSON that is nested too deep to be read, end every later run of
    the tab that sent them.
    """
    if WStates.__getitem__ is not _taken:
        type.__setattr__(WStates, "__getitem__", _taken)


def _taken(self: WStates, name: str) -> Any:
    state, metadata = self.states.get(name), self.widget_metadata.get(name)
    if not isinstance(state, Serialized) or metadata is None:
        return take_as_it_is(self, name)
    if _may_be(state.value, metadata):
        try:
            return take_as_it_is(self, name)
        except Exception as error:  # of any kind: it is what a stranger sent that is read
            _log.info("A browser sent what cannot be read: %s.", type(error).__name__)
    untouched = metadata.deserializer(None)
    self.states[name] = Value(untouched)
    return untouched


def _may_be(state: WidgetState, metadata: WidgetMetadata[Any]) -> bool:
    """Whether a value is of its widget's kind and, if JSON, not nested too deep."""
    kind = state.WhichOneof("value")
    if kind is None:
        return True
    if kind != metadata.value_type:
        return False
    return kind not in _JSON or depth(getattr(state, kind)) <= DEEPEST


def depth(text: str) -> int:
    """How many lists and objects stand within each other in JSON, at most."""
    now = most = 0
    for found in _BRACKETS.finditer(text):
        now += bool(found[1]) - bool(found[2])
        most = max(most, now)
    return most
