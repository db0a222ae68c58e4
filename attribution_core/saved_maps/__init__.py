"""Saved maps: one format, from which the same maps can be made again."""
