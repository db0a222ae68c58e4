"""Can TensorFlow be imported? Another process tries, since what it cannot do may end it."""

from __future__ import annotations

import signal
import subprocess
import sys

from attribution_core.command_line.doctor.finding import Finding

_CODE = "import keras, tensorflow; print(tensorflow.__version__, 'with Keras', keras.__version__)"
_MOST_SECONDS = 300


def look_at_tensorflow(code: str = _CODE) -> Finding:
    """Import it as the app does, which takes seconds."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            timeout=_MOST_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return _wrong(f"Importing it did not end ({type(error).__name__})")
    if done.returncode == 0:
        return Finding("TensorFlow", "fine", done.stdout.strip().splitlines()[-1])
    if done.returncode == -signal.SIGILL:
        return Finding(
            "TensorFlow",
            "wrong",
            "This processor lacks instructions that its packages are built for (AVX on x86); use "
            "another machine.",
        )
    lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
    return _wrong(f"It cannot be imported ({lines[-1][:200]})")


def _wrong(what: str) -> Finding:
    return Finding("TensorFlow", "wrong", f"{what}; run pip install -r requirements.txt.")
