"""Figures of maps for print."""
