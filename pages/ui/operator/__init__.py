"""What is for whoever runs the server: a page, metrics, the log, and its end."""
