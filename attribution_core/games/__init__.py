"""Games: coalitions of players and their values; no network."""
