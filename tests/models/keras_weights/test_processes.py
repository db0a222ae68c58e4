"""Downloads side by side and in a process of their own: one at a time, and no lock left behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from attribution_core.models.keras_weights import DownloadError, download_weights
from tests.models.keras_weights.server import CONTENT, VGG16, Origin, assert_complete, fetch, md5

ROOT = Path(__file__).resolve().parents[3]


def test_only_one_downloads_at_a_time(origin: Origin, target: Path) -> None:
    first = download_weights(VGG16, origin.url, target, md5(CONTENT))
    next(first)
    with pytest.raises(DownloadError, match="is being downloaded already"):
        fetch(origin.url, target)
    list(first)
    assert_complete(target)


def test_a_killed_process_leaves_no_lock_behind(origin: Origin, target: Path) -> None:
    origin.pause_after = 2_000_000
    code = (
        "import sys; from pathlib import Path; "
        "from attribution_core.known_networks import KERAS_APPLICATIONS\n"
        "from attribution_core.models.keras_weights import download_weights\n"
        "vgg16 = KERAS_APPLICATIONS['vgg16']\n"
        "for step in download_weights(vgg16, sys.argv[1], Path(sys.argv[2]), sys.argv[3]):\n"
        "    print(step.done_bytes, flush=True)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, origin.url, str(target), md5(CONTENT)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) > 0:
            break
    with pytest.raises(DownloadError, match="is being downloaded already"):
        fetch(origin.url, target)
    process.kill()
    process.wait()
    process.stdout.close()
    assert target.with_name(target.name + ".lock").exists()
    origin.released.set()
    assert fetch(origin.url, target)[0].done_bytes > 0
    assert_complete(target)


def test_neither_tensorflow_nor_keras_is_needed(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; "
        "from attribution_core.known_networks import KERAS_APPLICATIONS\n"
        "from attribution_core.models.keras_weights import *\n"
        "vgg16 = KERAS_APPLICATIONS['vgg16']\n"
        "find_weights(vgg16, {'KERAS_HOME': sys.argv[1]})\n"
        "steps = download_weights(vgg16, 'http://127.0.0.1:9/x.h5', Path(sys.argv[1]) / 'x.h5')\n"
        "try: list(steps)\n"
        "except DownloadError: print('offline')\n"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "offline\n"
