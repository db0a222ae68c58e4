"""A Dask scheduler and its workers, as processes of their own."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from attribution_core.running.cluster.workers import dask
from tests.browser.conftest import ROOT, free_port
from tests.patience import UNCHANGED


@dataclass(frozen=True)
class Cluster:
    """A scheduler's address, and its process and those of its workers."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: tuple[subprocess.Popen[bytes], ...]

    def seconds_of_workers(self) -> list[float]:
        """The processor time that each has used so far."""
        found = []
        for worker in self.workers:
            said = Path(f"/proc/{worker.pid}/stat").read_text().rsplit(")", 1)[1].split()
            found.append((int(said[11]) + int(said[12])) / os.sysconf("SC_CLK_TCK"))
        return found


@contextlib.contextmanager
def clustered(workers: int) -> Iterator[Cluster]:
    """A scheduler with so many workers, once they are there."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "3"}

    def started(program: str, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{program}", *arguments, "--no-dashboard"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    there = ["--host", "127.0.0.1"]
    running = [started("dask_scheduler", *there, "--port", str(port))]
    try:
        for _ in range(workers):
            running.append(started("dask_worker", address, *there, "--no-nanny", "--nthreads", "1"))
        with dask().Client(address, timeout=UNCHANGED, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=UNCHANGED)
        yield Cluster(address, running[0], tuple(running[1:]))
    finally:
        for process in reversed(running):
            process.kill()
            process.wait()
