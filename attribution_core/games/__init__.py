"""Cooperative games: players, coalitions, what coalitions are worth, and fits to that."""
