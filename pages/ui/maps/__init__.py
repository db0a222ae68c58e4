"""Maps: how they are taken home."""
