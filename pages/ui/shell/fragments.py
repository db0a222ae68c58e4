"""Control of fragments that Streamlit offers to scripts only in callbacks, or not at all."""

from __future__ import annotations

from typing import NoReturn

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.runtime.scriptrunner_utils.exceptions import RerunException
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData
from streamlit.runtime.scriptrunner_utils.script_run_context import (
    ScriptRunContext,
    ThreadState,
    get_script_run_ctx,
)


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
