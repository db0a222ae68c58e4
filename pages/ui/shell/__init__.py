"""What every page stands in: scene, sidebar, choices and link, gallery, progress."""
