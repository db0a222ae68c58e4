"""The stage: maps as large as the screen allows, and one strip of controls that hides."""
