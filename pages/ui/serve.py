"""Start the app's server, and compute what a newcomer sees while it waits for its first visitor.

``attribution-explorer`` where the project is installed, ``python -m pages.ui.serve`` in a checkout.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time

from attribution_core.version import PROGRAM


def main() -> None:
    """Begin to prepare, and run the server until it is stopped."""
    parser = argparse.ArgumentParser(
        usage="%(prog)s [--server.port PORT] [options of streamlit run]",
        description="Serve Attribution Explorer: where an image classifier looks, for each class, "
        "by every attribution method. Open the address that is printed; Ctrl+C stops the server.",
        epilog="Every option of `streamlit run` may be given (`streamlit run --help` lists them); "
        "none is needed.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=PROGRAM)
    _, options = parser.parse_known_args()
    # Both are read when NumPy and TensorFlow are imported. Small solutions are quicker on one
    # thread than on several that wait for TensorFlow.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from attribution_core.assets import ASSETS

    app = ASSETS.parent / "app.py"
    # An installed app lies in a folder of its own, in which its pages look for each other.
    sys.path.insert(0, str(app.parent))
    from streamlit.web import cli

    threading.Thread(target=_prepare, name="newcomer", daemon=True).start()
    sys.argv = ["streamlit", "run", str(app), *options]
    cli.main()


def _prepare() -> None:
    from streamlit import runtime

    while not runtime.exists():
        time.sleep(0.05)
    # Only now: a page's caches that are made without a server complain of it.
    from pages.ui.newcomer import prepare_for_newcomer
    from pages.ui.worker.engine import engine

    prepare_for_newcomer(engine())


if __name__ == "__main__":
    main()
