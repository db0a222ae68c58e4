"""Start the app's server, and compute what a newcomer sees while it waits for its first visitor.

Run as ``python -m pages.ui.serve``, with the options of ``streamlit run``.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from streamlit import runtime
from streamlit.web import cli

APP = Path(__file__).resolve().parents[2] / "app.py"


def main() -> None:
    """Begin to prepare, and run the server until it is stopped."""
    threading.Thread(target=_prepare, name="newcomer", daemon=True).start()
    sys.argv = ["streamlit", "run", str(APP), *sys.argv[1:]]
    cli.main()


def _prepare() -> None:
    while not runtime.exists():
        time.sleep(0.05)
    # Only now: a page's caches that are made without a server complain of it.
    from pages.ui.engine import engine
    from pages.ui.newcomer import prepare_for_newcomer

    prepare_for_newcomer(engine())


if __name__ == "__main__":
    main()
