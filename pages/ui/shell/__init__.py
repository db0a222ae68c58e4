"""What every page stands in: the scene, the sidebar, choices and their link, the gallery."""
