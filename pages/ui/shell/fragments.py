"""Fragments that a browser can always draw, and control that Streamlit offers only in callbacks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import NoReturn

import streamlit as st
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner_utils.exceptions import RerunException
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData
from streamlit.runtime.scriptrunner_utils.script_run_context import (
    ScriptRunContext,
    ThreadState,
    get_script_run_ctx,
)

from pages.ui.shell.unsent import keep_unsent


def draw_fragment(
    part: Callable[[], None],
    *,
    run_every: float | timedelta | None = None,
    key: str | None = None,
) -> None:
    """Draw a part of the page that can be rerun alone; every fragment of the app is drawn here.

    It stands in a container of its own. When a fragment is rerun while the server has not yet sent
    what an earlier run drew, Streamlit drops of that what the fragment drew, its outermost block
    included. An element beside that block, or one of a fragment within it, would then come to a
    browser that lacks what stands before or around it: "Bad delta path index", after which the
    browser draws nothing more until the page is reloaded. So a fragment has no neighbours, and no
    fragment is drawn within another. What else Streamlit would leave out, `keep_unsent` keeps.

    Raises
    ------
    RuntimeError
        Within another fragment.
    """
    if ThreadState.get().fragment_id is not None:
        raise RuntimeError("A fragment is drawn within another; draw one after the other.")
    keep_unsent()
    with st.container():
        st.fragment(part, run_every=run_every, key=key)()


def rerun_fragment(key: str) -> NoReturn:
    """End this run, and rerun the fragment of this key, from another fragment.

    Only for a run of a fragment alone, not one of the whole page.
    """
    context = _context()
    raise RerunException(
        RerunData(
            query_string=context.query_string,
            page_script_hash=context.page_script_hash,
            fragment_id_queue=context.fragment_storage.resolve_target(key),
            is_fragment_scoped_rerun=True,
            cached_message_hashes=context.cached_message_hashes,
            context_info=context.context_info,
        )
    )


def run_again_every(seconds: float) -> None:
    """Have the browser run this fragment at another interval than its `run_every`, from now on."""
    fragment = ThreadState.get().fragment_id
    if fragment is not None:
        message = ForwardMsg()
        message.auto_rerun.interval = seconds
        message.auto_rerun.fragment_id = fragment
        _context().enqueue(message)


def _context() -> ScriptRunContext:
    context = get_script_run_ctx()
    if context is None:
        raise RuntimeError("There is no page here; call this from a page's script.")
    return context
