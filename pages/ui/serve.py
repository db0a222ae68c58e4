"""Start the app's server, the default model being loaded while it waits for its first visitor.

``attribution-explorer`` where the project is installed, ``python -m pages.ui.serve`` in a checkout.
"""

from __future__ import annotations

import argparse
import sys

from attribution_core.assets import ASSETS

APP = ASSETS.parent / "app.py"


def main() -> None:
    """Begin to load the model, and run the server until it is stopped."""
    parser = argparse.ArgumentParser(
        usage="%(prog)s [--server.port PORT] [options of streamlit run]",
        description="Serve Attribution Explorer: where an image classifier looks, for each class, "
        "by every attribution method. Open the address that is printed; Ctrl+C stops the server.",
        epilog="Every option of `streamlit run` may be given (`streamlit run --help` lists them); "
        "none is needed.",
        allow_abbrev=False,
    )
    _, options = parser.parse_known_args()
    # An installed app lies in a folder of its own, in which its pages look for each other.
    sys.path.insert(0, str(APP.parent))
    from streamlit.web import cli

    from pages.ui.engine import engine

    engine()
    sys.argv = ["streamlit", "run", str(APP), *options]
    cli.main()


if __name__ == "__main__":
    main()
