"""The page Randomisation."""
