"""nginx before the app, with a configuration of the documentation's."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.browser.servers import free_port
from tests.patience import UNCHANGED, until

SERVING = Path(__file__).resolve().parents[2] / "docs" / "serving"


@contextlib.contextmanager
def proxied(
    configuration: str, servers: Mapping[str, str], folder: Path, path: str = ""
) -> Iterator[str]:
    """The address of a proxy, once what stands behind it answers.

    Parameters
    ----------
    configuration : str
        A file's name in ``docs/serving``.
    servers : mapping
        The address of each server that the file names.
    folder : Path
        For what the proxy writes: its log of visits is ``visits``.
    path : str
        That of the app, where it has one.
    """
    port = free_port()
    text = (SERVING / configuration).read_text("utf-8")
    for here, there in (
        *((f"server {old};", f"server {new};") for old, new in servers.items()),
        ("listen 8080;", f"listen 127.0.0.1:{port};"),
        ("/tmp/", f"{folder}/"),
        ("error_log /dev/stderr", f"error_log {folder}/errors"),
        ("access_log /dev/stdout", f"access_log {folder}/visits"),
    ):
        assert here in text
        text = text.replace(here, there)
    file = folder / "nginx.conf"
    file.write_text(text, "utf-8")
    nginx = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    assert nginx is not None, "nginx is missing; Debian has it as nginx-light"
    process = subprocess.Popen([nginx, "-c", str(file), "-g", "daemon off;"])
    try:
        until(lambda: answer(f"http://127.0.0.1:{port}{path}/_stcore/health")[0] == 200)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(UNCHANGED)


def answer(address: str) -> tuple[int, Mapping[str, str]]:
    """Status and headers, small names; nought where nobody answers."""
    try:
        with urllib.request.urlopen(address, timeout=UNCHANGED) as found:
            return found.status, {name.lower(): value for name, value in found.headers.items()}
    except urllib.error.HTTPError as error:
        return error.code, {name.lower(): value for name, value in error.headers.items()}
    except OSError:
        return 0, {}
