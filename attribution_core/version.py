"""What this program is called, and its version: in every file that it makes, and on every page."""

VERSION = "0.2.0"
"""The only place where it stands: the package that is built reads it here."""

PROGRAM = f"attribution-explorer {VERSION}"
