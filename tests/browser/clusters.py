"""A Dask scheduler and its workers, as processes of their own, and the app on them."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from attribution_core.running.cluster.workers import dask
from tests.browser.proxies import proxied
from tests.browser.servers import ROOT, Server, cpu_seconds, free_port, serving
from tests.patience import UNCHANGED


@dataclass(frozen=True)
class Cluster:
    """A scheduler's address, and its process and those of its workers."""

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: tuple[subprocess.Popen[bytes], ...]

    def seconds_of_workers(self) -> list[float]:
        """The processor time that each has used so far."""
        return [cpu_seconds(worker) for worker in self.workers]


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


@contextlib.contextmanager
def serving_on(
    cluster: Cluster,
    script: Path,
    environment: Mapping[str, str] | None = None,
    port: int | None = None,
) -> Iterator[Server]:
    """As `serving`; the app as two processes behind a proxy, whose work the cluster does.

    They share maps through a folder, those of visitors' pictures too. At a port that is given there
    is one process, without a proxy; what is not the app has no work for a cluster.
    """
    if script != ROOT / "app.py":
        with serving(script, environment, port) as server:
            yield server
        return
    told = {"ATTRIBUTION_SCHEDULER": cluster.address, **(environment or {})}
    with contextlib.ExitStack() as stack:
        home, results, proxy = (
            Path(stack.enter_context(tempfile.TemporaryDirectory())) for _ in range(3)
        )
        told = {
            "ATTRIBUTION_RESULTS": str(results),
            "ATTRIBUTION_RESULTS_OF_VISITORS": "on",
            "KERAS_HOME": str(home),
            **told,
        }
        one = stack.enter_context(serving(script, told, port))
        if port is not None:
            yield Server(one.url, one.process, cluster.workers)
            return
        other = stack.enter_context(serving(script, told))
        behind = {
            f"127.0.0.1:{usual}": server.url.removeprefix("http://")
            for usual, server in ((8501, one), (8502, other))
        }
        url = stack.enter_context(proxied("several.conf", behind, proxy))
        yield Server(url, one.process, (other.process, *cluster.workers))
