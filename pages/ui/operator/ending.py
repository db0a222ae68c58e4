"""The server's end at SIGTERM: nothing new is begun, the step under way ends, visitors are told."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, NoReturn

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.RootContainer_pb2 import RootContainer
from streamlit.runtime import Runtime

from attribution_core.running.jobs import RESTARTING
from pages.ui.worker.engine import Engine

TOLD_SECONDS = 20
"""How long that stands on the page: by then the server should be there again."""

STEP_SECONDS = 6.0
"""How long the step under way is waited for."""

MOST_SECONDS = 9.0
"""After which the process ends all the same: a container has ten."""

_LOOK_SECONDS = 0.05
_log = logging.getLogger(__name__)


def end_at_once_until_served() -> None:
    """End the process at SIGTERM, without an error, until `end_well` knows better."""
    signal.signal(signal.SIGTERM, _at_once)


def _at_once(number: int, frame: object) -> None:
    leave(0)


def end_well(instance: Runtime, engine: Engine) -> None:
    """Have SIGTERM end the server as this module says; from any thread."""
    install = threading.Thread(target=_install, args=(instance, engine), name="ending", daemon=True)
    install.start()


def _install(instance: Runtime, engine: Engine) -> None:
    while True:
        try:
            loop = instance._get_async_objs().eventloop
            break
        except RuntimeError:
            time.sleep(_LOOK_SECONDS)  # it has not begun yet
    asyncio.run_coroutine_threadsafe(_take_over(instance, engine), loop)


async def _take_over(instance: Runtime, engine: Engine) -> None:
    """Put our handler before Streamlit's; to be run by the server's own thread."""
    while (stop := signal.getsignal(signal.SIGTERM)) in (signal.SIG_DFL, _at_once):
        await asyncio.sleep(_LOOK_SECONDS)
    loop = asyncio.get_running_loop()
    ending: list[asyncio.Task[None]] = []

    def begin() -> None:
        if not ending and callable(stop):
            ending.append(loop.create_task(_end(instance, engine, stop)))

    loop.add_signal_handler(signal.SIGTERM, begin)


async def _end(instance: Runtime, engine: Engine, stop: Callable[[int, Any], Any]) -> None:
    _log.info("SIGTERM: nothing new is begun, and the step under way ends.")
    last = threading.Timer(MOST_SECONDS, _give_up)
    last.daemon = True
    last.start()
    _tell(instance)
    await asyncio.to_thread(_close, engine)
    stop(signal.SIGTERM, None)


def _close(engine: Engine) -> None:
    """Drop what is unfinished; what is there can still be looked at."""
    closing = threading.Thread(target=engine.downloads.close, args=(STEP_SECONDS,), daemon=True)
    closing.start()
    engine.jobs.close(STEP_SECONDS)
    closing.join(STEP_SECONDS)


def _tell(instance: Runtime) -> None:
    """Show a sentence on every page that is open, without running it again.

    A page that waits for results runs by itself, and says it where it asks for them; there, this
    one may be lost between two runs.
    """
    message = ForwardMsg()
    message.metadata.delta_path[:] = [RootContainer.EVENT, 0]
    toast = message.delta.new_element.toast
    toast.body, toast.icon, toast.duration = RESTARTING, ":material/restart_alt:", TOLD_SECONDS
    for each in instance._session_mgr.list_active_sessions():
        each.session._enqueue_forward_msg(message)


def _give_up() -> None:
    _log.warning("The server did not end in time; the process ends all the same.")
    leave(0)


def leave(code: int) -> NoReturn:
    """End the process, also in the middle of a step.

    Python would end the worker's thread within TensorFlow's code, which aborts the process.
    """
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
