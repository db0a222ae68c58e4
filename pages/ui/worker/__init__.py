"""The worker: the one engine of the process, and the tasks that pages give it."""
