"""Running work: jobs in the background, and a cache of what they computed."""
