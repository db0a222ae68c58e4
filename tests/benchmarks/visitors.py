"""Visitors of the app's own server, who speak the browser's protocol without drawing anything."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar
from urllib.request import urlopen

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

AN_HOUR = 3600.0
"""Seconds between two runs of a fragment that does not wait for work."""
ROOT = Path(__file__).resolve().parents[2]
SLIDER = "Opacity"
LOADING = 180.0

_STATUS = re.compile(r'"status": ?"(\w+)"')
_SHARE = re.compile(r'"progress": ?([0-9.e-]+)')
_MAP = re.compile(r'"map": ?\{')
_SUCCESS = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)
_ENDED = {"done", "failed", "unavailable", "cancelled"}


class Session:
    """One browser tab, as far as the server can tell.

    Attributes
    ----------
    polls : dict of fragment to task
        The parts of the page that ask the server again and again.
    received, runs : int
        Bytes, and runs of the page or a part of it, that the server has sent and finished.
    opened, first_map, all_maps : float or None
        When the page was asked for, had its first map, and had all of them; by `time.perf_counter`.
    answered : float or None
        When it had all that it waited for, and asks again and again for nothing more.
    share : float
        How much of the map that is being computed was done, 0..1, as its square says.
    """

    def __init__(self, socket: Any, query: str, page: str = "") -> None:
        self._socket = socket
        self._query = query
        self._page = page
        self._known: dict[str, ForwardMsg | None] = {}
        self._slider = ""
        self._buttons: dict[str, tuple[str, str]] = {}
        self._finished = asyncio.Event()
        self._drawn = asyncio.Event()
        self._listening = asyncio.create_task(self._listen())
        self.polls: dict[str, asyncio.Task[None]] = {}
        self._intervals: dict[str, float] = {}
        self.received = 0
        self.runs = 0
        self.opened = time.perf_counter()
        self.first_map: float | None = None
        self.all_maps: float | None = None
        self.answered: float | None = None
        self.share = 0.0
        self._going = False
        self._settled = asyncio.Event()

    async def load(self) -> None:
        """Have the page drawn for the first time."""
        self.opened = time.perf_counter()
        await self._run()

    async def go(self, query: str, timeout: float) -> bool:
        """Go to another link of the page, as Forward does; False where not all came in time."""
        self._query = query
        self._going = True
        self._settled.clear()
        self.opened, self.first_map, self.answered = time.perf_counter(), None, None
        message = self._message()
        message.rerun_script.is_history_navigation = True
        await self._socket.send(message.SerializeToString())
        return await self.answer(timeout)

    async def answer(self, timeout: float) -> bool:
        """Wait until the page has all that it asked for; False where it has not in time."""
        return await self._comes(self._settled, timeout)

    async def maps(self, timeout: float) -> bool:
        """Wait for all maps; False where they have not come in time."""
        return await self._comes(self._drawn, timeout)

    async def _comes(self, event: asyncio.Event, timeout: float) -> bool:
        """Wait for an event, or the end of the connection, which raises; False where neither."""
        waiting = asyncio.create_task(event.wait())
        await asyncio.wait(
            (waiting, self._listening), timeout=timeout, return_when=asyncio.FIRST_COMPLETED
        )
        waiting.cancel()
        if self._listening.done():
            self._listening.result()
        return event.is_set()

    async def settled(self) -> None:
        """Wait until the page polls for nothing any more."""
        until = time.perf_counter() + LOADING
        while self.polls or not self._slider:
            if time.perf_counter() > until:
                raise TimeoutError(f"The page still polls after {LOADING:.0f} s.")
            await asyncio.sleep(0.2)

    async def click(self, opacity: float) -> float:
        """Move the opacity slider; the seconds that the answer took."""
        started = time.perf_counter()
        await self._run(opacity)
        return time.perf_counter() - started

    async def press(self, key: str) -> None:
        """Press the button of this key, of the whole page or of a part of it."""
        button, fragment = self._buttons[key]
        message = self._message()
        message.rerun_script.fragment_id = fragment
        message.rerun_script.widget_states.widgets.add(id=button).trigger_value = True
        await self._socket.send(message.SerializeToString())

    async def poll(self, fragment: str) -> None:
        """Ask once more for a part of the page, and wait for the answer."""
        runs = self.runs
        await self._send_poll(fragment)
        while self.runs == runs:
            await asyncio.sleep(0.001)

    async def close(self) -> None:
        self._stop_polls(list(self.polls))
        self._listening.cancel()
        await self._socket.close()

    async def _run(self, opacity: float | None = None) -> None:
        self._finished.clear()
        message = self._message()
        if opacity is not None:
            state = message.rerun_script.widget_states.widgets.add(id=self._slider)
            state.double_array_value.data.append(opacity)
        await self._socket.send(message.SerializeToString())
        finished = asyncio.create_task(self._finished.wait())
        await asyncio.wait(
            (finished, self._listening), timeout=LOADING, return_when=asyncio.FIRST_COMPLETED
        )
        if not finished.done():
            finished.cancel()
            if self._listening.done():
                self._listening.result()
            raise TimeoutError("The server has not answered a click.")

    def _message(self) -> BackMsg:
        message = BackMsg()
        message.rerun_script.query_string = self._query
        message.rerun_script.page_name = self._page
        message.rerun_script.cached_message_hashes.extend(self._known)
        return message

    async def _listen(self) -> None:
        """Take in what the server sends, as a browser would."""
        async for frame in self._socket:
            self.received += len(frame)
            message = ForwardMsg.FromString(frame)
            if message.metadata.cacheable:
                self._known.setdefault(message.hash)
            kind = message.WhichOneof("type")
            if kind == "delta":
                element = message.delta.new_element
                if element.WhichOneof("type") == "button":
                    # The key that the script gave it ends the name.
                    key = element.button.id.rpartition("-")[2]
                    self._buttons[key] = (element.button.id, message.delta.fragment_id)
                self._take_in(message)
            elif kind == "new_session" and not message.metadata.run.fragment_ids:
                self._stop_polls(list(self.polls))
                if self._going:
                    # What came until now was of before.
                    self._going, self.first_map = False, None
            elif kind == "auto_rerun" and message.auto_rerun.interval < AN_HOUR:
                self._start_poll(message.auto_rerun.fragment_id, message.auto_rerun.interval)
            elif kind == "stop_auto_rerun":
                self._stop_polls(list(message.stop_auto_rerun.fragment_ids))
            elif kind == "script_finished":
                self.runs += 1
                if message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                    self._finished.set()
                # Where polls were late, the server runs a part of the page after the last run of
                # all of it, and drops what it had to say of that run's end.
                if message.script_finished in _SUCCESS and not (
                    self._going or self.polls or self._settled.is_set()
                ):
                    self.answered = time.perf_counter()
                    self._settled.set()

    def _take_in(self, message: ForwardMsg) -> None:
        """Look at an element: the slider's name, and how far the maps are."""
        element = message.delta.new_element
        if element.WhichOneof("type") == "slider" and element.slider.label == SLIDER:
            self._slider = element.slider.id
        elif element.WhichOneof("type") == "bidi_component":
            drawn = element.bidi_component.json
            statuses = _STATUS.findall(drawn)
            if shares := _SHARE.findall(drawn):
                self.share = float(shares[0])
            if self.first_map is None and _MAP.search(drawn):
                self.first_map = time.perf_counter()
            # A page asks for predictions alone before it knows its classes.
            if self.all_maps is None and statuses and _ENDED.issuperset(statuses):
                self.all_maps = time.perf_counter()
                self._drawn.set()

    def _start_poll(self, fragment: str, interval: float) -> None:
        if fragment in self.polls and self._intervals[fragment] == interval:
            return
        self._stop_polls([fragment])
        self._intervals[fragment] = interval
        self.polls[fragment] = asyncio.create_task(self._poll(fragment, interval))

    def _stop_polls(self, fragments: Sequence[str]) -> None:
        for fragment in fragments:
            task = self.polls.pop(fragment, None)
            if task is not None:
                task.cancel()

    async def _poll(self, fragment: str, interval: float) -> None:
        while True:
            await asyncio.sleep(interval)
            await self._send_poll(fragment)

    async def _send_poll(self, fragment: str) -> None:
        message = self._message()
        message.rerun_script.fragment_id = fragment
        message.rerun_script.is_auto_rerun = True
        await self._socket.send(message.SerializeToString())


Tab = TypeVar("Tab", bound=Session)


@asynccontextmanager
async def sessions(
    port: int, links: Sequence[tuple[str, str]], kind: type[Tab]
) -> AsyncIterator[list[Tab]]:
    """Tabs that are connected but have no page yet, one for each page's name and query."""
    address = f"ws://127.0.0.1:{port}/_stcore/stream"
    sockets = [
        await websockets.connect(
            address,
            subprotocols=[websockets.Subprotocol("streamlit")],
            max_size=None,
            compression=None,
        )
        for _ in links
    ]
    tabs = [kind(socket, query, page) for socket, (page, query) in zip(sockets, links, strict=True)]
    try:
        yield tabs
    finally:
        for tab in tabs:
            await tab.close()


@contextmanager
def server(*command: str) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The app on a free port of this machine, by default as `streamlit run app.py` starts it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    started = [sys.executable, "-m", *(command or ("streamlit", "run", "app.py"))]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [*started, "--server.port", str(port)], cwd=ROOT, stdout=log, stderr=log
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/_stcore/health", process)
            yield port, process
        finally:
            process.terminate()
            process.wait(30)


def processor_seconds(process: int) -> float:
    """Time that a process has had of the processors so far; Linux tells."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("The app's server did not start; run `make run` to see why.")
