"""Signed values as colours, as the core paints them."""

from attribution_core.painting import BLUE, RED

__all__ = ["BLUE", "RED"]
