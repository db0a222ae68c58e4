"""How long the app takes to answer a click, with ten sessions clicking while a long job runs.

Starts the app's own server and speaks the browser's protocol to it over websockets, without
drawing anything. Timed is from a click's message to the server's word that the run is finished, all
its elements received; beside it stands the server's processor time a click, long job included.

Ten sessions whose maps are done drag the opacity slider every 0.4 s: first while nothing else runs,
then while one more session has a long job computed. Like the browser, sessions name the messages
they hold already, and poll where the app asks them to. The aim is a median under 50 ms.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import numpy as np
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

ROOT = Path(__file__).resolve().parents[2]
CLICKING = "model=efficientnet_lite0&layer=block6d_add&methods=gradient_times_input,grad_cam"
LONG = "model=efficientnet_lite0&layer=input&methods=kernel_shap&kernel_shap.budget=100000"
SLIDER = "Opacity"
SESSIONS = 10
CLICK_EVERY = 0.4
SECONDS = 20.0
LOADING = 180.0


def main() -> None:
    with _server() as (port, process):
        asyncio.run(_measure(port, process.pid))


async def _measure(port: int, server: int) -> None:
    async with _sessions(port, CLICKING, SESSIONS) as clicking:
        started = time.perf_counter()
        await asyncio.gather(*(session.settled() for session in clicking))
        print(f"{SESSIONS} sessions have their maps after {time.perf_counter() - started:.1f} s")
        print(
            f"{'meanwhile':22}{'clicks':>8}{'median ms':>11}{'p95 ms':>9}{'max ms':>9}"
            f"{'CPU ms':>8}{'kB':>7}"
        )
        await _click(clicking[:1], server, "nothing, one session")
        alone = await _click(clicking, server, "nothing")
        async with _sessions(port, LONG, 1) as (waiting,):
            # Its first estimate is the sign that the job runs.
            await asyncio.sleep(3)
            beside = await _click(clicking, server, "a long job")
            running = "still ran" if waiting.polls else "did NOT run"
        print(f"ratio of the medians: {beside / alone:.2f}; the long job {running} at the end")


async def _click(sessions: list[Session], server: int, meanwhile: str) -> float:
    """All sessions click for a while; a row of the table, and the median in ms."""
    for session in sessions:
        session.received = 0
    until, processor = time.perf_counter() + SECONDS, _processor_seconds(server)
    answers = await asyncio.gather(
        *(
            session.clicks(number * CLICK_EVERY / len(sessions), until)
            for number, session in enumerate(sessions)
        )
    )
    times = 1000 * np.concatenate(answers)
    processor = 1000 * (_processor_seconds(server) - processor) / len(times)
    size = sum(session.received for session in sessions) / len(times) / 1000
    median, p95 = np.percentile(times, [50, 95])
    print(
        f"{meanwhile:22}{len(times):8}{median:11.1f}{p95:9.1f}{times.max():9.1f}{processor:8.1f}{size:7.1f}",
        flush=True,
    )
    return float(median)


def _processor_seconds(process: int) -> float:
    """Time that a process has had of the processors so far; Linux tells."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Session:
    """One browser tab, as far as the server can tell."""

    def __init__(self, socket: Any, query: str) -> None:
        self._socket = socket
        self._query = query
        self._known: set[str] = set()
        self._slider = ""
        self._finished = asyncio.Event()
        self._listening = asyncio.create_task(self._listen())
        self.polls: dict[str, asyncio.Task[None]] = {}
        self.received = 0

    async def load(self) -> None:
        """Have the page drawn for the first time."""
        await self._run()

    async def settled(self) -> None:
        """Wait until the page polls for nothing any more."""
        until = time.perf_counter() + LOADING
        while self.polls or not self._slider:
            if time.perf_counter() > until:
                raise TimeoutError(f"The page still polls after {LOADING:.0f} s.")
            await asyncio.sleep(0.2)

    async def clicks(self, wait: float, until: float) -> list[float]:
        """Move the slider again and again; the seconds that each answer took."""
        seconds = []
        await asyncio.sleep(wait)
        while (started := time.perf_counter()) < until:
            await self._run(0.5 + 0.05 * (len(seconds) % 8))
            seconds.append(time.perf_counter() - started)
            await asyncio.sleep(max(0.0, CLICK_EVERY - seconds[-1]))
        return seconds

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
        message.rerun_script.cached_message_hashes.extend(self._known)
        return message

    async def _listen(self) -> None:
        """Take in what the server sends, as a browser would."""
        async for frame in self._socket:
            self.received += len(frame)
            message = ForwardMsg.FromString(frame)
            kind = message.WhichOneof("type")
            if message.metadata.cacheable:
                self._known.add(message.hash)
            if kind == "delta" and message.delta.new_element.WhichOneof("type") == "slider":
                slider = message.delta.new_element.slider
                if slider.label == SLIDER:
                    self._slider = slider.id
            elif kind == "new_session" and not message.metadata.run.fragment_ids:
                self._stop_polls(list(self.polls))
            elif kind == "auto_rerun":
                self._stop_polls([message.auto_rerun.fragment_id])
                self.polls[message.auto_rerun.fragment_id] = asyncio.create_task(
                    self._poll(message.auto_rerun.fragment_id, message.auto_rerun.interval)
                )
            elif kind == "stop_auto_rerun":
                self._stop_polls(list(message.stop_auto_rerun.fragment_ids))
            elif (
                kind == "script_finished"
                and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
            ):
                self._finished.set()

    def _stop_polls(self, fragments: list[str]) -> None:
        for fragment in fragments:
            task = self.polls.pop(fragment, None)
            if task is not None:
                task.cancel()

    async def _poll(self, fragment: str, interval: float) -> None:
        while True:
            await asyncio.sleep(interval)
            message = self._message()
            message.rerun_script.fragment_id = fragment
            message.rerun_script.is_auto_rerun = True
            await self._socket.send(message.SerializeToString())


@asynccontextmanager
async def _sessions(port: int, query: str, count: int) -> AsyncIterator[list[Session]]:
    """Tabs that have the page loaded."""
    address = f"ws://127.0.0.1:{port}/_stcore/stream"
    sockets = [
        await websockets.connect(
            address,
            subprotocols=[websockets.Subprotocol("streamlit")],
            max_size=None,
            compression=None,
        )
        for _ in range(count)
    ]
    sessions = [Session(socket, query) for socket in sockets]
    try:
        await asyncio.gather(*(session.load() for session in sessions))
        yield sessions
    finally:
        for session in sessions:
            await session.close()


@contextmanager
def _server() -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The app on a free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        try:
            _wait_for(f"http://127.0.0.1:{port}/_stcore/health", process)
            yield port, process
        finally:
            process.terminate()
            process.wait(30)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("The app's server did not start; run `make run` to see why.")


if __name__ == "__main__":
    main()
