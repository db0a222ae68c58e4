"""The app's pages, and in `ui` what they are made of."""
