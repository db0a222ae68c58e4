"""The frame of every page: scene, sidebar, choices and link, gallery, progress."""
