"""Start the app's server, and compute what a newcomer sees while it waits for its first visitor.

``attribution-explorer`` where the project is installed, ``python -m pages.ui.serve`` in a checkout.
"""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streamlit.runtime import Runtime


def main() -> None:
    """Begin to prepare, and run the server until it is stopped."""
    # All are read when NumPy and TensorFlow are imported. Small solutions are quicker on one
    # thread than on several that wait for TensorFlow.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # It would take all memory of a graphics processor at once, which others may need.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    from attribution_core.assets import ASSETS
    from attribution_core.version import PROGRAM

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
    app = ASSETS.parent / "app.py"
    # An installed app lies in a folder of its own, in which its pages look for each other.
    sys.path.insert(0, str(app.parent))
    from streamlit.runtime.pages_manager import PagesManager
    from streamlit.web import cli

    from pages.ui.operator.ending import end_at_once_until_served, leave
    from pages.ui.operator.log import begin_log, level_asked
    from pages.ui.operator.metrics import place_asked
    from pages.ui.worker.elsewhere import check_scheduler_asked

    try:
        begin_log(level_asked())
        place_asked()
        check_scheduler_asked()
    except ValueError as error:
        sys.exit(str(error))
    end_at_once_until_served()
    # Else the first request would find the files in `pages`, and no page that is none of them.
    PagesManager.uses_pages_directory = False
    threading.Thread(target=_prepare, name="newcomer", daemon=True).start()
    sys.argv = ["streamlit", "run", str(app), *options]
    try:
        cli.main()
    except SystemExit as ended:
        leave(ended.code if isinstance(ended.code, int) else int(ended.code is not None))
    leave(0)


def _has_begun(instance: Runtime) -> bool:
    try:
        return instance.state.name != "INITIAL"
    except AttributeError:
        return False


def _prepare() -> None:
    from streamlit.runtime import Runtime

    # Only then: a page's caches that are made without a server complain of it, and it is there
    # before it has all its parts.
    while not Runtime.exists() or not _has_begun(Runtime.instance()):
        time.sleep(0.05)
    from pages.ui.newcomer import prepare_for_newcomer
    from pages.ui.operator.operations import operations
    from pages.ui.worker.engine import engine

    operations()
    prepare_for_newcomer(engine())


if __name__ == "__main__":
    main()
