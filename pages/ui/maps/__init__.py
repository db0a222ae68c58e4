"""Grids of maps, charts, and what can be taken home."""
