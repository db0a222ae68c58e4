"""Stories: short guided tours, each a file of steps, and the page that lists them."""
