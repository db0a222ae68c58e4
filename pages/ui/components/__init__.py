"""Components of our own, drawn by scripts in the browser."""
