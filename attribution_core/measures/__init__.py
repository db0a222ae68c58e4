"""Measures of maps: faithfulness curves, localisation, similarity."""
