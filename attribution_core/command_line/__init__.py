"""The command line: many pictures, without a browser."""
