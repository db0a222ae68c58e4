"""Models: the networks known by name, their weights, and files from elsewhere."""
