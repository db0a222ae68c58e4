"""Grids of maps, requests for them, and what can be taken home."""
