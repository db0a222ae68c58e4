"""Start the app's server, the default model being loaded while it waits for its first visitor.

Run as ``python -m pages.ui.serve``, with the options of ``streamlit run``.
"""

from __future__ import annotations

import sys
from pathlib import Path

from streamlit.web import cli

from pages.ui.engine import engine

APP = Path(__file__).resolve().parents[2] / "app.py"


def main() -> None:
    """Begin to load the model, and run the server until it is stopped."""
    engine()
    sys.argv = ["streamlit", "run", str(APP), *sys.argv[1:]]
    cli.main()


if __name__ == "__main__":
    main()
