"""The page Superpixels."""
