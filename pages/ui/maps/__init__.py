"""Grids of maps, charts, and downloads."""
