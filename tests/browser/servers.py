"""The app's servers, as processes of their own."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from tests.patience import UNCHANGED, until

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_seconds(process: subprocess.Popen[bytes]) -> float:
    """The processor time that a process has used so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """A running server, and the processes beside it that do its work."""

    url: str
    process: subprocess.Popen[bytes]
    others: tuple[subprocess.Popen[bytes], ...] = ()

    def cpu_seconds(self) -> float:
        """The processor time that all have used so far."""
        return sum(map(cpu_seconds, (self.process, *self.others)))

    def wait_until_healthy(self) -> None:
        """Wait for its first answer as long as it computes."""
        until(self._answers, watched=self.cpu_seconds)

    def _answers(self) -> bool:
        assert self.process.poll() is None, f"the server has ended: {self.process.returncode}"
        address = f"{self.url}/_stcore/health"
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=UNCHANGED):
            return True
        return False


Serve = Callable[..., AbstractContextManager[Server]]


@contextlib.contextmanager
def serving(
    script: Path, environment: Mapping[str, str] | None = None, port: int | None = None
) -> Iterator[Server]:
    """Run `script` on a server of its own, at a free port unless one is given."""
    options = {
        "server.headless": "true",
        "server.address": "127.0.0.1",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    command = [sys.executable, "-m", "streamlit", "run", str(script), *flags]
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    with running(command, ROOT, {"PYTHONPATH": path, **(environment or {})}, port) as server:
        yield server


@contextlib.contextmanager
def running(
    command: list[str],
    folder: Path,
    environment: Mapping[str, str],
    port: int | None = None,
    path: str = "",
) -> Iterator[Server]:
    """Run a command that serves at ``--server.port``, until its server is no longer needed.

    `path` is that of the app at its address, where it has one.

    Whatever models are on this machine, the server sees none but the built-in ones, unless
    `environment` says otherwise.
    """
    port = port or free_port()
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("ATTRIBUTION_")
    }
    with tempfile.TemporaryFile("w+") as log, tempfile.TemporaryDirectory() as empty:
        process = subprocess.Popen(
            [*command, f"--server.port={port}"],
            cwd=folder,
            env={**inherited, "TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_HOME": empty, **environment},
            stdout=log,
            stderr=log,
        )
        try:
            server = Server(f"http://127.0.0.1:{port}{path}", process)
            server.wait_until_healthy()
            yield server
        except BaseException:
            log.seek(0)
            print(log.read())
            raise
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
