"""``doctor``: what a machine lacks to run the app; a file a question."""
