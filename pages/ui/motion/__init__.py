"""Films of maps: what changes when one thing changes, step by step."""
