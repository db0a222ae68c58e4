"""Signed values as colours, as the core paints them."""

from attribution_core.painting import BLUE, RED, grey_of, painted

__all__ = ["BLUE", "RED", "grey_of", "painted"]
