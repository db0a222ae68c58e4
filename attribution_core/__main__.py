"""``python -m attribution_core``, or ``attributions`` where installed: see `command_line`."""

import os
import sys

from attribution_core.command_line import arguments


def main() -> int:
    """Run the process's command; its exit code."""
    # TensorFlow would report its build between the lines of progress.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    # It would take all memory of a graphics processor at once, which others may need.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    return arguments.main()


if __name__ == "__main__":
    sys.exit(main())
