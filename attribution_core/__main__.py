"""``python -m attribution_core``: see `command_line`."""

import sys

from attribution_core.command_line import main

if __name__ == "__main__":
    sys.exit(main())
