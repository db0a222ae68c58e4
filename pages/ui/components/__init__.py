"""Elements drawn by our own scripts in the browser."""
